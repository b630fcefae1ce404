import { badFlag } from './bad-flag.ts'
import { parseJsonFlag } from './json-flag.ts'

/** A framing as a flag holds it: `line`, `length-prefixed:4`, `fixed:64b`, or what a profile says, as JSON. Throws `bad-flag` (104). */
export function parseFramingFlag(text: string): unknown {
  if (text === 'line') return text
  const { kind, value } = /^(?<kind>length-prefixed|fixed):(?<value>.+)$/u.exec(text)?.groups ?? {}
  if (kind === 'fixed') return { fixed: value }
  if (kind !== undefined) return { lengthPrefixed: Number(value) }
  if (text.startsWith('{')) return parseJsonFlag('--framing', text)
  throw badFlag('--framing', text, 'line, length-prefixed:1 (2, 4), fixed:SIZE, or JSON such as {"line":"\\r\\n"}')
}
