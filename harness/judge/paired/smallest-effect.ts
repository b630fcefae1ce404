import { smallestP } from '../stats/signed-rank.ts'
import type { Location } from '../stats/walsh.ts'
import type { Measure } from './ruler.ts'

/** A comparison, as far as it says what it would have found. */
export interface Sight {
  /** Where the rounds lie that a failure rests on, how many there are, and how many times less they count. */
  readonly location: Location
  readonly rounds: number
  readonly times: number
  readonly measure: Measure
  /** What p is held to. */
  readonly level: number
}

/** The chance that an effect of this size is missed. */
const missAlpha = 0.05

/**
 * Two distances that are each exact do not add up to an exact one, and what they are taken from is itself of so few rounds. With
 * this, 94 to 99 of 100 effects are found in normal noise (`tests/bench/verdicts.ts --only smallest`).
 */
const correction = 1.1

/**
 * The smallest effect that fails 19 times in 20 with rounds that differ as these do: the estimate clears the floor and the bound
 * at the test's level the noise, with so much more that chance takes either below only once in twenty; and a margin is not
 * excluded, however well it is measured. That holds where noise is normal or lies to one side; with tails as heavy as those of
 * Student's distribution with three degrees 8 and 12 rounds find it in 84 to 92 of 100 runs, 24 and 40 in 91 to 99.7. Null where so
 * few rounds can find none.
 */
export function smallestEffect({ location, rounds, times, measure, level }: Sight): number | null {
  if (smallestP(rounds) > level) return null
  const { noise, floor, margin } = measure
  const { estimate } = location
  const miss = correction * (estimate - location.lower(missAlpha))
  const surely = correction * (estimate - location.lower(level / times))
  return Math.max(floor + miss, noise + surely + miss, margin - noise)
}
