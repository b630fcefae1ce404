/** Parses JSON; numbers that a double cannot hold as they are written become texts: identifiers may be that long. */
export function parseExactly(text: string): unknown {
  const asWritten = (_: string, value: unknown, context?: { readonly source?: string }): unknown =>
    typeof value === 'number' && !Number.isSafeInteger(value) ? (context?.source ?? value) : value
  return JSON.parse(text, asWritten)
}
