import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Result } from '../archive/result.ts'
import { resultText } from '../archive/text.ts'
import { messageOf, SoakrigError } from '../kernel/errors.ts'
import { renderMarkdown } from './result-markdown.ts'

/** The kinds of `-o kind=FILE`, each with what it writes. */
const kinds = { json: resultText, markdown: renderMarkdown } as const satisfies Record<
  string,
  (result: Result) => string
>

/** One `-o kind=FILE`. */
export interface Output {
  readonly kind: keyof typeof kinds
  readonly file: string
}

/** Reads `kind=FILE` texts. Throws `bad-output` (104) with every wrong one; call it before a run, not after. */
export function parseOutputs(texts: readonly string[]): Output[] {
  const outputs = texts.map((text) => {
    const split = text.indexOf('=')
    const [kind, file] = [text.slice(0, Math.max(0, split)), text.slice(split + 1)]
    return isKind(kind) && file !== '' ? { kind, file } : text
  })
  const wrong = outputs.filter((output) => typeof output === 'string')
  if (wrong.length > 0)
    throw new SoakrigError('an output must say its kind and its file', {
      code: 'bad-output',
      exit: 'usage',
      problems: wrong.map((text) => ({
        where: '--out',
        message: `found ${JSON.stringify(text)}, allowed: ${Object.keys(kinds)
          .map((kind) => `${kind}=FILE`)
          .join(', ')}`,
      })),
    })
  return outputs.filter((output) => typeof output !== 'string')
}

function isKind(kind: string): kind is Output['kind'] {
  return Object.hasOwn(kinds, kind)
}

/** Writes a result to every `kind=FILE`, over what is there. Rejects with `bad-output` (104) or `cannot-write` (106). */
export async function writeOutputs(result: Result, texts: readonly string[]): Promise<void> {
  for (const { kind, file } of parseOutputs(texts)) {
    try {
      await mkdir(dirname(file), { recursive: true })
      await writeFile(file, kinds[kind](result))
    } catch (error) {
      throw new SoakrigError(`${file} could not be written: ${messageOf(error)}`, {
        code: 'cannot-write',
        exit: 'environment',
        cause: error,
      })
    }
  }
}
