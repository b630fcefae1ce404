import { framingHeaders, isHeaderName, isHeaderValue } from '../header-rules.ts'
import { withReferences } from './shell-words.ts'
import type { Notes } from './imported.ts'

/** Headers that a browser or a connection adds by itself. */
const ofConnection = [...framingHeaders, 'host', 'keep-alive', 'proxy-connection', 'upgrade', 'te', 'http2-settings']
const ofBrowser = ['upgrade-insecure-requests', 'priority']

/** Headers that hold what should not lie in a file. */
const secrets = ['authorization', 'cookie', 'proxy-authorization', 'x-api-key']

/** Recorded headers without those that a connection or a browser adds; of one name several become a list. */
export function recordedHeaders(
  headers: readonly { readonly name: string; readonly value: string }[],
  notes: Notes,
): Record<string, string> {
  const kept: Record<string, string> = {}
  for (const { name: written, value } of headers) {
    const name = written.toLowerCase()
    if (ofConnection.includes(name) || ofBrowser.includes(name) || /^(:|sec-)/u.test(name)) {
      notes.add(`left out the header ${name}, which a connection or a browser adds by itself`)
    } else if (!isHeaderName(name) || !isHeaderValue(value)) {
      notes.add(`left out the header ${JSON.stringify(written)}: it is no line of Latin-1 text`)
    } else {
      addHeader(kept, name, value)
    }
  }
  noteSecrets(kept, notes)
  return kept
}

/**
 * Adds a header; of one name several become a list (RFC 9110, section 5.3), cookies separated by a semicolon
 * (RFC 6265, section 5.4).
 */
export function addHeader(headers: Record<string, string>, written: string, value: string): void {
  const name = Object.keys(headers).find((key) => key.toLowerCase() === written.toLowerCase()) ?? written
  const before = headers[name]
  const separator = name.toLowerCase() === 'cookie' ? '; ' : ', '
  headers[name] = before === undefined ? value : before + separator + value
}

/** Notes of headers that hold secrets: the file that is written will hold them too. */
export function noteSecrets(headers: Readonly<Record<string, string>>, notes: Notes): void {
  for (const name of Object.keys(headers)) {
    const value = headers[name] ?? ''
    // What comes from the environment already is in no file.
    if (secrets.includes(name.toLowerCase()) && withReferences(value, () => '') === value)
      notes.add(`the header ${name} may hold a secret: put it into the environment and write \${env:NAME}`)
  }
}

/** The value of a header, whatever the case of its name. */
export function headerOf(headers: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1]
}
