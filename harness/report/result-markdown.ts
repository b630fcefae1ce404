import type { Result } from '../archive/result.ts'
import { armTable } from './arm-rows.ts'
import { gateTitle } from './gate-section.ts'
import { escaped, folded, markdownList, markdownTable } from './markdown.ts'
import { referenceTitle } from './reference-section.ts'
import type { Section } from './section.ts'
import { figureTitles, headline, sectionsOf } from './sections.ts'
import { verdictLine } from './verdict-line.ts'

/** Sections that a reviewer must not have to unfold. */
const urgent = [
  'reasons',
  gateTitle,
  referenceTitle,
  'effects that did not show',
  'counts that differ from the target',
  'the target',
]

/** A result for a pull request: the verdict, why, and the arms; the rest is folded, but for the figures of ad hoc load. */
export function renderMarkdown(result: Result): string {
  const { run } = result
  const sections = sectionsOf(result)
  const open = run.kind === 'load' ? [...urgent, ...figureTitles(result)] : urgent
  const details = sections.filter(({ title }) => !open.includes(title))
  const { head, rows, numeric, note } = armTable(result)
  const arms = rows.map((cells) => cells.map(({ text }) => text))
  return `${[
    `## soakrig ${escaped(run.profile)} ${escaped(run.mode)}: ${run.verdict}`,
    `**${escaped(verdictLine(result))}**`,
    ...sections.filter(({ title }) => open.includes(title)).map((section) => sectionMarkdown('###', section)),
    ...(arms.length > 0 ? [markdownTable(head, arms, numeric)] : []),
    ...(arms.length > 0 && note !== null ? [note] : []),
    ...(details.length > 0
      ? [folded('Details', details.map((section) => sectionMarkdown('####', section)).join('\n\n'))]
      : []),
    escaped(headline(result)),
  ].join('\n\n')}\n`
}

function sectionMarkdown(level: string, { title, lines, table }: Section): string {
  return [
    `${level} ${escaped(title)}`,
    ...(lines.length > 0 ? [markdownList(lines)] : []),
    ...(table && table.rows.length > 0 ? [markdownTable(table.head, table.rows, table.numeric)] : []),
  ].join('\n\n')
}
