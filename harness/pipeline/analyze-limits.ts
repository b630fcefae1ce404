import type { Result, ResultArm, ResultLimit } from '../archive/result.ts'
import { rounded } from '../archive/text.ts'
import { holdErrorCeiling, sumsOfSlices } from '../judge/error-ceiling.ts'
import { type Against, holds, type Limit, limitOf } from '../judge/limits.ts'
import { noParts } from '../judge/stats/design-effect.ts'
import { cleanScope } from '../judge/windows.ts'
import type { ResultDifference } from '../judge/trace/analyze.ts'
import { significant } from '../kernel/units.ts'
import type { LatencySummary } from '../measure/histogram.ts'
import { type Expression, parseExpression } from '../profile/threshold.ts'
import { relativesOf } from '../profile/threshold-limit.ts'
import { grammars, type Metric } from '../profile/threshold-metrics.ts'
import { differencesOf } from './analyze-gate.ts'
import type { WindowsAgain } from './analyze-windows.ts'
import { figuresIn, percentileOf } from './reference-figures.ts'

/** What something of a result came to once more. */
export interface Again<Value> {
  readonly values: readonly Value[]
  readonly differences: readonly ResultDifference[]
  /** What could not be judged, by what it is. */
  readonly believed: readonly string[]
}

/** A limit, and where in the result it is. */
interface Place {
  readonly where: string
  readonly limit: ResultLimit
}

/** A limit that was held once more; null where the windows say that there is no such. */
interface HeldAgain {
  readonly found: ResultLimit | null
  /** Pointers to what was taken as it stands. */
  readonly believed: readonly string[]
}

/**
 * Holds the limits of a result once more: those on arms against the figures of the result as far as these are in it, those
 * on windows against the windows, where they could be read. What they are relative to is found again in the result, but for
 * another one.
 */
export function holdLimitsAgain(result: Result, windows: WindowsAgain): Again<ResultLimit> {
  const ofWindows = windows.read ? [...windows.read.limits] : null
  const again = placesOf(result).map((place) => {
    const ceiling = errorCeilingAgain(place, result, windows)
    return { ...place, ...(ceiling ?? heldAgain(place, result, ofWindows)) }
  })
  const missing = (ofWindows ?? []).map(recordedLimit)
  const { length } = result.thresholds
  return {
    values: [...again.flatMap(({ found }) => (found ? [found] : [])), ...missing],
    differences: [
      ...again.flatMap(({ where, limit, found }) => differencesOf(limit, found, where)),
      ...missing.map((found, index) => ({ where: `/thresholds/${length + index}`, recorded: null, found })),
    ],
    believed: again.flatMap(({ believed }) => believed),
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

/** Takes the limit out of those of the windows, where it is one of them. */
function heldAgain({ where, limit }: Place, result: Result, ofWindows: Limit[] | null): HeldAgain {
  const arm = armIn(result, limit.scope)
  if (ofWindows && !arm) {
    const index = ofWindows.findIndex((one) => isSame(one, limit))
    const [found] = index < 0 ? [] : ofWindows.splice(index, 1)
    return found ? withReference(found, where, limit) : unfound(where, limit)
  }
  const actual = actualOf(limit, result)
  const believed = actual === undefined ? [`${where}/actual`] : []
  const found = { ...limit, actual: actual === undefined ? limit.actual : actual && significant(actual) }
  const allowed = arm && allowedAgain(limit, arm, result)
  const held = rejudged({ ...found, limit: allowed ?? limit.limit })
  return { found: held, believed: [...believed, ...(allowed === null ? [`${where}/limit`] : [])] }
}

/**
 * A ceiling of the error rate of an arm. How its failures lie, of which no more is told, is in its slices, or in windows; where
 * these were not read, the words are believed. Null of any other limit.
 */
function errorCeilingAgain({ where, limit }: Place, result: Result, windows: WindowsAgain): HeldAgain | null {
  const { scope, expr } = limit
  const allowed = Number(/^error rate <= (\S+)$/u.exec(expr)?.[1])
  const arm = armIn(result, scope)
  if (Number.isNaN(allowed) || !arm) return null
  const phase = result.phases.find(({ arms }) => arms.includes(arm))
  const ofStress = phase?.kind === 'stress' || phase?.kind === 'load'
  const own = result.slices.filter((slice) =>
    [slice.phase, `${slice.phase}/${slice.arm}-${slice.path}`].includes(scope),
  )
  const parts = ofStress ? windows.read?.errors.get(phase.id) : sumsOfSlices(own)
  const held = holdErrorCeiling(scope, arm.all.operations, allowed, () => parts ?? noParts)
  const found = recordedLimit(held)
  if (parts || found.why === undefined || limit.why === undefined) return { found, believed: [] }
  return { found: { ...found, why: limit.why }, believed: [`${where}/why`] }
}

function isSame(one: Limit, { kind, scope, expr }: ResultLimit): boolean {
  return one.kind === kind && one.scope === scope && one.expr === expr
}

/** What a limit is relative to in another result is taken as it stands. */
function withReference(found: Limit, where: string, limit: ResultLimit): HeldAgain {
  if (!isRelativeTo(limit, 'reference')) return { found: recordedLimit(found), believed: [] }
  // Of what must be equal, the window that is told depends on what to.
  const actual = limit.expr.includes('==') ? limit.actual : found.actual
  const held = { ...limit, ...(found.window && { window: found.window }), actual }
  return { found: rejudged(recordedLimit(held)), believed: [`${where}/limit`] }
}

/** What ended the run by another result cannot be found again; anything else would have been. */
function unfound(where: string, limit: ResultLimit): HeldAgain {
  return isRelativeTo(limit, 'reference') ? { found: limit, believed: [where] } : { found: null, believed: [] }
}

function recordedLimit(limit: ResultLimit | Limit): ResultLimit {
  return rounded(limit) as ResultLimit
}

/** By what was found, and what is allowed. */
export function rejudged(limit: ResultLimit): ResultLimit {
  const { actual, limit: allowed, why, expr } = limit
  const op = expressionOf(expr)?.op ?? '<='
  return { ...limit, ok: actual !== null && allowed !== null && why === undefined && holds(actual, op, allowed) }
}

/** The expression of a bound or threshold; undefined of a ceiling. */
function expressionOf(expr: string): Expression | undefined {
  const [metric = '', text] = expr.split(': ', 2)
  if (text === undefined || !Object.hasOwn(grammars, metric)) return undefined
  const parsed = parseExpression(metric as Metric, text)
  return 'expression' in parsed ? parsed.expression : undefined
}

function isRelativeTo({ expr }: ResultLimit, to: 'baseline' | 'reference'): boolean {
  const expression = expressionOf(expr)
  return expression !== undefined && relativesOf(expression.limit).includes(to)
}

/** What an arm's limit comes to; null where that is in another result, undefined where it says so itself. */
function allowedAgain(limit: ResultLimit, { path }: ResultArm, result: Result): number | null | undefined {
  const expression = expressionOf(limit.expr)
  if (!expression) return Number(/<= (\S+)$/u.exec(limit.expr)?.[1] ?? Number.NaN) || undefined
  if (limit.limit === null) return undefined
  const baseline = figuresIn(result).arm(`baseline/baseline-${path}`)
  const against: Against = { baseline, reference: null, whyNone: null }
  return limitOf({ ...expression, windowNs: null, abortAfterNs: null }, against)
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

/** Of what is about the worst of many windows the file has no more than what was found. */
function thresholdActual({ scope, expr, actual, window }: ResultLimit, result: Result): number | null | undefined {
  const { metric, aggregate, percentile } = expressionOf(expr) ?? {}
  const arm = armIn(result, scope)
  if (!arm || window !== undefined || actual === null) return undefined
  const { ok, failed, degraded, perSecond } = arm.operations
  const share = (count: number): number | null =>
    aggregate === 'count' ? count : ok + failed === 0 ? null : count / (ok + failed)
  if (metric === 'latency') return latencyIn(arm, aggregate ?? '', percentile ?? Number.NaN)
  if (metric === 'throughput') return aggregate === 'count' ? ok : perSecond
  return metric === 'errors' ? share(failed) : metric === 'degraded' ? share(degraded) : undefined
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
  return percentileOf(histogram, percent, latencyMs.max)
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
