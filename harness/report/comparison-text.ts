import type { ComparedRun, Comparison, ComparisonRow } from '../compare/comparison.ts'
import { type MetricName, metricNames } from '../judge/paired/metrics.ts'
import { estimandChange } from '../judge/reference/estimand.ts'
import type { Tone } from './arm-rows.ts'
import { colorsOf, toned, verdictInColor } from './colors.ts'
import { nothing, percent, ratio, shortNumber } from './format.ts'
import { escaped, folded, markdownList, markdownTable } from './markdown.ts'
import type { TextOptions } from './result-text.ts'
import { comparisonTables } from './reference-section.ts'
import { table } from './table.ts'

const columns = ['arm', 'metric', 'base', 'new', 'ratio', 'difference', 'spread', 'direction']
const numeric = [2, 3, 4, 5]
const tones: Readonly<Record<ComparisonRow['direction'], Tone>> = {
  better: 'good',
  worse: 'bad',
  same: 'plain',
  'not comparable': 'unsure',
}

/** A comparison for the terminal; the verdict is its first line and its last. */
export function renderComparison(comparison: Comparison, { color, width = 100 }: TextOptions): string {
  const colors = colorsOf(color)
  const verdict = verdictInColor(colors, comparison.verdict, verdictLine(comparison))
  const shown = (rows: readonly ComparisonRow[]): string => {
    const cells = rows.map((row) => {
      const tone = tones[row.direction]
      return cellsOf(row).map((text, column) =>
        column === columns.length - 1 ? { text, paint: (line: string) => toned(colors, tone, line) } : { text },
      )
    })
    const head = columns.map((text) => ({ text, paint: colors.dim }))
    return table(head, cells, { width, numeric })
  }
  const tables = tablesOf(comparison).map(({ title, rows }) => `${colors.bold(title)}\n${shown(rows)}`)
  const decided = decidedTables(comparison).map(({ title, table: { head, rows, numeric: right } }) => {
    const cells = rows.map((row) => row.map((text) => ({ text })))
    const heads = head.map((text) => ({ text, paint: colors.dim }))
    return `${colors.bold(title)}\n${table(heads, cells, { width, numeric: right })}`
  })
  const remarks = remarksOf(comparison)
  return [
    `${verdict}\n${runLines(comparison).join('\n')}`,
    ...decided,
    ...tables,
    ...(remarks.length > 0 ? [remarks.join('\n')] : []),
    verdict,
  ].join('\n\n')
}

/** A comparison for a pull request. */
export function renderComparisonMarkdown(comparison: Comparison): string {
  return `${[
    `## soakrig compare ${escaped(comparison.profile)} ${escaped(comparison.mode)}: ${comparison.verdict}`,
    `**${escaped(verdictLine(comparison))}**`,
    markdownList([...runLines(comparison), ...remarksOf(comparison)]),
    ...decidedTables(comparison).map(
      ({ title, table: { head, rows, numeric: right } }) =>
        `### ${escaped(title)}\n\n${markdownTable(head, rows, right)}`,
    ),
    ...tablesOf(comparison).map(({ title, rows }) => folded(title, markdownTable(columns, rows.map(cellsOf), numeric))),
  ].join('\n\n')}\n`
}

function verdictLine({ verdict, why, exitCode }: Comparison): string {
  return `${verdict}: ${why}${exitCode === 0 ? '' : ` [exit ${exitCode}]`}`
}

/** What decides, and what the new run's gate decided of its former build. */
function decidedTables({ compared, exact }: Comparison): ReturnType<typeof comparisonTables> {
  const change = (metric: string, value: number | null): string =>
    value === null ? nothing : isEstimated(metric) ? estimandChange(metric, value) : shortNumber(value)
  const rows = exact.map(({ policy, metric, logRatio, interval, verdict, mde, gated }) => [
    policy,
    metric,
    change(metric, logRatio),
    interval === null ? nothing : interval.map((end) => change(metric, end)).join(' to '),
    gated === true ? verdict : `${verdict}, fails nothing`,
    change(metric, mde),
  ])
  const head = ['what', 'metric', 'worse by', '95 %', 'verdict', 'would find']
  const title = 'exact: the target beside its former build, in the rounds of the new run'
  return [
    ...comparisonTables(compared),
    ...(rows.length === 0 ? [] : [{ title, table: { head, rows, numeric: [2, 3, 5] } }]),
  ]
}

function isEstimated(metric: string): metric is MetricName {
  return (metricNames as readonly string[]).includes(metric)
}

function runLines({ base, next }: Comparison): string[] {
  const line = (name: string, run: ComparedRun): string =>
    `${name} ${run.file ?? run.id}: ${run.verdict}, ${run.startedAt}${run.gitSha === null ? '' : `, ${run.gitSha.slice(0, 12)}`}`
  return [line('base', base), line('new ', next)]
}

/** Between hosts only what is relative to a baseline of the same run is worth showing. */
function tablesOf({ rows, fragility, sameHost }: Comparison): { title: string; rows: readonly ComparisonRow[] }[] {
  return [
    { title: 'absolute figures', rows: sameHost ? rows : [] },
    { title: 'policies relative to their baselines, over all slices', rows: fragility },
  ].filter((one) => one.rows.length > 0)
}

function cellsOf(row: ComparisonRow): string[] {
  const { scope, against, metric, unit, base, next, difference, direction, why, spread } = row
  const tainted = row.tainted.length > 0 ? ` (doubtful: ${row.tainted.join(', ')})` : ''
  return [
    against === null ? scope : `${scope} / ${against}`,
    unit === 'ratio' ? metric : `${metric} ${unit}`,
    shortNumber(base),
    shortNumber(next),
    ratio(row.ratio),
    shortNumber(difference),
    spread.base === null && spread.next === null ? nothing : `±${spreadOf(spread.base)} ±${spreadOf(spread.next)}`,
    `${direction}${why === null ? '' : `: ${why}`}${tainted}`,
  ]
}

function spreadOf(spread: number | null): string {
  return spread === null ? nothing : percent(Math.expm1(spread))
}

function remarksOf({ notes, notCompared }: Comparison): string[] {
  return [...notes, ...notCompared.map(({ what, why }) => `not compared: ${what}, ${why}`)]
}
