import type { ResultCalibration, ResultGate } from '../archive/gate.ts'
import type { Result, ResultComparison } from '../archive/result.ts'
import { kinshipOf } from '../judge/calibration/ruler.ts'
import { changeOf, shareOf } from '../judge/gate-answer.ts'
import { type MetricName, metricNames, pairedMetrics } from '../judge/paired/metrics.ts'
import { namesOf } from '../judge/paired/names.ts'
import { armName } from './arm-rows.ts'
import { nothing, percent, shortNumber } from './format.ts'
import type { Section } from './section.ts'

/** The title of what the gate compared; a reviewer must not have to unfold it. */
export const gateTitle = 'what may fail the run by being worse (the gate)'

const columns = ['policy', 'against', 'metric', 'worse by, %', '95 %'] as const
const numeric = [3, 4]

/** A comparison that the gate made, of a metric that it knows. */
type GateComparison = ResultComparison & { readonly metric: MetricName }

/** What the gate of a run came to, and beside it what fails nothing and is worth a look; none of a run without a gate. */
export function gateSections({ gate, comparisons }: Result): Section[] {
  if (!gate) return []
  // Some metrics no slice has: they were not compared.
  const all = comparisons.filter(isOfGate).filter(({ gated, rounds }) => gated === true || rounds > 0)
  const made = all.filter(({ verdict }) => verdict !== 'reported')
  const gated = made.filter((one) => one.gated === true)
  const notable = made.filter(({ verdict }) => verdict === 'notable')
  const others = made.length - gated.length
  return [
    {
      title: gateTitle,
      lines: [
        gate.verdict === 'reported'
          ? `nothing that could fail the run was compared, in ${gate.rounds} rounds`
          : `${gate.verdict} after ${roundsText(gate)}${looksText(gate)}`,
        ...rulerLines(gate),
        ...costLines(gated),
        ...gate.catastrophes.map((text) => `whatever the tests say: ${text}`),
      ],
      table: {
        head: [...columns, 'verdict', 'would find'],
        rows: gated.map((one) => [...cellsOf(one), one.verdict, changeText(one, one.mde)]),
        numeric: [...numeric, columns.length + 1],
      },
    },
    {
      title: 'worth a look: compared in the same rounds, and fails nothing',
      lines:
        notable.length === 0
          ? []
          : [
              `${notable.length} of ${others} comparisons; by chance: the share of wrong ones among all that are as clear`,
            ],
      table: {
        head: [...columns, 'by chance'],
        rows: notable.map((one) => [...cellsOf(one), percent(one.falseDiscoveryRate ?? null)]),
        numeric: [...numeric, columns.length],
      },
    },
    ...speedSections(
      gate.yardstick,
      all.filter(({ verdict }) => verdict === 'reported'),
    ),
  ]
}

/** What policies may cost by the profile, where they may. */
function costLines(gated: readonly GateComparison[]): string[] {
  const costs = gated.filter(({ accepted = 0 }) => accepted > 0)
  if (costs.length === 0) return []
  const texts = costs.map((one) => `${namesOf(one).policy} ${changeOf(one.metric, one.accepted ?? 0)} of ${one.metric}`)
  return [`may cost: ${texts.join(', ')}; what is told of these counts from there`]
}

/** The speed of the target, in units of something that was there in other runs too. */
function speedSections(yardstick: ResultGate['yardstick'], comparisons: readonly GateComparison[]): Section[] {
  if (yardstick === null || comparisons.length === 0) return []
  return [
    {
      title: `speed: beside soakrig's own server (${yardstick.name})`,
      lines: ['decides nothing here: other runs are compared with this one by it'],
      table: {
        head: ['metric', 'target', 'yardstick', 'times worse', '95 %'],
        rows: comparisons.map(({ metric, value, base, unit, logRatio, interval }) => [
          metric,
          ...[value, base].map((figure) => (figure === null ? nothing : `${shortNumber(figure)} ${unit}`)),
          timesText(logRatio),
          interval === null ? nothing : interval.map(timesText).join(' to '),
        ]),
        numeric: [1, 2, 3, 4],
      },
    },
  ]
}

function timesText(logRatio: number | null): string {
  return logRatio === null ? nothing : shortNumber(Math.exp(logRatio))
}

/** Whether a comparison of a result is one that its gate made. */
export function isOfGate(comparison: ResultComparison): comparison is GateComparison {
  return comparison.gated !== undefined && (metricNames as readonly string[]).includes(comparison.metric)
}

/** How much of its time a gate took. */
export function roundsText({ rounds, looks }: Pick<ResultGate, 'rounds' | 'looks'>): string {
  return `${rounds} of at most ${looks.at(-1) ?? rounds} rounds`
}

/** After which rounds it might have ended, where those are several. */
function looksText({ looks }: Pick<ResultGate, 'looks'>): string {
  return looks.length > 1 ? `, with looks after ${looks.join(', ')}` : ''
}

/** What comparisons within one process were held to, and those between two, as far as there are such. */
function rulerLines({ pairings, calibration: { process, build } }: ResultGate): string[] {
  const used = pairings.map(kinshipOf)
  return [
    ...(used.includes('process') ? [`ruler within a process: ${rulerText(process)}`] : []),
    ...(used.includes('build') ? [`ruler between builds: ${rulerText(build)}`] : []),
  ]
}

function rulerText(calibration: ResultCalibration | null): string {
  if (calibration === null) return 'uncalibrated, the usual floors hold'
  return `${calibration.name}, of ${calibration.runs} control arms`
}

function cellsOf(one: GateComparison): string[] {
  const { policy, against, metric, logRatio, interval } = one
  const names = isOfBuilds(one) ? ['the target', 'former build'] : [policy, against].map(shortName)
  const range = interval === null ? nothing : interval.map((end) => changeText(one, end)).join(' to ')
  return [...names, metric, changeText(one, logRatio), range]
}

function isOfBuilds({ against }: Pick<ResultComparison, 'against'>): boolean {
  return against.endsWith('/base-direct')
}

/** What the table of arms calls an arm; what is gated goes to the target itself. */
function shortName(id: string): string {
  const [, phase = id, kind = 'baseline'] = /^(.+)\/(\w+)-direct$/u.exec(id) ?? []
  return armName(phase, kind)
}

/** In percent; a difference of shares in percentage points. */
function changeText({ metric }: GateComparison, difference: number | null): string {
  if (difference === null) return nothing
  const points = pairedMetrics[metric].scale === 'difference' ? ' points' : ''
  return `${(100 * shareOf(metric, difference)).toFixed(2)}${points}`
}
