import Table from 'cli-table3'

/** Nothing but two spaces between columns. */
const chars = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
}

const gap = 2
const narrowest = 8

/** A text, and what colours it. */
export interface PaintedCell {
  readonly text: string
  readonly paint?: (text: string) => string
}

/** A plain table; columns that make it wider than `width` are wrapped, the widest first. `numeric` ones are set right. */
export function table(
  head: readonly PaintedCell[],
  rows: readonly (readonly PaintedCell[])[],
  { width, numeric = [] }: { readonly width: number; readonly numeric?: readonly number[] },
): string {
  const widths = fitted([head, ...rows], width)
  // Wrapped before it is painted: cli-table3 would cut inside of the colours.
  const laidOut = (row: readonly PaintedCell[]): string[] =>
    row.map(({ text, paint = (line: string) => line }, column) =>
      wrapped(text, widths[column] ?? narrowest)
        .map(paint)
        .join('\n'),
    )
  const made = new Table({
    head: laidOut(head),
    chars,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    colAligns: head.map((_, column) => (numeric.includes(column) ? 'right' : 'left')),
  })
  made.push(...rows.map(laidOut))
  return made.toString().replaceAll(/ +$/gmu, '')
}

function fitted(rows: readonly (readonly PaintedCell[])[], width: number): number[] {
  const columns = rows[0]?.length ?? 0
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.text.length ?? 0)),
  )
  const natural = widths.reduce((total, one) => total + one, gap * (columns - 1))
  for (let over = natural - width; over > 0; over--) {
    const widest = widths.indexOf(Math.max(...widths))
    if ((widths[widest] ?? 0) <= narrowest) break
    widths[widest] = (widths[widest] ?? 0) - 1
  }
  return widths
}

/** Lines of at most `width` characters, broken after spaces and slashes where there are any. */
function wrapped(text: string, width: number): string[] {
  const pieces = text.split(/(?<=[ /])/u).flatMap((piece) => piece.match(new RegExp(`.{1,${width}}`, 'gu')) ?? [])
  const lines: string[] = []
  for (const piece of pieces) {
    const last = lines.at(-1)
    if (last !== undefined && (last + piece).trimEnd().length <= width) lines[lines.length - 1] = last + piece
    else lines.push(piece)
  }
  return lines.length > 0 ? lines.map((line) => line.trimEnd()) : ['']
}
