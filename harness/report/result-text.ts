import type { Result } from '../archive/result.ts'
import { armColumns, armRows } from './arm-rows.ts'
import { colorsOf, toned, verdictInColor } from './colors.ts'
import { headline, sectionsOf } from './sections.ts'
import { table } from './table.ts'
import { verdictLine } from './verdict-line.ts'

/** What a terminal can show. */
export interface TextOptions {
  readonly color: boolean
  /** In columns. */
  readonly width?: number
}

/** A result for the terminal; the verdict is its first line and its last. */
export function renderResult(result: Result, { color, width = 100 }: TextOptions): string {
  const colors = colorsOf(color)
  const verdict = verdictInColor(colors, result.run.verdict, verdictLine(result))
  const rows = armRows(result).map((cells) =>
    cells.map(({ text, tone }) => ({ text, paint: (line: string) => toned(colors, tone, line) })),
  )
  const head = armColumns.map((text) => ({ text, paint: colors.dim }))
  const arms = rows.length > 0 ? [table(head, rows, { width, numeric: [2, 3, 4] })] : []
  const sections = sectionsOf(result).map(({ title, lines }) =>
    [colors.bold(title), ...lines.map((line) => `  ${line}`)].join('\n'),
  )
  return [`${verdict}\n${colors.dim(headline(result))}`, ...arms, ...sections, verdict].join('\n\n')
}
