import type { Buffer } from 'node:buffer'

/** A longer line is none: what is held back to see it is bounded. */
export const longestRequestLine = 8192

/** The start of a request line: a method, of which no registered one is longer than this, and a target. */
const longestMethod = 20
const lineStart = /^[A-Z][A-Z0-9_-]* \S/

/**
 * The request line of an HTTP/1 request (RFC 9112, section 3) at the beginning of some bytes, without its end; null when
 * they begin with none, undefined when that cannot be said before more have come.
 */
export function requestLineOf(bytes: Buffer): string | null | undefined {
  const end = bytes.subarray(0, longestRequestLine).indexOf(10)
  const line = bytes.toString('latin1', 0, end === -1 ? Math.min(bytes.length, longestRequestLine) : end)
  if (end === -1) return line.length < longestRequestLine && mayBeLine(line) ? undefined : null
  const text = line.endsWith('\r') ? line.slice(0, -1) : line
  return lineStart.test(text) && / HTTP\/1\.\d$/.test(text) ? text : null
}

function mayBeLine(begun: string): boolean {
  const space = begun.indexOf(' ')
  const method = space === -1 ? begun : begun.slice(0, space)
  return method.length <= longestMethod && /^(?:[A-Z][A-Z0-9_-]*)?$/.test(method) && (space === -1 || method !== '')
}
