import { medianOf } from '../stats/median.ts'

/** So many rounds of a run may have been disturbed in one arm only. */
const mostDisturbed = 2

/** A round lies apart by so many standard deviations, as the median of the deviations tells them. */
const apart = 4
const perDeviation = 1.4826

/** Fewer rounds could hardly fail a run: there, those that are disturbed are not left out. */
const fewest = 10

/**
 * The differences without the few, two at most, that lie far above the others: above their median by more than is worth a
 * failure, and by more than four deviations. Where too few would be left these count as the median instead. Something that
 * took the machine away while one arm ran looks like that; a build that is worse is worse in more rounds. Source of the
 * scale: Rousseeuw and Croux 1993, J. Am. Stat. Assoc. 88:1273.
 */
export function undisturbed(differences: readonly number[], floor: number): readonly number[] {
  const middle = medianOf(differences)
  const deviation = perDeviation * medianOf(differences.map((value) => Math.abs(value - middle)))
  const limit = middle + Math.max(floor, apart * deviation)
  const far = differences
    .filter((value) => value > limit)
    .toSorted((a, b) => b - a)
    .slice(0, mostDisturbed)
  return differences.length - far.length >= fewest
    ? differences.filter((value) => !far.includes(value))
    : differences.map((value) => (far.includes(value) ? middle : value))
}
