import type { Result, ResultArm, ResultMetrics } from '../archive/result.ts'
import { halfLogRange } from '../judge/comparisons.ts'
import { significant } from '../kernel/units.ts'
import { baselineOf, type PlacedArm } from './arms.ts'
import type { Both, ComparedResult, ComparisonRow } from './comparison.ts'
import { armMetrics, type LatencyStart, type Metric, relativeMetrics, runMetrics } from './metrics.ts'
import { numberAt } from './pointer.ts'

/** A figure of one result, and where its numbers are. */
interface Figure {
  readonly value: number | null
  readonly at: readonly string[]
  readonly spread: number | null
}

/** What a row is about, apart from its figures. */
interface Subject {
  readonly scope: string
  readonly against: string | null
  readonly metric: Metric
  readonly formula: string
  readonly results: Both<ComparedResult>
  /** Why the figures are listed only; null where they are compared. */
  readonly listedOnly: string | null
}

const otherHost = 'measured on different hosts'

/** The rows of the whole run's figures. */
export function runRows(results: Both<ComparedResult>, sameHost: boolean): ComparisonRow[] {
  const [source, other] = [results.base.result.metrics.source, results.next.result.metrics.source]
  const otherPhase = source === other ? null : `measured in ${source ?? 'no phase'} and in ${other ?? 'no phase'}`
  const listedOnly = sameHost ? otherPhase : otherHost
  return runMetrics(startOf([results.base.result.metrics, results.next.result.metrics])).map((metric) => {
    const figureOf = ({ result }: ComparedResult): Figure => figure(result, metric, '/metrics', null)
    const subject = { scope: 'run', against: null, metric, formula: metric.formula, results, listedOnly }
    return rowOf(subject, { base: figureOf(results.base), next: figureOf(results.next) })
  })
}

/** The rows of an arm's own figures. */
export function armRows(results: Both<ComparedResult>, arms: Both<PlacedArm>, sameHost: boolean): ComparisonRow[] {
  return armMetrics(startOf([arms.base.arm, arms.next.arm])).map((metric) => {
    const subject = {
      scope: arms.base.id,
      against: null,
      metric,
      formula: metric.formula,
      results,
      listedOnly: sameHost ? null : otherHost,
    }
    return rowOf(subject, {
      base: armFigure(results.base.result, metric, arms.base),
      next: armFigure(results.next.result, metric, arms.next),
    })
  })
}

/** The rows of a policy's arm relative to the baseline of its path; none where one of the runs has no such baseline. */
export function fragilityRows(
  results: Both<ComparedResult>,
  arms: Both<PlacedArm>,
  all: Both<ReadonlyMap<string, PlacedArm>>,
): ComparisonRow[] {
  const baselines = { base: baselineOf(all.base, arms.base), next: baselineOf(all.next, arms.next) }
  const { base, next } = baselines
  if (!arms.base.ofPolicy || !base || !next) return []
  return relativeMetrics(startOf([arms.base, arms.next, base, next].map(({ arm }) => arm))).map((metric) => {
    const subject = { scope: arms.base.id, against: base.id, metric, formula: '$1 / $2', results, listedOnly: null }
    return rowOf(subject, {
      base: relative(results.base.result, metric, arms.base, base),
      next: relative(results.next.result, metric, arms.next, next),
    })
  })
}

/** Latency from the intended start is what a caller waits for; it is compared where all sides have it. */
function startOf(sides: readonly Pick<ResultArm | ResultMetrics, 'correctedLatencyMs'>[]): LatencyStart {
  return sides.every(({ correctedLatencyMs }) => correctedLatencyMs !== null) ? 'intended' : 'send'
}

function armFigure(result: Result, metric: Metric, place: PlacedArm): Figure {
  return figure(result, metric, place.pointer, spreadOf(metric, place))
}

function spreadOf({ ofSlice, from }: Metric, { arm, slices }: PlacedArm): number | null {
  // The latencies of a slice are from the intended start where it has a schedule: they say nothing of service time.
  if (!ofSlice || (from !== undefined && from !== startOf([arm]))) return null
  return halfLogRange(slices.map(ofSlice))
}

function figure(result: Result, metric: Metric, pointer: string, spread: number | null): Figure {
  const at = metric.terms.map((term) => pointer + term)
  const terms = at.map((place) => numberAt(result, place))
  const known = terms.filter((term) => term !== null)
  return { value: known.length < terms.length ? null : metric.of(known), at, spread }
}

function relative(result: Result, metric: Metric, arm: PlacedArm, baseline: PlacedArm): Figure {
  const [own, other] = [armFigure(result, metric, arm), armFigure(result, metric, baseline)]
  const value = own.value === null || other.value === null || other.value <= 0 ? null : own.value / other.value
  const spread = own.spread === null || other.spread === null ? null : Math.max(own.spread, other.spread)
  return { value, at: [...own.at, ...other.at], spread }
}

function rowOf(subject: Subject, figures: Both<Figure>): ComparisonRow {
  const { scope, against, metric, formula, results } = subject
  const [base, next] = [roundedOrNull(figures.base.value), roundedOrNull(figures.next.value)]
  return {
    scope,
    against,
    metric: metric.name,
    unit: against === null ? metric.unit : 'ratio',
    better: metric.better,
    base,
    next,
    difference: base === null || next === null ? null : significant(next - base),
    ...judged(subject, base, next),
    spread: { base: roundedOrNull(figures.base.spread), next: roundedOrNull(figures.next.spread) },
    at: { base: figures.base.at, next: figures.next.at },
    formula,
    tainted: taintsOf(metric, results),
  }
}

function judged(
  { metric, listedOnly }: Subject,
  base: number | null,
  next: number | null,
): Pick<ComparisonRow, 'ratio' | 'direction' | 'why'> {
  const not = (why: string) => ({ ratio: null, direction: 'not comparable', why }) as const
  if (base === null || next === null) return not(`not measured in ${base === null ? 'the base' : 'the new run'}`)
  if (listedOnly !== null) return not(listedOnly)
  if (base === next) return { ratio: base === 0 ? null : 1, direction: 'same', why: null }
  if (base <= 0) return not(`the base is ${base}: there is no ratio to it`)
  const better = metric.better === 'more' ? next > base : next < base
  return { ratio: next < 0 ? null : significant(next / base), direction: better ? 'better' : 'worse', why: null }
}

function taintsOf({ taints }: Metric, { base, next }: Both<ComparedResult>): string[] {
  const doubts = [...base.result.doubts, ...next.result.doubts]
  const words = [...taints, 'everything']
  const kinds = doubts.filter((doubt) => doubt.taints.some((taint) => words.includes(taint)))
  return [...new Set(kinds.map(({ kind }) => kind))]
}

function roundedOrNull(value: number | null): number | null {
  return value === null ? null : significant(value)
}
