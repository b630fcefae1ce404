import type { Buffer } from 'node:buffer'
import { colon, lf, skipBlanks, textIn, trimBlanks, viewOf } from './octets.ts'

/** The lower-case names of the headers in a head that was read without a problem, each once, in their order. */
export function headerNames(head: Buffer): string[] {
  const names = new Set<string>()
  eachHeader(head, (nameAt, colonAt) => {
    names.add(head.toString('latin1', nameAt, colonAt).toLowerCase())
    return true
  })
  return [...names]
}

/** The values of a header, by its lower-case name, in a head that was read without a problem; at most `most` of them. */
export function headerValues(head: Buffer, name: string, most: number): string[] {
  const values: string[] = []
  const view = viewOf(head)
  eachHeader(head, (nameAt, colonAt, end) => {
    if (colonAt - nameAt === name.length && textIn(view, nameAt, colonAt).toLowerCase() === name) {
      const from = skipBlanks(view, colonAt + 1, end)
      values.push(textIn(view, from, trimBlanks(view, from, end)))
    }
    return values.length < most
  })
  return values
}

/** Tells where each name begins, its colon, and the end of the line, until `visit` returns false. */
function eachHeader(head: Buffer, visit: (nameAt: number, colonAt: number, end: number) => boolean): void {
  let line = head.indexOf(lf) + 1
  for (;;) {
    const colonAt = head.indexOf(colon, line)
    const end = head.indexOf(lf, line) - 1
    // The blank line has no colon; the next one is in the body, or nowhere.
    if (colonAt < 0 || colonAt > end || !visit(line, colonAt, end)) return
    line = end + 2
  }
}
