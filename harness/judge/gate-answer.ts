import { nsPerMs, significant } from '../kernel/units.ts'
import { type Doubt, doubt } from '../measure/doubts.ts'
import type { SliceSummary } from '../measure/measurements.ts'
import { calibrationDoubts, type GateCalibration, rulerFor } from './calibration/ruler.ts'
import { nightDoubts, type UnclearNight } from './nights.ts'
import { type GatePlan, type GateSlice, plannedOf, roundsOf } from './gate.ts'
import type { PairedComparison } from './paired/compare-arms.ts'
import { decide, type PairedAnswer } from './paired/decide.ts'
import { differencesOf } from './paired/differences.ts'
import { type MetricName, metricNames, pairedMetrics } from './paired/metrics.ts'
import { namesOf } from './paired/names.ts'
import type { Pairing, Round } from './paired/slice.ts'

/** What a run's gate is held to. */
export interface GateCase {
  readonly plan: GatePlan
  readonly calibration: GateCalibration
  /** The nights just before in which it came to no answer; none in a short run. */
  readonly nights?: readonly UnclearNight[]
}

/** What the gate says of the slices that there are until now. */
export function decideGate(gate: GateCase, slices: readonly SliceSummary[]): PairedAnswer {
  return decideRounds(gate, slices.flatMap(gateSlice))
}

/** The same of slices as a result has them. */
export function decideRounds({ plan, calibration }: GateCase, slices: readonly GateSlice[]): PairedAnswer {
  const { controls, looks } = plan
  const ruler = rulerFor(calibration)
  const rounds = roundsOf(slices, plan)
  return decide({ rounds, planned: plannedOf(plan, rounds), controls, ruler, looks })
}

/**
 * By how much the second measurements of these controls differed from the first in each round, as the mean over all of
 * them, by metric; of the metrics that are there. Two processes of each build take part in the comparison of builds, so that
 * the mean of both differences is as sure as that is.
 */
export function controlDifferences(
  plan: GatePlan,
  controls: readonly Pairing[],
  slices: readonly SliceSummary[],
): Readonly<Partial<Record<MetricName, readonly number[]>>> {
  const rounds = gateRounds(plan, slices)
  const meanIn = (round: Round, metric: MetricName): readonly number[] => {
    const values = controls.flatMap((control) => differencesOf([round], control, metric).values)
    if (values.length === 0 || values.length < controls.length) return []
    return [significant(values.reduce((sum, value) => sum + value, 0) / values.length)]
  }
  const found = metricNames.map((metric) => [metric, rounds.flatMap((round) => meanIn(round, metric))] as const)
  return Object.fromEntries(found.filter(([, values]) => values.length > 1))
}

/** The rounds of a gate that are complete. */
export function gateRounds(plan: GatePlan, slices: readonly SliceSummary[]): readonly Round[] {
  return roundsOf(slices.flatMap(gateSlice), plan)
}

function gateSlice({ round, group, identity, use, ...slice }: SliceSummary): readonly GateSlice[] {
  if (group === null) return []
  const { durationNs, ok, failed, p50Ms: p50, p95Ms: p95, p99Ms: p99, slow, targetCpuMs: cpuMs } = slice
  const { rssKb, heapKb } = slice
  const figures = { durationMs: durationNs / nsPerMs, ok, failed, p50, p95, p99, slow, cpuMs, rssKb, heapKb }
  return [{ round, group, arm: identity.id, use, ...figures }]
}

/** Why the gate fails the run, in words; nothing where it does not. */
export function gateReasons({ verdict, comparisons, catastrophes }: PairedAnswer): readonly string[] {
  if (verdict !== 'fail') return []
  return [...catastrophes, ...comparisons.filter((one) => one.verdict === 'fail').map(failureText)]
}

function failureText(one: PairedComparison): string {
  const { metric, estimate, interval, p, accepted } = one
  const { policy, against } = namesOf(one)
  const allowed = accepted === 0 ? '' : `, of which ${changeOf(metric, accepted)} is accepted`
  const range = interval.map((end) => (end === null ? '?' : changeOf(metric, end))).join(' to ')
  const found = estimate === null ? 'worse' : `${changeOf(metric, estimate)} worse`
  const few = byFewSlices(one)
  return `${metric} of ${policy} is ${found} than of ${against} (95 %: ${range}; p ${p.toPrecision(2)})${few}${allowed}`
}

/** A difference for people: a share of the baseline, or a difference of shares in percentage points. */
export function changeOf(metric: PairedComparison['metric'], difference: number): string {
  return `${percent(shareOf(metric, difference))} ${pairedMetrics[metric].scale === 'difference' ? 'points' : '%'}`
}

/** The same as a number: the share of the baseline by which the figure is worse, or the difference of shares as it is. */
export function shareOf(metric: PairedComparison['metric'], difference: number): number {
  const { scale, worse } = pairedMetrics[metric]
  if (scale === 'difference') return difference
  // What is worse by a logarithm of d is less by 1 - exp(-d), or more by exp(d) - 1.
  return worse === 1 ? Math.expm1(difference) : -Math.expm1(-difference)
}

function percent(share: number): string {
  return String(Number((100 * share).toPrecision(3)))
}

/** Whom the gate has no comparison left for. */
function cutDoubts({ pairings }: GatePlan): readonly Doubt[] {
  const cut = pairings.filter(({ gated }) => gated.length === 0)
  if (cut.length === 0) return []
  const names = cut.map((pairing) => namesOf(pairing).policy).join(', ')
  const tests = pairings.reduce((sum, { gated }) => sum + gated.length, 0)
  const text = `a run gates no more than ${tests} comparisons: by a catastrophe only it fails by ${names}`
  return [doubt('not-gated', text, [])]
}

/** An effect that is so many margins large must not stay unseen in a long run. */
const blindMargins = 2

/** What of the gate is in doubt beside what its answer doubts already. */
export function gateDoubts(
  { plan, calibration, nights = [] }: GateCase,
  { verdict, comparisons, doubts }: PairedAnswer,
  long: boolean,
): readonly Doubt[] {
  const unclear =
    verdict === 'inconclusive' ? comparisons.filter((one) => one.gated && one.verdict === 'inconclusive') : []
  return [
    ...doubts,
    ...cutDoubts(plan),
    ...calibrationDoubts(plan, calibration),
    ...(long && verdict === 'inconclusive' ? nightDoubts(nights) : []),
    ...unclear.map((one) => {
      const { metric, margin, accepted, mde } = one
      const least =
        mde === null ? 'no effect could have been found' : `smallest effect to be found: ${changeOf(metric, mde)}`
      const blind = long && (mde === null || mde - accepted > blindMargins * margin)
      const text = `${metric} of ${namesOf(one).policy}: ${least}${byFewSlices(one)}`
      return doubt(blind ? 'gate-blind' : 'gate-unclear', text, [metric])
    }),
  ]
}

/** That all slices together are worse by what counts, and the middle of them is not. */
function byFewSlices({ metric, floor, accepted, estimate, overall }: PairedComparison): string {
  if (estimate === null || overall === null || overall < accepted + floor || estimate >= accepted + floor) return ''
  return `; a few slices make it ${changeOf(metric, overall)} worse in the mean of all`
}
