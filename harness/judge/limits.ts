import { significant } from '../kernel/units.ts'
import type { LatencySummary } from '../measure/histogram.ts'
import { type LimitTerm, relativesOf } from '../profile/threshold-limit.ts'
import type { Threshold } from '../profile/profile.ts'
import type { ArmFigures } from './facts.ts'

/** The figures that limits are about. */
export interface LimitedFigures extends Pick<
  ArmFigures,
  'percentileMs' | 'errorRate' | 'okPerSecond' | 'failed' | 'ended'
> {
  readonly judgedLatencyMs: Omit<LatencySummary, 'count'>
  /** Of those that succeeded, how many something else than the target answered; null where nobody counted. */
  readonly degraded: number | null
}

/** One limit that was held against what was measured. */
export interface Limit {
  readonly kind: 'bound' | 'threshold' | 'ceiling'
  /** The phase, arm or stage that it is about. */
  readonly scope: string
  /** As it was written. */
  readonly expr: string
  /** Null when it could not be measured; then the limit is not kept. */
  readonly actual: number | null
  /** What the expression came to; null where it is relative to what there is not. */
  readonly limit: number | null
  readonly ok: boolean
  /** Of what the target uses; that of other figures is told by the metric. */
  readonly unit?: string
  readonly window?: { readonly fromMs: number; readonly toMs: number }
  /** Why it was not judged, and so neither kept nor broken; absent where it was. */
  readonly why?: string
}

/** What a relative limit may be relative to. */
export interface Against {
  /** The baseline of the same path; null where it was not measured. */
  readonly baseline: LimitedFigures | null
  /** The same in the archived result; null where that has none. */
  readonly reference: LimitedFigures | null
  /** Why there is no archived result; null where there is one. */
  readonly whyNone: string | null
}

/** Where there is nothing to be relative to. */
export const nothing: Against = { baseline: null, reference: null, whyNone: 'no reference' }

/** Holds a threshold of k6's grammar against figures. */
export function holdThreshold(
  kind: Limit['kind'],
  scope: string,
  threshold: Threshold,
  figures: LimitedFigures,
  against: Against = nothing,
): Limit {
  return holdFigure({ kind, scope }, threshold, actualOf(threshold, figures), against)
}

/** Holds a threshold against the figure that it is about, null where that could not be measured. */
export function holdFigure(
  place: Pick<Limit, 'kind' | 'scope' | 'window' | 'unit'>,
  threshold: Threshold,
  found: number | null,
  against: Against = nothing,
): Limit {
  const { kind, scope, ...span } = place
  // Rounded first and judged after, so that a verdict can be computed again from the file.
  const actual = found === null ? null : significant(found)
  const limit = limitOf(threshold, against)
  const ok = actual !== null && limit !== null && holds(actual, threshold.op, limit)
  const why = limit === null ? { why: whyUnresolved(threshold, against) } : {}
  return { kind, scope, expr: exprOf(threshold), actual, limit, ok, ...span, ...why }
}

/** A threshold as results and reports show it. */
export function exprOf({ metric, expr }: Pick<Threshold, 'metric' | 'expr'>): string {
  return `${metric}: ${expr}`
}

/** Whether a limit was judged and not kept; what could not be measured is a doubt, not a breach. */
export function isBroken({ ok, actual, limit, why }: Omit<Limit, 'kind'>): boolean {
  return !ok && actual !== null && limit !== null && why === undefined
}

/** What a threshold's limit comes to, rounded; null where it is relative to what there is not. */
export function limitOf(threshold: Threshold, against: Against): number | null {
  const value = valueOf(threshold.limit, threshold, against)
  return value === null ? null : significant(value)
}

function valueOf(term: LimitTerm, threshold: Threshold, against: Against): number | null {
  if (term.kind === 'fixed') return term.value
  if (!('of' in term)) {
    const figures = against[term.kind]
    const base = figures && !isWithoutSuccess(threshold, figures) ? actualOf(threshold, figures) : null
    return base === null ? null : significant(base) * term.factor + term.plus
  }
  const values = term.of.map((member) => valueOf(member, threshold, against))
  const known = values.filter((value) => value !== null)
  if (known.length < values.length) return null
  return term.kind === 'max' ? Math.max(...known) : Math.min(...known)
}

/** What only failed was as fast as failing is: a limit relative to it would hold nothing. */
function isWithoutSuccess({ metric }: Pick<Threshold, 'metric'>, { failed, ended }: LimitedFigures): boolean {
  return (metric === 'latency' || metric === 'throughput') && ended > 0 && failed === ended
}

function whyUnresolved(threshold: Threshold, against: Against): string {
  const missing = relativesOf(threshold.limit).find(
    (to) => valueOf({ kind: to, factor: 1, plus: 0 }, threshold, against) === null,
  )
  const figures = missing && against[missing]
  if (figures && isWithoutSuccess(threshold, figures)) return `no operation of the ${missing} succeeded`
  if (missing === 'reference') return against.whyNone ?? 'the reference has no such figure'
  return 'there is no such figure of a baseline of its path'
}

/** The figure that a threshold of load is about; null where it was not measured. */
export function actualOf(
  { metric, aggregate, percentile }: Pick<Threshold, 'metric' | 'aggregate' | 'percentile'>,
  figures: LimitedFigures,
): number | null {
  const { failed, ended, degraded } = figures
  switch (metric) {
    case 'latency':
      return latencyOf(aggregate, percentile, figures)
    case 'errors':
      return aggregate === 'count' ? failed : figures.errorRate
    case 'throughput':
      return aggregate === 'count' ? ended - failed : figures.okPerSecond
    case 'degraded':
      return aggregate === 'count' || degraded === null ? degraded : ended === 0 ? null : degraded / ended
    default:
      return null
  }
}

function latencyOf(
  aggregate: Threshold['aggregate'],
  percentile: number | null,
  { judgedLatencyMs: latencyMs, percentileMs }: LimitedFigures,
): number | null {
  switch (aggregate) {
    case 'p':
      return percentileMs(percentile ?? 50)
    case 'avg':
      return latencyMs.mean
    case 'min':
      return latencyMs.min
    case 'max':
      return latencyMs.max
    case 'med':
      return latencyMs.p50
    default:
      return null
  }
}

/** Whether a figure keeps a limit. */
export function holds(actual: number, op: Threshold['op'], limit: number): boolean {
  switch (op) {
    case '<':
      return actual < limit
    case '<=':
      return actual <= limit
    case '>':
      return actual > limit
    case '>=':
      return actual >= limit
    case '==':
      return actual === limit
    case '!=':
      return actual !== limit
  }
}
