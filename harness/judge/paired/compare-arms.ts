import { significant } from '../../kernel/units.ts'
import { falseDiscoveryRates, holm } from '../stats/multiplicity.ts'
import { undisturbed } from './disturbance.ts'
import { signedRankP, smallestP } from '../stats/signed-rank.ts'
import { locate, type Location } from '../stats/walsh.ts'
import { type Differences, differencesOf } from './differences.ts'
import type { Look } from './looks.ts'
import { type MetricName, pairedMetrics } from './metrics.ts'
import type { Measure, Ruler } from './ruler.ts'
import type { Pairing, Round } from './slice.ts'

/**
 * What a comparison came to. `pass-minor` is surely worse, and surely by less than the margin; `notable` is what a
 * comparison that gates nothing has instead of a failure.
 */
export type PairedVerdict = 'pass' | 'pass-minor' | 'fail' | 'notable' | 'inconclusive'

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
  /** Two-sided 95 % of it; an end is null where so few rounds have none. */
  readonly interval: readonly [number | null, number | null]
  /** One-sided: the chance of such differences where the truth is no more than the ruler's noise. */
  readonly p: number
  /** What p is held to: a level of Holm's where it is gated; else the false-discovery rate of `notable`. */
  readonly level: number
  /** Of those that gate nothing: the share of wrong ones among all that are as notable. */
  readonly falseDiscoveryRate: number | null
  /** What the policy may cost; noise, floor and margin count from there. */
  readonly accepted: number
  readonly noise: number
  readonly floor: number
  readonly margin: number
  /**
   * The smallest effect that would have been found 19 times in 20: as a failure, or as surely worse by less than the margin.
   * Null where so few rounds can find none.
   */
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

/** One-sided error of the bound from which the smallest effect to be found is told, and of either end of an interval. */
const powerAlpha = 0.05
const intervalAlpha = 0.025

interface Tested extends FoundComparison {
  readonly measure: Measure
  readonly accepted: number
  readonly location: Location | null
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
  const tested = found.map((one) => testOf(one, ruler))
  const gated = tested.filter(({ planned: { gated: gates } }) => gates)
  const others = tested.filter((one) => !gated.includes(one))
  const levels = holm(
    gated.map(({ p }) => p),
    look.failAlpha,
  )
  const rates = falseDiscoveryRates(others.map(({ p }) => p))
  return tested.map((one) => {
    const held = levels[gated.indexOf(one)]
    const falseDiscoveryRate = held ? null : (rates[others.indexOf(one)] ?? 1)
    const rejected = held ? held.rejected : (falseDiscoveryRate ?? 1) <= notableRate
    return comparisonOf(one, ruler.name, look, { level: held?.level ?? notableRate, rejected, falseDiscoveryRate })
  })
}

function testOf({ planned, differences }: FoundComparison, ruler: Ruler): Tested {
  const { values } = differences
  const { accepted = 0 } = planned
  const measure = ruler.measureOf(planned.metric, planned.pairing)
  const location = values.length === 0 ? null : locate(values)
  const chance = (some: readonly number[]): number =>
    signedRankP(some.map((difference) => significant(difference - accepted - measure.noise)))
  // What fails a run must not be the rounds in which one arm alone was disturbed.
  const p = Math.max(chance(values), chance(undisturbed(values, measure.floor)))
  return { planned, differences, measure, accepted, location, p }
}

interface Held {
  readonly level: number
  readonly rejected: boolean
  readonly falseDiscoveryRate: number | null
}

function comparisonOf(tested: Tested, ruler: string, look: Look, held: Held): PairedComparison {
  const { planned, differences, measure, accepted, location, p } = tested
  const { values, base, value } = differences
  const { pairing, metric, gated } = planned
  return {
    policy: pairing.policy,
    against: pairing.against,
    metric,
    unit: pairedMetrics[metric].unit,
    gated,
    verdict: verdictOf(tested, look, held.rejected),
    rounds: values.length,
    base,
    value,
    estimate: location === null ? null : significant(location.estimate),
    interval: [finite(location?.lower(intervalAlpha)), finite(location?.upper(intervalAlpha))],
    p: significant(p),
    level: significant(held.level),
    falseDiscoveryRate: held.falseDiscoveryRate === null ? null : significant(held.falseDiscoveryRate),
    accepted,
    noise: measure.noise,
    floor: significant(measure.floor),
    margin: significant(measure.margin),
    mde: mdeOf(tested, held.level),
    ruler,
    perRound: values,
  }
}

function verdictOf({ planned, measure, accepted, location }: Tested, look: Look, rejected: boolean): PairedVerdict {
  if (location === null) return 'inconclusive'
  const { noise, floor, margin } = measure
  const below = (alpha: number): boolean => location.upper(alpha) + noise < accepted + margin
  if (rejected && location.estimate >= accepted + floor && !below(Math.min(minorAlpha, look.passAlpha)))
    return planned.gated ? 'fail' : 'notable'
  if (below(look.passAlpha)) return rejected ? 'pass-minor' : 'pass'
  return 'inconclusive'
}

/**
 * The smallest effect that these rounds would have found: where the bound at the test's level still clears the noise, and
 * the estimate the floor, and so much more that chance takes it below only once in twenty. Measured on normal noise, an
 * effect of this size is found 18 or 19 times in 20; with a tenth of outliers and 12 rounds, three times in four.
 */
function mdeOf({ location, measure, accepted, differences }: Tested, level: number): number | null {
  if (location === null || smallestP(differences.values.length) > level) return null
  const { estimate } = location
  const least = Math.max(measure.floor, measure.noise + estimate - location.lower(level))
  return finite(accepted + least + estimate - location.lower(powerAlpha))
}

function finite(value: number | undefined): number | null {
  return value === undefined || !Number.isFinite(value) ? null : significant(value)
}
