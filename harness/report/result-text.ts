import type { Result } from '../archive/result.ts'
import { armTable } from './arm-rows.ts'
import { type Colors, colorsOf, toned, verdictInColor } from './colors.ts'
import type { Section } from './section.ts'
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
  const { head, rows, numeric, note } = armTable(result)
  const cells = rows.map((row) =>
    row.map(({ text, tone }) => ({ text, paint: (line: string) => toned(colors, tone, line) })),
  )
  const heads = head.map((text) => ({ text, paint: colors.dim }))
  const notes = note === null ? [] : [colors.dim(note)]
  const arms = rows.length > 0 ? [[table(heads, cells, { width, numeric }), ...notes].join('\n')] : []
  const sections = sectionsOf(result).map((section) => sectionText(section, colors, width))
  return [`${verdict}\n${colors.dim(headline(result))}`, ...arms, ...sections, verdict].join('\n\n')
}

function sectionText({ title, lines, table: content }: Section, colors: Colors, width: number): string {
  const heads = content?.head.map((text) => ({ text, paint: colors.dim })) ?? []
  const cells = content?.rows.map((row) => row.map((text) => ({ text }))) ?? []
  const rows = content && cells.length > 0 ? table(heads, cells, { width: width - 2, ...content }).split('\n') : []
  return [colors.bold(title), ...[...lines, ...rows].map((line) => `  ${line}`)].join('\n')
}
