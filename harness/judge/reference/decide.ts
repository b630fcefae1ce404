import { significant } from '../../kernel/units.ts'
import type { GateCalibration } from '../calibration/ruler.ts'
import { passAlpha, runAlpha } from '../paired/looks.ts'
import { studentCdf, studentQuantile } from '../stats/distributions.ts'
import { medianOf } from '../stats/median.ts'
import { falseDiscoveryRates, holm } from '../stats/multiplicity.ts'
import { nameOf, onlyInReferences, whyNotCompared } from './counterparts.ts'
import { type Estimand, estimandKey, type EstimandMeasure, estimandMeasure, familyOf } from './estimand.ts'
import { calibratedSpread, historySpread, leastHistory, type Spread } from './spread.ts'

/** A run, and the former ones that it is held against. */
export interface ReferenceCase {
  readonly own: readonly Estimand[]
  readonly references: readonly (readonly Estimand[])[]
  /** What a few references are held to; null where it was not calibrated. */
  readonly calibration: GateCalibration
  readonly sameHost: boolean
  /** Why nothing of it decides, such as that the run was void; null where it does. */
  readonly advisory: string | null
}

/** A figure of a run against the median of the same in former runs. Effects are oriented so that positive is worse. */
export interface ReferenceComparison extends Omit<Estimand, 'error' | 'rounds' | 'alone'> {
  /** The median of the references' values, and of how many. */
  readonly reference: number
  readonly references: number
  /** By how much the run is worse, and the standard error of that; null where nobody knows. */
  readonly estimate: number
  /** By how much the arm is worse by itself than the median of them; absent where nothing rests on it. */
  readonly alone?: number
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

/** What a run came to beside former ones. */
export interface ReferenceAnswer {
  /** `undecided` where nothing could fail it. */
  readonly verdict: 'pass' | 'fail' | 'inconclusive' | 'undecided'
  /** Why nothing was decided; null where something was. */
  readonly why: string | null
  readonly comparisons: readonly ReferenceComparison[]
  /** What has no counterpart, and why. */
  readonly notCompared: readonly { readonly what: string; readonly why: string }[]
}

/** Of those that fail nothing, so many that are told may be chance. */
const notableRate = 0.05
/** A failure turns into a minor pass only where a whole margin is excluded this surely. */
const minorAlpha = 0.01
const intervalAlpha = 0.025
/** So much of what an arm is worse by for its baseline has to be its own: the rest is that the baseline became better. */
const ownShare = 0.5

/** A figure with its counterparts, before it is judged. */
interface Tested {
  readonly own: Estimand
  readonly references: readonly Estimand[]
  readonly reference: number
  readonly estimate: number
  readonly alone: number | null
  readonly spread: Spread | null
  readonly p: number | null
  readonly advisory: string | null
  readonly inFamily: boolean
}

/**
 * Holds a run against former ones: each figure against the median of theirs, by Student's test, one-sided. Of the family
 * together a healthy run fails once in a hundred (Holm). The values are rounded as a result has them, so that the archived
 * ones come to the same.
 */
export function decideReference(run: ReferenceCase): ReferenceAnswer {
  const { own, references } = run
  const keyed = references.map((one) => new Map(one.map((estimand) => [estimandKey(estimand), estimand])))
  const family = familyOf(own)
  const tested: Tested[] = []
  const notCompared: { what: string; why: string }[] = []
  for (const estimand of own) {
    const there = keyed.flatMap((of) => of.get(estimandKey(estimand)) ?? [])
    const alike = there.filter(({ tainted }) => tainted.join() === estimand.tainted.join())
    const why = whyNotCompared(estimand, there.length, alike.length, run.sameHost)
    if (why === null) tested.push(testOf(run, estimand, alike, family.includes(estimand)))
    else notCompared.push({ what: nameOf(estimand), why })
  }
  const comparisons = judged(tested)
  return {
    ...answerOf(comparisons, run),
    comparisons,
    notCompared: [...notCompared, ...onlyInReferences(own, references)],
  }
}

function testOf(run: ReferenceCase, own: Estimand, references: readonly Estimand[], inFamily: boolean): Tested {
  const reference = significant(medianOf(references.map(({ value }) => value)))
  const estimate = significant(own.value - reference)
  const spread = rounded(historySpread(own, references) ?? calibratedSpread(own, references, run.calibration))
  const few = `uncalibrated, and ${references.length} of ${leastHistory} results that tell what is chance`
  return {
    own,
    references,
    reference,
    estimate,
    alone: aloneOf(own, references),
    spread,
    p: spread === null ? null : chanceOf(estimate, spread),
    advisory: run.advisory ?? (run.sameHost ? (spread === null ? few : null) : 'measured on different hosts'),
    inFamily,
  }
}

function aloneOf(own: Estimand, references: readonly Estimand[]): number | null {
  const known = references.flatMap(({ alone }) => alone ?? [])
  return own.alone === undefined || known.length === 0 ? null : significant(own.alone - medianOf(known))
}

function rounded(spread: Spread | null): Spread | null {
  return spread && { ...spread, error: significant(spread.error), freedom: significant(spread.freedom) }
}

/** Of results that are all the same any change is sure; the floor says whether it matters. */
function chanceOf(estimate: number, { error, freedom }: Spread): number {
  if (error === 0) return estimate > 0 ? 0 : 1
  return significant(studentCdf(-estimate / error, freedom))
}

function judged(tested: readonly Tested[]): readonly ReferenceComparison[] {
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
    ...(alone !== null && { alone }),
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
    return gated && (alone === null || alone >= Math.max(floor, ownShare * estimate)) ? 'fail' : 'notable'
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

function answerOf(
  comparisons: readonly ReferenceComparison[],
  run: ReferenceCase,
): Pick<ReferenceAnswer, 'verdict' | 'why'> {
  const verdicts = comparisons.filter(({ gated }) => gated).map(({ verdict }) => verdict)
  if (verdicts.length === 0) return { verdict: 'undecided', why: whyUndecided(comparisons, run) }
  if (verdicts.includes('fail')) return { verdict: 'fail', why: null }
  return { verdict: verdicts.includes('inconclusive') ? 'inconclusive' : 'pass', why: null }
}

function whyUndecided(
  comparisons: readonly ReferenceComparison[],
  { advisory, own, references }: ReferenceCase,
): string {
  if (advisory !== null) return advisory
  const [why] = comparisons.flatMap((one) => one.advisory ?? [])
  if (why !== undefined) return why
  if (own.length === 0) return 'the run has no figure that runs are compared by'
  return references.length === 0 ? 'there is nothing to compare with' : 'they have no figure in common'
}
