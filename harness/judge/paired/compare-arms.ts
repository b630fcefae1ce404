import { significant } from '../../kernel/units.ts'
import { normalQuantile } from '../stats/distributions.ts'
import { falseDiscoveryRates, holm } from '../stats/multiplicity.ts'
import type { Location } from '../stats/walsh.ts'
import { type Differences, differencesOf } from './differences.ts'
import { failShares, type Look } from './looks.ts'
import { heldTo, type MetricName, pairedMetrics } from './metrics.ts'
import type { Measure, Ruler } from './ruler.ts'
import type { Pairing, Round } from './slice.ts'
import { smallestEffect } from './smallest-effect.ts'
import { type View, viewsOf } from './view.ts'

/**
 * What a comparison came to. `pass-minor` is surely worse, and surely by less than the margin; `notable` is what a
 * comparison that gates nothing has instead of a failure; `reported`: it is told and not judged.
 */
export type PairedVerdict = 'pass' | 'pass-minor' | 'fail' | 'notable' | 'inconclusive' | 'reported'

/** One metric of a policy against its baseline. Effects are oriented so that positive is worse. */
export interface PairedComparison {
  readonly policy: string
  readonly against: string
  readonly metric: MetricName
  readonly unit: string
  /** Whether the run fails by it. */
  readonly gated: boolean
  readonly verdict: PairedVerdict
  /** Rounds that have both figures. */
  readonly rounds: number
  readonly base: number | null
  readonly value: number | null
  /** Logarithm of the ratio, or difference of shares; null where no round has both. */
  readonly estimate: number | null
  /** The mean of the rounds where nothing of their slices is cut off: what a few slices lose is in it; null where no round has both. */
  readonly overall: number | null
  /** Two-sided 95 % of the estimate, what runs differ by included where it is calibrated; an end is null where so few rounds have none. */
  readonly interval: readonly [number | null, number | null]
  /**
   * One-sided: the chance of such differences where the truth is no more than the ruler's noise; of a latency the lesser of that of the
   * middle of each round's slices and that of all of them, each as many times as its test has less than the whole error.
   */
  readonly p: number
  /** What p is held to: a level of Holm's where it is gated; 0 where it is only reported; else the false-discovery rate of `notable`. */
  readonly level: number
  /** Of those that gate nothing: the share of wrong ones among all that are as notable. */
  readonly falseDiscoveryRate: number | null
  /** What the policy may cost; noise, floor and margin count from there. */
  readonly accepted: number
  readonly noise: number
  readonly floor: number
  readonly margin: number
  /** The smallest effect that fails 19 times in 20 (is notable where it gates nothing); null where so few rounds can find none. */
  readonly mde: number | null
  readonly ruler: string
  /** Of each round, in the order of the rounds that have both. */
  readonly perRound: readonly number[]
}

/** A comparison that is to be made. */
export interface PlannedComparison {
  readonly pairing: Pairing
  readonly metric: MetricName
  readonly gated: boolean
  /** True where a catastrophe fails the run even though no metric of the pairing is gated; of gated ones it always does. */
  readonly suspect?: boolean
  /** True where that the two differ is no news, as of two programs: it is told, and not judged. */
  readonly reported?: boolean
  /** What the policy may cost: by so much it may be worse, and what is said of it counts from there. 0 where it is left out. */
  readonly accepted?: number
}

/** A comparison with what its rounds came to. */
export interface FoundComparison {
  readonly planned: PlannedComparison
  readonly differences: Differences
}

/** So many of the notable ones may be chance. */
const notableRate = 0.05

/** A failure turns into a minor pass only where a whole margin is excluded this surely. */
const minorAlpha = 0.01

/** One-sided error of either end of an interval. */
const intervalAlpha = 0.025

/** A ruler's noise is what runs differ by at one side's 99 %; this share of it is what they do at the interval's. */
const noiseShare = normalQuantile(1 - intervalAlpha) / normalQuantile(0.99)

interface Tested extends FoundComparison {
  readonly measure: Measure
  readonly accepted: number
  /** The middle of each round's slices, by which it is told; null where no round has both figures. */
  readonly middle: View | null
  /** That first, and then all of them, where something is cut off. */
  readonly views: readonly View[]
  /** What p is held to at first. */
  readonly level: number
  /** The least of all views. */
  readonly p: number
}

/** Makes all comparisons of a run at one look. */
export function compareAll(
  rounds: readonly Round[],
  planned: readonly PlannedComparison[],
  ruler: Ruler,
  look: Look,
): readonly PairedComparison[] {
  const found = planned.map((one) => ({
    planned: one,
    differences: differencesOf(rounds, one.pairing, one.metric),
  }))
  return compareFound(found, ruler, look)
}

/**
 * Says of all comparisons of a run what they came to at one look. The gated ones together fail a healthy run with at most
 * the look's share of the error (Holm); of the others those are notable that are so at a false-discovery rate of 5 %.
 */
export function compareFound(found: readonly FoundComparison[], ruler: Ruler, look: Look): readonly PairedComparison[] {
  const alpha = failShares.comparisons * look.failAlpha
  const gates = found.filter(({ planned }) => planned.gated).length
  const tells = found.filter(({ planned }) => !planned.gated && !planned.reported).length
  const tested = found.map((one) => testOf(one, ruler, one.planned.gated ? alpha / gates : notableRate / tells))
  const gated = tested.filter(({ planned }) => planned.gated)
  const others = tested.filter(({ planned }) => !planned.gated && !planned.reported)
  const levels = holm(
    gated.map(({ p }) => p),
    alpha,
  )
  const rates = falseDiscoveryRates(others.map(({ p }) => p))
  return tested.map((one) => {
    if (one.planned.reported) return comparisonOf(one, ruler.name, look, unheld)
    const held = levels[gated.indexOf(one)]
    const falseDiscoveryRate = held ? null : (rates[others.indexOf(one)] ?? 1)
    const rejected = held ? held.rejected : (falseDiscoveryRate ?? 1) <= notableRate
    return comparisonOf(one, ruler.name, look, { level: held?.level ?? notableRate, rejected, falseDiscoveryRate })
  })
}

/** `level`: what its p is held to at first, beside those of all others. */
function testOf({ planned, differences }: FoundComparison, ruler: Ruler, level: number): Tested {
  const { metric, accepted = 0 } = planned
  const measure = heldTo(ruler.measureOf(metric, planned.pairing), metric, differences.base)
  const views = viewsOf(differences, { measure, accepted, level })
  const p = Math.min(1, ...views.map((view) => view.p))
  return { planned, differences, measure, accepted, middle: views[0] ?? null, views, level, p }
}

/** Of what is only reported. */
const unheld: Held = { level: 0, rejected: false, falseDiscoveryRate: null }

interface Held {
  readonly level: number
  readonly rejected: boolean
  readonly falseDiscoveryRate: number | null
}

function comparisonOf(tested: Tested, ruler: string, look: Look, held: Held): PairedComparison {
  const { planned, differences, measure, accepted, middle, p } = tested
  const { values, base, value } = differences
  const { pairing, metric, gated } = planned
  return {
    policy: pairing.policy,
    against: pairing.against,
    metric,
    unit: pairedMetrics[metric].unit,
    gated,
    verdict: verdictOf(tested, look, held),
    rounds: values.length,
    base,
    value,
    estimate: middle === null ? null : significant(middle.location.estimate),
    overall: values.length === 0 ? null : significant(meanOf(differences.uncut)),
    interval: intervalOf(tested),
    p: significant(p),
    level: significant(held.level),
    falseDiscoveryRate: held.falseDiscoveryRate === null ? null : significant(held.falseDiscoveryRate),
    accepted,
    noise: measure.noise,
    floor: significant(measure.floor),
    margin: significant(measure.margin),
    mde: mdeOf(tested, gated ? held.level : tested.level),
    ruler,
    perRound: values,
  }
}

function verdictOf(tested: Tested, look: Look, { rejected, level }: Held): PairedVerdict {
  const { planned, differences, measure, accepted, middle, views } = tested
  if (planned.reported) return 'reported'
  if (middle === null) return 'inconclusive'
  const { noise, floor, margin } = measure
  const below = (at: Location, alpha: number): boolean => at.upper(alpha) + noise < accepted + margin
  const matters = (at: Location): boolean =>
    at.estimate >= accepted + floor && !below(at, Math.min(minorAlpha, look.passAlpha))
  // One that fails nothing was found by the p that all of them were told from.
  const most = planned.gated ? level : tested.p
  const isWorse = ({ p, location, calm }: View): boolean => p <= most && matters(location) && matters(calm)
  if (rejected && views.some(isWorse)) return planned.gated ? 'fail' : 'notable'
  const lost = meanLoss(differences.uncut.map((value) => value - accepted)) + meanLoss([noise])
  if (below(middle.location, look.passAlpha) && lost < meanLoss([margin])) return rejected ? 'pass-minor' : 'pass'
  return 'inconclusive'
}

/**
 * What is lost in the mean over rounds, where a round may lose all and no more: so that a few rounds that are much worse, which
 * the median of pairs does not see, or slices in each round, which the middle of its pairs does not, keep a policy from passing.
 * Gains count as losses do.
 */
function meanLoss(differences: readonly number[]): number {
  return meanOf(differences.map((value) => -Math.sign(value) * Math.expm1(-Math.abs(value))))
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function mdeOf({ planned, middle, measure, accepted }: Tested, level: number): number | null {
  if (middle === null || planned.reported) return null
  const { values, times } = middle.calmly
  const share = middle.share * level
  const least = smallestEffect({ location: middle.calm, rounds: values.length, times, measure, level: share })
  return least === null ? null : finite(accepted + least)
}

/** The rounds' own interval, widened by what runs differ by beyond it: independent errors add up by their squares. */
function intervalOf({ middle, measure }: Tested): PairedComparison['interval'] {
  if (middle === null) return [null, null]
  const { location } = middle
  const { estimate } = location
  const reach = (end: number): number => Math.hypot(end - estimate, noiseShare * measure.noise)
  return [
    finite(estimate - reach(location.lower(intervalAlpha))),
    finite(estimate + reach(location.upper(intervalAlpha))),
  ]
}

function finite(value: number | undefined): number | null {
  return value === undefined || !Number.isFinite(value) ? null : significant(value)
}
