import type { Result, ResultArm, ResultLimit } from '../archive/result.ts'
import { cleanScope } from '../judge/windows.ts'
import type { ResultDifference } from '../judge/trace/analyze.ts'
import { significant } from '../kernel/units.ts'
import { decodeHistogram, type LatencySummary } from '../measure/histogram.ts'
import { differencesOf } from './analyze-gate.ts'

/** What something of a result came to once more. */
export interface Again<Value> {
  readonly values: readonly Value[]
  readonly differences: readonly ResultDifference[]
  /** What could not be judged, by what it is. */
  readonly believed: readonly string[]
}

/** A limit, where in the result it is, and the arm that it is about, where it is about one. */
interface Place {
  readonly where: string
  readonly limit: ResultLimit
}

/**
 * Holds the limits of a result once more against what they say was found, and that against the figures of the result as far
 * as these are in it.
 */
export function holdLimitsAgain(result: Result): Again<ResultLimit> {
  const places = placesOf(result)
  const unread = places.filter(({ limit }) => actualOf(limit, result) === undefined)
  const again = places.map(({ where, limit }) => ({ where, limit, found: heldAgain(limit, result) }))
  return {
    values: again.map(({ found }) => found),
    differences: again.flatMap(({ where, limit, found }) => differencesOf(limit, found, where)),
    believed: unread.map(({ where }) => `${where}/actual`),
  }
}

/** Bounds, ceilings and thresholds, in the order in which they are reasons. */
function placesOf({ phases, ceilings, thresholds }: Result): readonly Place[] {
  const bounds = phases.flatMap(({ arms }, phase) =>
    arms.flatMap((arm, index) =>
      arm.bounds.map((limit, at) => ({ where: `/phases/${phase}/arms/${index}/bounds/${at}`, limit })),
    ),
  )
  return [
    ...bounds,
    ...ceilings.map((limit, index) => ({ where: `/ceilings/${index}`, limit })),
    ...thresholds.map((limit, index) => ({ where: `/thresholds/${index}`, limit })),
  ]
}

function heldAgain(held: ResultLimit, result: Result): ResultLimit {
  const found = actualOf(held, result)
  const actual = found === undefined ? held.actual : found === null ? null : significant(found)
  const judged = actual !== null && held.limit !== null && held.why === undefined
  return { ...held, actual, ok: judged && holds(actual, held.limit, held) }
}

const operators: Readonly<Record<string, (actual: number, limit: number) => boolean>> = {
  '<': (actual, limit) => actual < limit,
  '<=': (actual, limit) => actual <= limit,
  '>': (actual, limit) => actual > limit,
  '>=': (actual, limit) => actual >= limit,
  '==': (actual, limit) => actual === limit,
}

function holds(actual: number, limit: number, { expr, ok }: ResultLimit): boolean {
  const operator = /[<>=]=?/u.exec(expr)?.[0] ?? ''
  return operators[operator]?.(actual, limit) ?? ok
}

/** What a limit is about, as the result's figures have it; undefined where they do not. */
function actualOf(limit: ResultLimit, result: Result): number | null | undefined {
  const figure = /^(?:error|degraded) rate <= \S+$|^RSS delta /u.exec(limit.expr)?.[0]
  if (figure === undefined) return thresholdActual(limit, result)
  if (figure.startsWith('RSS')) return result.metrics.rssDeltaKb
  const ended = armIn(result, limit.scope)?.all.operations ?? cleanWindows(result, limit.scope)
  if (ended === undefined) return undefined
  const all = ended.ok + ended.failed
  const counted = figure.startsWith('degraded') ? ended.degraded : ended.failed
  return all === 0 ? null : counted / all
}

const threshold =
  /^(?<metric>latency|errors|throughput): (?<aggregate>p|avg|min|max|med|rate|count)(?:\(\s*(?<percentile>[\d.]+)\s*\))?\s*[<>=]/u

/** Of what is about the worst of many windows the file has no more than what was found. */
function thresholdActual({ scope, expr, actual, window }: ResultLimit, result: Result): number | null | undefined {
  const { metric = '', aggregate = '', percentile } = threshold.exec(expr)?.groups ?? {}
  const arm = armIn(result, scope)
  if (!arm || metric === '' || window !== undefined || actual === null) return undefined
  const { ok, failed, perSecond } = arm.operations
  if (metric === 'latency') return latencyIn(arm, aggregate, Number(percentile))
  if (metric === 'throughput') return aggregate === 'count' ? ok : perSecond
  return aggregate === 'count' ? failed : ok + failed === 0 ? null : failed / (ok + failed)
}

/** Percentiles that a summary has. */
const percentiles: Readonly<Record<number, keyof LatencySummary>> = {
  0: 'min',
  50: 'p50',
  90: 'p90',
  95: 'p95',
  99: 'p99',
  99.9: 'p999',
}

/** From the intended start where there is a schedule; of that the file has a summary only. */
function latencyIn(
  { latencyMs, correctedLatencyMs, histogram }: ResultArm,
  aggregate: string,
  percent: number,
): number | null | undefined {
  const summary = correctedLatencyMs ?? latencyMs
  const name = { avg: 'mean', min: 'min', max: 'max', med: 'p50' }[aggregate] ?? percentiles[percent]
  if (name !== undefined) return summary[name as keyof LatencySummary]
  if (correctedLatencyMs !== null) return undefined
  const all = decodeHistogram(histogram)
  const value = all.percentileMs(percent)
  all.destroy()
  // The largest value itself is in the summary only: of the histogram it is the upper edge of its bucket.
  return value === null || latencyMs.max === null ? value : Math.min(value, latencyMs.max)
}

function armIn({ phases }: Result, scope: string): ResultArm | undefined {
  return phases
    .flatMap(({ id, arms }) => arms.map((arm) => ({ ids: [id, `${id}/${arm.arm}-${arm.path}`], arm })))
    .find(({ ids }) => ids.includes(scope))?.arm
}

function cleanWindows({ windowGroups = [] }: Result, scope: string) {
  const group = windowGroups.find(({ phase, faults }) => faults.length === 0 && cleanScope(phase) === scope)
  return group && { ok: group.ok, failed: group.failed, degraded: 0 }
}
