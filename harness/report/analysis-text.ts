import type { Analyzed, KnownAnswer, Unanalyzed } from '../judge/trace/analyze.ts'
import { colorsOf, verdictInColor } from './colors.ts'
import { nothing, percent, shortNumber, signed } from './format.ts'
import type { TextOptions } from './result-text.ts'
import { table } from './table.ts'

type TraceAnswer = Extract<KnownAnswer, { catastrophes: unknown }>
type MemoryAnswer = Extract<KnownAnswer, { thirds: unknown }>
type SeriesAnswer = Extract<KnownAnswer, { changePoints: unknown }>
type ResultAnswer = Extract<KnownAnswer, { reproduced: unknown }>

/** The answer to a document as one line of JSON; the same document has the same bytes. */
export function answerLine(line: number, outcome: Analyzed | Unanalyzed): string {
  if ('answer' in outcome) return JSON.stringify(outcome.answer)
  const { id, problems } = outcome
  return JSON.stringify({ id, error: { code: 'not-analysed', line, problems } })
}

/** The same for people. */
export function renderAnalysis(line: number, outcome: Analyzed | Unanalyzed, options: TextOptions): string {
  const colors = colorsOf(options.color)
  if (!('answer' in outcome)) return verdictInColor(colors, 'fail', `${outcome.id ?? `line ${line}`}: not analysed`)
  const { answer } = outcome
  const verdict = 'verdict' in answer ? answer.verdict : 'same'
  const title = verdictInColor(colors, verdict, `${answer.id}: ${headlineOf(answer)}`)
  return [title, ...linesOf(answer, options)].join('\n')
}

function linesOf(answer: KnownAnswer, options: TextOptions): string[] {
  if ('reproduced' in answer) return resultLines(answer, options)
  if ('catastrophes' in answer) return traceLines(answer, options)
  return 'thirds' in answer ? memoryLines(answer) : seriesLines(answer, options)
}

function headlineOf(answer: KnownAnswer): string {
  if ('reproduced' in answer)
    return `${answer.verdict}, ${answer.reproduced ? 'as the result says' : 'and the result says otherwise'}`
  if ('verdict' in answer) return answer.verdict
  const { length } = answer.changePoints
  return length === 1 ? '1 change point' : `${length} change points`
}

function memoryLines({
  reason,
  slopeKbPerMin,
  slopePerMin = null,
  interval,
  cutSeconds,
  doubts,
}: MemoryAnswer): string[] {
  const [slope, unit] = slopeKbPerMin === undefined ? [slopePerMin, 'per min'] : [slopeKbPerMin, 'KiB/min']
  const ends = interval === null ? nothing : interval.map(signed).join(' to ')
  return [
    reason,
    `slope ${signed(slope)} ${unit} (95 %: ${ends}), without the first ${shortNumber(cutSeconds)} s`,
    ...doubts.map(doubtLine),
  ]
}

function doubtLine({ kind, detail, effect }: TraceAnswer['doubts'][number]): string {
  return `${kind} (${effect}): ${detail}`
}

function traceLines({ comparisons, doubts, catastrophes }: TraceAnswer, options: TextOptions): string[] {
  return [...comparisonLines(comparisons, options), ...catastrophes, ...doubts.map(doubtLine)]
}

function resultLines(answer: ResultAnswer, options: TextOptions): string[] {
  const { reasons, differences, comparisons, doubts, judged, believed } = answer
  const counts = Object.entries(judged).map(([what, count]) => `${count} ${what}`)
  return [
    ...differences.map(
      ({ where, recorded, found }) => `${where}: recorded ${JSON.stringify(recorded)}, found ${JSON.stringify(found)}`,
    ),
    ...reasons,
    ...comparisonLines(comparisons, options),
    ...doubts.map(doubtLine),
    `judged again: ${counts.join(', ')}`,
    ...(believed.length > 0 ? [`believed: ${believed.join(', ')}`] : []),
  ]
}

function comparisonLines(comparisons: TraceAnswer['comparisons'], { width = 100 }: TextOptions): string[] {
  if (comparisons.length === 0) return []
  const head = ['policy', 'metric', 'gated', 'verdict', 'worse by', '95 % interval', 'p', 'would find']
  const rows = comparisons.map(({ policy, metric, unit, gated, verdict, estimate, interval, p, mde }) => {
    const effect = (value: number | null): string =>
      percent(value === null || unit === 'share' ? value : Math.expm1(value))
    return [
      policy,
      metric,
      gated ? 'yes' : 'no',
      verdict,
      effect(estimate),
      interval.map(effect).join(' to '),
      p.toPrecision(2),
      effect(mde),
    ]
  })
  return [tableOf(head, rows, [4, 5, 6, 7], width)]
}

function seriesLines({ changePoints }: SeriesAnswer, { width = 100 }: TextOptions): string[] {
  if (changePoints.length === 0) return []
  const head = ['index', 'before', 'after', 'change', 'p']
  const rows = changePoints.map(({ index, before, after, p }) => [
    String(index),
    shortNumber(before),
    shortNumber(after),
    before > 0 ? percent(after / before - 1) : nothing,
    p.toPrecision(2),
  ])
  return [tableOf(head, rows, [0, 1, 2, 3, 4], width)]
}

function tableOf(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  numeric: readonly number[],
  width: number,
) {
  const cells = (row: readonly string[]) => row.map((text) => ({ text }))
  return table(cells(head), rows.map(cells), { width, numeric })
}
