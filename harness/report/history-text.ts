import {
  type ChangeState,
  type History,
  type HistoryChange,
  type HistorySeries,
  leastResults,
} from '../compare/history.ts'
import type { Tone } from './arm-rows.ts'
import { colorsOf, toned } from './colors.ts'
import { ratio, shortNumber } from './format.ts'
import type { TextOptions } from './result-text.ts'
import { table } from './table.ts'

const columns = ['from', 'figure', 'before', 'after', 'ratio', 'results', 'p', 'state']
const numeric = [2, 3, 4, 5, 6]

type ShownState = Exclude<ChangeState, 'unsure'>

const tones: Readonly<Record<ShownState, Tone>> = {
  alarm: 'bad',
  recent: 'unsure',
  better: 'good',
  recovered: 'plain',
  known: 'plain',
}

const remarks: Readonly<Record<ShownState, string>> = {
  alarm: 'alarm',
  recent: 'worse, to be confirmed by more results',
  better: 'better',
  recovered: 'worse, and back since',
  known: 'worse, and known',
}

/** A history for the terminal: its answer first, then every lasting change by time, then what came back. */
export function renderHistory(history: History, { color, width = 100 }: TextOptions): string {
  const colors = colorsOf(color)
  const all = history.series.flatMap((series) => series.changes.map((change) => ({ series, change })))
  const changes = all
    .flatMap(({ series, change }) => (isShown(change) ? [{ series, change }] : []))
    .toSorted((a, b) => a.change.night - b.change.night)
  const unsure = all.length - changes.length
  const rows = changes.map(({ series, change }) =>
    cellsOf(series, change).map((text, column) =>
      column === columns.length - 1
        ? { text, paint: (line: string) => toned(colors, tones[change.state], line) }
        : { text },
    ),
  )
  const head = columns.map((text) => ({ text, paint: colors.dim }))
  const answer = colors.bold(toned(colors, history.alarms > 0 ? 'bad' : 'good', answerOf(history)))
  const excursions = history.series.flatMap((series) => excursionLines(history, series))
  return [
    `${answer}\n${colors.dim(spanOf(history))}`,
    ...(rows.length > 0 ? [table(head, rows, { width, numeric })] : []),
    ...(unsure > 0 ? [`${unsure} more that may be chance among so many figures: --json has them`] : []),
    ...(excursions.length > 0 ? [[colors.bold('away from their level for a time'), ...excursions].join('\n')] : []),
  ].join('\n\n')
}

type ShownChange = HistoryChange & { readonly state: ShownState }

function isShown(change: HistoryChange): change is ShownChange {
  return change.state !== 'unsure'
}

function answerOf({ alarms, results, series, profile, mode }: History): string {
  const what = `${mode} of ${profile}`
  if (results.length < leastResults) return `too few results of ${what} to tell: ${results.length} of ${leastResults}`
  if (alarms === 0) return `no alarm in ${series.length} figures of ${what}`
  return `${alarms} ${alarms === 1 ? 'alarm' : 'alarms'} in ${series.length} figures of ${what}`
}

function spanOf({ results, leftOut }: History): string {
  const [first, last] = [results[0], results.at(-1)]
  const span = first && last ? `, ${first.startedAt} to ${last.startedAt}` : ''
  const reasons = new Map<string, number>()
  for (const { why } of leftOut) reasons.set(why, (reasons.get(why) ?? 0) + 1)
  const without = [...reasons].map(([why, count]) => `${count} left out: ${why}`)
  return [`${results.length} ${results.length === 1 ? 'result' : 'results'}${span}`, ...without].join('\n')
}

function nameOf({ scope, metric, unit }: HistorySeries): string {
  return `${scope} ${metric} ${unit === 'log ratio' ? '(times worse)' : unit}`
}

function levelOf({ unit }: HistorySeries, value: number): string {
  return unit === 'log ratio' ? ratio(Math.exp(value)) : shortNumber(value)
}

function cellsOf(series: HistorySeries, change: ShownChange): string[] {
  return [
    `${change.startedAt.slice(0, 16)}${change.gitSha === null ? '' : ` ${change.gitSha.slice(0, 12)}`}`,
    nameOf(series),
    levelOf(series, change.before),
    levelOf(series, change.after),
    ratio(change.ratio),
    String(change.results),
    change.p.toPrecision(2),
    remarks[change.state],
  ]
}

function excursionLines({ results }: History, series: HistorySeries): string[] {
  return series.excursions.map(({ from, to }) => {
    const [first, last] = [results[from], results[to]].map((result) => result?.startedAt.slice(0, 16) ?? '')
    const values = series.values
      .slice(from, to + 1)
      .map((value) => (value === null ? '-' : levelOf(series, value)))
      .join(', ')
    return `  ${nameOf(series)}: ${values} (${from === to ? first : `${first} to ${last}`})`
  })
}
