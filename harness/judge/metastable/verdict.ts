import { formatNs } from '../../kernel/units.ts'
import type { LoadSeries, MetastableVerdict, SeriesPoint } from '../../measure/load-series.ts'
import { medianOf } from '../stats/median.ts'
import { type Synchrony, synchronyOf } from './synchrony.ts'
import { trendOf } from './trend.ts'

/** What triggered the overload, and what the client does about it; times from the beginning of the series. */
export interface TriggerPlace {
  readonly fromNs: number
  readonly toNs: number
  /** How long a client waits for one answer. */
  readonly timeoutNs: number
  /** Further calls that an operation may make; null where that is not limited. */
  readonly retries: number | null
  /** The wait before a retry, where it is always the same; null to look for any period. */
  readonly backoffNs: number | null
}

/** How alarming an amplification is. */
export type AmplificationLevel = 'none' | 'warn' | 'alert'

/** What a series shows; ratios are null where there was nothing to divide by. */
export interface MetastableReport {
  readonly verdict: MetastableVerdict
  /** Why, in a sentence. */
  readonly reason: string
  /** Attempts per operation: before the trigger, in the worst step after it began, and at the end. */
  readonly amplification: {
    readonly before: number | null
    readonly peak: number | null
    readonly end: number | null
    readonly level: AmplificationLevel
  }
  /** Good answers per operation: before the trigger, while it lasted, at the end, and that over the first. */
  readonly goodput: {
    readonly before: number | null
    readonly during: number | null
    readonly end: number | null
    readonly ratio: number | null
  }
  /** Share of what the target served at the end that was for clients that had gone; null where it does not tell. */
  readonly wastedShare: number | null
  /** Of the attempts since the trigger began. */
  readonly synchrony: Synchrony | null
  /** From the end of the trigger; null where it did not recover. */
  readonly timeToRecoverNs: number | null
  /** How long it will still take, by its trend; null where it does not drain. */
  readonly drainNs: number | null
}

/** So many steps in a row make a state. */
const steady = 3
/** So many steps before the trigger say what it was like; a load may have been built up before them. */
const remembered = 10
/** Of the goodput before: from here up it is back, below that it is low. */
const back = 0.95
const low = 0.5
/** How far the offered load may be from what it was, besides two standard deviations of arrivals by chance. */
const offeredTolerance = 0.05
/** A fall that would take more than so many times as long as it was watched is not told from standing still. */
const furthestDrain = 20
/** After the trigger, before an overload is called lasting: so long, or so many timeouts. */
const leastSettleNs = 10e9
const settleTimeouts = 5

const warnAmplification = 1.5
const alertAmplification = 2
/** Of the most that retries can make of an operation. */
const alertShare = 0.9

/**
 * The verdict on a series. After Bronson et al. (HotOS 2021) a failure is metastable where the overload outlives its
 * trigger; the rules and thresholds are those of docs/scenarios.md. The load must be open: a closed one slows down with its target
 * and hides it.
 */
export function judgeMetastable(series: LoadSeries, trigger: TriggerPlace): MetastableReport {
  const { stepNs, points, binNs, bins } = series
  const begun = Math.floor(trigger.fromNs / stepNs)
  const before = points.slice(Math.max(0, begun - remembered), begun)
  const after = points.slice(Math.ceil(trigger.toNs / stepNs))
  const sinceTrigger = points.slice(begun)
  const settleSteps = Math.ceil(Math.max(leastSettleNs, settleTimeouts * trigger.timeoutNs) / stepNs)
  const tail = after.slice(Math.min(settleSteps, Math.max(0, after.length - steady)))
  const goodBefore = ratioOf(before, 'good')
  const goodEnd = ratioOf(tail, 'good')
  const amplification = amplificationOf(before, sinceTrigger, tail, trigger.retries)
  const facts = { series, before, after, tail, settleSteps, goodBefore }
  return {
    ...conclude(facts),
    amplification,
    goodput: {
      before: goodBefore,
      during: ratioOf(points.slice(begun, points.length - after.length), 'good'),
      end: goodEnd,
      ratio: goodBefore && goodEnd !== null ? goodEnd / goodBefore : null,
    },
    wastedShare: wastedShareOf(tail),
    synchrony: synchronyOf(bins.slice(Math.floor(trigger.fromNs / binNs)), binNs, trigger.backoffNs),
  }
}

interface Facts {
  readonly series: LoadSeries
  readonly before: readonly SeriesPoint[]
  readonly after: readonly SeriesPoint[]
  /** What is after the trigger and the time that everything is given to settle. */
  readonly tail: readonly SeriesPoint[]
  readonly settleSteps: number
  readonly goodBefore: number | null
}

type Conclusion = Pick<MetastableReport, 'verdict' | 'reason' | 'timeToRecoverNs' | 'drainNs'>

function conclude(facts: Facts): Conclusion {
  const { series, before, after, tail, settleSteps, goodBefore } = facts
  const { stepNs } = series
  if (before.length < steady || !goodBefore)
    return undecided(
      `before the trigger there are ${before.length} steps with good answers in them, ${steady} are needed`,
    )
  const recoveredAt = recoveryOf(after, goodBefore)
  if (recoveredAt !== null) {
    const { ratio, tolerance } = offeredOf(before, after.slice(recoveredAt))
    // Less load is a cure, and says nothing of what was before.
    if (ratio < 1 - tolerance) return otherLoad(ratio)
    const timeToRecoverNs = recoveredAt * stepNs
    const reason = `the goodput was back ${formatNs(timeToRecoverNs)} after the trigger had ended`
    return { verdict: 'recovered', reason, timeToRecoverNs, drainNs: null }
  }
  const missing = settleSteps + steady - after.length
  if (missing > 0) return undecided(`${formatNs(missing * stepNs)} more after the trigger are needed to tell`)
  const { ratio, tolerance } = offeredOf(before, tail)
  return Math.abs(ratio - 1) > tolerance ? otherLoad(ratio) : lasting(facts, goodBefore)
}

/** The load of some steps over that before the trigger, and how far from 1 that may be. */
function offeredOf(
  before: readonly SeriesPoint[],
  some: readonly SeriesPoint[],
): { readonly ratio: number; readonly tolerance: number } {
  const chance = 2 * Math.sqrt(1 / sum(before, 'offered') + 1 / sum(some, 'offered'))
  return { ratio: mean(some, 'offered') / mean(before, 'offered'), tolerance: offeredTolerance + chance }
}

function otherLoad(ratio: number): Conclusion {
  return undecided(`the offered load went to ${percent(ratio)} of what it was before the trigger`)
}

function undecided(reason: string): Conclusion {
  return { verdict: 'inconclusive', reason, timeToRecoverNs: null, drainNs: null }
}

/** It is not back: whether anything gets better. */
function lasting({ series, before, tail }: Facts, goodBefore: number): Conclusion {
  const ratio = (ratioOf(tail, 'good') ?? 0) / goodBefore
  const state = `the goodput stays at ${percent(ratio)} of what it was`
  const draining = drainOf(tail, ratioOf(before, 'attempts') ?? 1)
  if (draining) {
    const drainNs = draining.steps * series.stepNs
    const reason = `${state}, but the ${draining.what} falls: it will take ${formatNs(drainNs)} more`
    return { verdict: 'slow-drain', reason, timeToRecoverNs: null, drainNs }
  }
  const reason = `${state} though the trigger is gone, and nothing gets better`
  return { verdict: ratio < low ? 'metastable' : 'degraded', reason, timeToRecoverNs: null, drainNs: null }
}

/** What falls, and in how many steps it will be where it was: the age of the queue where it is known, else the amplification. */
function drainOf(tail: readonly SeriesPoint[], amplificationBefore: number): { what: string; steps: number } | null {
  const ages = tail.flatMap(({ queueAgeNs }) => (queueAgeNs === null ? [] : [queueAgeNs]))
  const known = ages.length === tail.length
  const values = known ? ages : tail.map(({ attempts, offered }) => (offered > 0 ? attempts / offered : 0))
  const { slope, falls } = trendOf(values)
  if (!falls || slope >= 0) return null
  const leftover = medianOf(values.slice(-steady)) - (known ? 0 : amplificationBefore)
  const steps = leftover / -slope
  if (leftover <= 0 || steps > furthestDrain * tail.length) return null
  return { what: known ? 'age of the queue' : 'amplification', steps }
}

/** The step after the trigger from which on the goodput is back for good, also on the whole; null where it is not. */
function recoveryOf(after: readonly SeriesPoint[], goodBefore: number): number | null {
  const isBack = after.map(({ good, offered }) => offered > 0 && good / offered >= back * goodBefore)
  let since: number | null = null
  let rest = { good: 0, offered: 0 }
  // From the end, so that what follows a step is known when it is looked at.
  for (let at = after.length - 1; at >= 0; at--) {
    const { good, offered } = after[at] as SeriesPoint
    rest = { good: rest.good + good, offered: rest.offered + offered }
    const window = isBack.slice(at, at + steady)
    if (window.length < steady) continue
    if (!window.some(Boolean)) break
    if (window.every(Boolean) && rest.good >= back * goodBefore * rest.offered) since = at
  }
  return since
}

function amplificationOf(
  before: readonly SeriesPoint[],
  since: readonly SeriesPoint[],
  tail: readonly SeriesPoint[],
  retries: number | null,
): MetastableReport['amplification'] {
  const end = ratioOf(tail, 'attempts')
  const alert = Math.min(alertAmplification, retries ? alertShare * (1 + retries) : alertAmplification)
  const steps = since.flatMap(({ attempts, offered }) => (offered > 0 ? [attempts / offered] : []))
  const level = end === null || end < Math.min(warnAmplification, alert) ? 'none' : end < alert ? 'warn' : 'alert'
  return { before: ratioOf(before, 'attempts'), peak: steps.length > 0 ? Math.max(...steps) : null, end, level }
}

function wastedShareOf(points: readonly SeriesPoint[]): number | null {
  const told = points.flatMap(({ served, wasted }) => (served === null || wasted === null ? [] : [{ served, wasted }]))
  const served = told.reduce((sum, one) => sum + one.served, 0)
  return served > 0 ? told.reduce((sum, one) => sum + one.wasted, 0) / served : null
}

/** Per operation offered; null of none. */
function ratioOf(points: readonly SeriesPoint[], key: 'good' | 'attempts'): number | null {
  const offered = sum(points, 'offered')
  return offered > 0 ? sum(points, key) / offered : null
}

function mean(points: readonly SeriesPoint[], key: 'offered'): number {
  return sum(points, key) / points.length
}

function sum(points: readonly SeriesPoint[], key: 'offered' | 'good' | 'attempts'): number {
  return points.reduce((all, point) => all + point[key], 0)
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`
}
