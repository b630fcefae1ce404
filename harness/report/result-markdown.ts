import type { Result } from '../archive/result.ts'
import { armColumns, armRows } from './arm-rows.ts'
import { escaped, folded, markdownList, markdownTable } from './markdown.ts'
import { headline, sectionsOf } from './sections.ts'
import { verdictLine } from './verdict-line.ts'

/** Sections that a reviewer must not have to unfold. */
const open = ['reasons', 'effects that did not show', 'counts that differ from the target', 'the target']

/** A result for a pull request: the verdict, why, and the arms; the rest is folded. */
export function renderMarkdown(result: Result): string {
  const { run } = result
  const sections = sectionsOf(result)
  const details = sections.filter(({ title }) => !open.includes(title))
  const arms = armRows(result).map((cells) => cells.map(({ text }) => text))
  return `${[
    `## soakrig ${escaped(run.profile)} ${escaped(run.mode)}: ${run.verdict}`,
    `**${escaped(verdictLine(result))}**`,
    ...sections
      .filter(({ title }) => open.includes(title))
      .map(({ title, lines }) => `### ${title}\n\n${markdownList(lines)}`),
    ...(arms.length > 0 ? [markdownTable(armColumns, arms, [2, 3, 4])] : []),
    folded('Details', details.map(({ title, lines }) => `#### ${title}\n\n${markdownList(lines)}`).join('\n\n')),
    escaped(headline(result)),
  ].join('\n\n')}\n`
}
