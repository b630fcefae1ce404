/** A part of a text: as it is, a hole to be filled, or the beginning of one that has no end. */
export type Piece = { readonly text: string; readonly unclosed?: true } | { readonly name: string }

/** An escaped `{{`, a hole with its name, or a `{{` that begins no hole. */
const syntax = /\\\{\{|\{\{([^{}]*)\}\}|\{\{/gu

/** Takes a text apart at its holes: `{{name}}`, where `\{{` stands for `{{`. One that has no end is text. */
export function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = []
  let from = 0
  for (const match of text.matchAll(syntax)) {
    if (match.index > from) pieces.push({ text: text.slice(from, match.index) })
    from = match.index + match[0].length
    if (match[1] !== undefined) pieces.push({ name: match[1].trim() })
    else if (match[0] === '{{') pieces.push({ text: '{{', unclosed: true })
    else pieces.push({ text: '{{' })
  }
  if (from < text.length) pieces.push({ text: text.slice(from) })
  return pieces
}

/** The names of a text's holes, in order. */
export function holesOf(text: string): string[] {
  return text.includes('{{') ? piecesOf(text).flatMap((piece) => ('name' in piece ? [piece.name] : [])) : []
}

/** True when a hole of a text has no end, or a name that cannot be one. */
export function hasUnclosedHole(text: string): boolean {
  return text.includes('{{') && piecesOf(text).some((piece) => 'unclosed' in piece)
}

/** A text with something else in place of every hole, escapes resolved. */
export function withHolesAs(text: string, filler: string): string {
  if (!text.includes('{{')) return text
  return piecesOf(text)
    .map((piece) => ('text' in piece ? piece.text : filler))
    .join('')
}
