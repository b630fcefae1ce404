import { significant } from '../../kernel/units.ts'
import { signedRankP } from '../stats/signed-rank.ts'
import { locate, type Location } from '../stats/walsh.ts'
import type { Differences } from './differences.ts'
import { undisturbed, type Undisturbed } from './disturbance.ts'
import { type MetricName, pairedMetrics } from './metrics.ts'
import type { Measure } from './ruler.ts'

/** One of the ways in which rounds are looked at. */
export interface View {
  readonly location: Location
  /** The same without the rounds in which one arm alone seems to have been disturbed, and what is left without them. */
  readonly calm: Location
  readonly calmly: Undisturbed
  /** What its test has of the error. */
  readonly share: number
  /** The chance of such differences, as many times as its test has less than the whole error. */
  readonly p: number
}

/** What is allowed to rounds before they count as worse. */
interface Terms {
  readonly measure: Measure
  readonly accepted: number
  /** What p is held to at first. */
  readonly level: number
}

/**
 * What a test of the middle of each round's slices has of a test's error, where a metric cuts off what lies outside; the rest is that
 * of a second test, of all slices. A build that stands still in one slice of four is worse in each round by that alone.
 */
const middleShare = 0.9

/** The least that a first test has of the error, of any of these metrics; 1 of none. */
export function leastShareOf(metrics: readonly MetricName[]): number {
  return metrics.some((metric) => pairedMetrics[metric].cut > 0) ? middleShare : 1
}

/** Looks at rounds by the middle of their slices, and by all of them where that is something else; in no way where there are none. */
export function viewsOf({ values, uncut }: Differences, terms: Terms): readonly View[] {
  if (values.length === 0) return []
  if (values.every((value, round) => value === uncut[round])) return [viewOf(values, terms, 1)]
  return [viewOf(values, terms, middleShare), viewOf(uncut, terms, 1 - middleShare)]
}

function viewOf(values: readonly number[], { measure, accepted, level }: Terms, share: number): View {
  const location = locate(values)
  const chance = (some: readonly number[]): number =>
    signedRankP(some.map((difference) => significant(difference - accepted - measure.noise)))
  // What fails a run must not be the rounds in which one arm alone was disturbed.
  const calmly = undisturbed(values, measure.floor, share * level)
  const same = calmly.values === values
  const p = same ? chance(values) : Math.max(chance(values), calmly.times * chance(calmly.values))
  return { location, calm: same ? location : locate(calmly.values), calmly, share, p: Math.min(1, p / share) }
}
