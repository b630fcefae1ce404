import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { messageOf } from '../kernel/errors.ts'
import { badFlag } from './bad-flag.ts'
import { parseJsonFlag } from './json-flag.ts'

/** JSON as a flag holds it, or `@FILE` that holds it. Throws `bad-flag` (104). */
export function parseJsonOrFile(flag: string, text: string): unknown {
  if (!text.startsWith('@')) return parseJsonFlag(flag, text)
  const file = text.slice(1)
  let content: string
  try {
    content = readFileSync(file, 'utf8')
  } catch (error) {
    throw badFlag(flag, text, `JSON, or @ and a file that can be read (${messageOf(error)})`, error)
  }
  try {
    return JSON.parse(content)
  } catch (error) {
    throw badFlag(flag, text, `a file that holds JSON (${messageOf(error)})`, error)
  }
}

/** `NAME=ADDRESS` pairs, separated by commas; of one name there may be several. Throws `bad-flag` (104). */
export function parseDnsNames(texts: readonly string[]): Readonly<Record<string, readonly string[]>> {
  const names = new Map<string, string[]>()
  for (const pair of texts.flatMap((text) => text.split(','))) {
    const [name = '', address = '', ...rest] = pair.split('=').map((part) => part.trim())
    if (name === '' || isIP(address) === 0 || rest.length > 0)
      throw badFlag('--dns', pair, 'NAME=ADDRESS, such as db.test=127.0.0.1')
    names.set(name.toLowerCase(), [...(names.get(name.toLowerCase()) ?? []), address])
  }
  return Object.fromEntries(names)
}
