import { significant } from '../../kernel/units.ts'
import { passAlpha, runAlpha } from '../paired/looks.ts'
import { studentQuantile } from '../stats/distributions.ts'
import { falseDiscoveryRates, holm } from '../stats/multiplicity.ts'
import { type Alone, isWorseAlone } from './alone.ts'
import { type Estimand, type EstimandMeasure, estimandMeasure } from './estimand.ts'
import type { Spread } from './spread.ts'

/** A figure of a run against the median of the same in former runs. Effects are oriented so that positive is worse. */
export interface ReferenceComparison extends Omit<Estimand, 'error' | 'rounds' | 'alone' | 'aloneBeside'>, Alone {
  /** The median of the references' values, and of how many. */
  readonly reference: number
  readonly references: number
  /** By how much the run is worse, and the standard error of that; null where nobody knows. */
  readonly estimate: number
  readonly error: number | null
  readonly freedom: number | null
  /** What the error was learnt from. */
  readonly by: Spread['by'] | null
  /** Two-sided 95 %. */
  readonly interval: readonly [number, number] | null
  readonly p: number | null
  /** What p is held to; null where nothing is decided. */
  readonly level: number | null
  readonly falseDiscoveryRate: number | null
  readonly floor: number
  readonly margin: number
  /** The smallest change that would have been found 19 times in 20. */
  readonly mde: number | null
  /** Whether the run may fail by it. */
  readonly gated: boolean
  /** Why it decides nothing; null where it does, or is one that only tells. */
  readonly advisory: string | null
  readonly verdict: 'pass' | 'pass-minor' | 'fail' | 'notable' | 'inconclusive'
}

/** Of those that fail nothing, so many that are told may be chance. */
const notableRate = 0.05
/** A failure turns into a minor pass only where a whole margin is excluded this surely. */
const minorAlpha = 0.01
const intervalAlpha = 0.025

/** A figure with its counterparts, before it is judged. */
export interface Tested {
  readonly own: Estimand
  readonly references: readonly Estimand[]
  readonly reference: number
  readonly estimate: number
  readonly alone: Alone
  readonly spread: Spread | null
  readonly p: number | null
  readonly advisory: string | null
  readonly inFamily: boolean
}

/** Judges the figures together: those of the family by Holm, all others by a false-discovery rate. */
export function judged(tested: readonly Tested[]): readonly ReferenceComparison[] {
  const decided = tested.filter(({ advisory, p }) => advisory === null && p !== null)
  const gated = decided.filter(({ inFamily }) => inFamily)
  const others = decided.filter(({ inFamily }) => !inFamily)
  const levels = holm(
    gated.map(({ p }) => p ?? 1),
    runAlpha,
  )
  const rates = falseDiscoveryRates(others.map(({ p }) => p ?? 1))
  return tested.map((one) => {
    const held = levels[gated.indexOf(one)]
    const rate = rates[others.indexOf(one)] ?? null
    const level = held?.level ?? (rate === null ? null : notableRate)
    const rejected = held ? held.rejected : rate !== null && rate <= notableRate
    return comparisonOf(one, { level, rejected, rate, gated: held !== undefined })
  })
}

interface Held {
  readonly level: number | null
  readonly rejected: boolean
  readonly rate: number | null
  readonly gated: boolean
}

function comparisonOf(tested: Tested, held: Held): ReferenceComparison {
  const { own, references, reference, estimate, alone, spread, p, advisory } = tested
  const { kind, scope, against, metric, value, tainted } = own
  const { margin, floor } = estimandMeasure(metric)
  const half = spread && spread.error * quantile(intervalAlpha, spread.freedom)
  return {
    kind,
    scope,
    against,
    metric,
    value,
    tainted,
    reference,
    references: references.length,
    estimate,
    ...alone,
    error: spread?.error ?? null,
    freedom: spread?.freedom ?? null,
    by: spread?.by ?? null,
    interval: half === null ? null : [significant(estimate - half), significant(estimate + half)],
    p,
    level: held.level === null ? null : significant(held.level),
    falseDiscoveryRate: held.rate === null ? null : significant(held.rate),
    floor: significant(floor),
    margin: significant(margin),
    mde: spread === null ? null : mdeOf(spread, { floor, margin }, held.level ?? runAlpha),
    gated: held.gated,
    advisory,
    verdict: verdictOf(tested, held),
  }
}

/**
 * A ratio is worse also where what it is relative to became faster: of a delay of 40 ms that costs more of a target that
 * answers sooner. That is told, and fails nothing: an improvement must not.
 */
function verdictOf(
  { own, estimate, alone, spread }: Tested,
  { level, rejected, gated }: Held,
): ReferenceComparison['verdict'] {
  if (spread === null || level === null) return 'inconclusive'
  const { margin, floor } = estimandMeasure(own.metric)
  const below = (alpha: number): boolean => estimate + spread.error * quantile(alpha, spread.freedom) < margin
  if (rejected && estimate >= floor && !below(minorAlpha))
    return gated && isWorseAlone(alone, estimate, floor) ? 'fail' : 'notable'
  if (below(passAlpha)) return rejected ? 'pass-minor' : 'pass'
  return 'inconclusive'
}

const quantiles = new Map<string, number>()

/** What Student's distribution exceeds with this chance; kept, since a run asks for the same ones at every figure. */
function quantile(chance: number, freedom: number): number {
  const key = `${chance} ${freedom}`
  const found = quantiles.get(key) ?? studentQuantile(1 - chance, freedom)
  quantiles.set(key, found)
  return found
}

/**
 * What clears the test at its level, and the floor, and so much more that chance takes it below only once in twenty; and no less
 * than a margin, which is no failure where it is excluded.
 */
function mdeOf({ error, freedom }: Spread, { floor, margin }: EstimandMeasure, level: number): number {
  const clears = Math.max(floor, error * quantile(level, freedom))
  return significant(Math.max(margin, clears + error * quantile(passAlpha, freedom)))
}
