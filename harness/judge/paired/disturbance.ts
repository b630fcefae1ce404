import { medianOf } from '../stats/median.ts'
import { smallestP } from '../stats/signed-rank.ts'

/** So many rounds of a run may have been disturbed in one arm only. */
const mostDisturbed = 2

/** A round lies apart by so many standard deviations, as the median of the deviations tells them. */
const apart = 4
const perDeviation = 1.4826

/** Fewer rounds could hardly fail a run: there, those that are disturbed are not left out. */
const fewest = 10

/**
 * Where rounds were set aside, what the others say counts so many times less: which ones to set aside was seen from the same
 * figures. With it, disturbed runs fail as rarely as undisturbed ones (`tests/bench/verdicts.ts --only disturbances`).
 */
const setAside = 4

/** What rounds say without those in which one arm alone seems to have been disturbed. */
export interface Undisturbed {
  readonly values: readonly number[]
  /** How many times less it counts. */
  readonly times: number
}

/**
 * The differences without the few, two at most, that lie far above the others: above their median by more than is worth a
 * failure, and by more than four deviations. Something that took the machine away while one arm ran looks like that; a build
 * that is worse is worse in more rounds. Where what is left could not fail at `level` though all of it were worse, these count
 * as the median instead, and the whole as many times less as lets it fail. The differences themselves, as they were given,
 * where none lie so far. Source of the scale:
 * Rousseeuw and Croux 1993, J. Am. Stat. Assoc. 88:1273.
 */
export function undisturbed(differences: readonly number[], floor: number, level: number): Undisturbed {
  const middle = medianOf(differences)
  const deviation = perDeviation * medianOf(differences.map((value) => Math.abs(value - middle)))
  const limit = middle + Math.max(floor, apart * deviation)
  // By their places: rounds may differ by the very same.
  const far = [...differences.entries()]
    .filter(([, value]) => value > limit)
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, mostDisturbed)
    .map(([round]) => round)
  if (far.length === 0) return { values: differences, times: 1 }
  const left = differences.length - far.length
  if (left >= fewest && setAside * smallestP(left) <= level)
    return { values: differences.filter((_, round) => !far.includes(round)), times: setAside }
  const values = differences.map((value, round) => (far.includes(round) ? middle : value))
  const times = Math.floor(level / smallestP(values.length))
  return { values, times: Math.min(setAside, Math.max(1, times)) }
}
