import { medianOf } from '../stats/median.ts'

/** So many rounds of a run may have been disturbed in one arm only. */
const mostDisturbed = 2

/** A round lies apart by so many standard deviations, as the median of the deviations tells them. */
const apart = 4
const perDeviation = 1.4826

/**
 * The differences without the few, two at most, that lie far above the others: by more than what is worth a failure, and by
 * more than four deviations. Something that took the machine away while one arm ran looks like that; a build that is worse
 * is worse in more rounds, and fails without these too. Source of the scale: Rousseeuw and Croux 1993, J. Am. Stat. Assoc. 88:1273.
 */
export function undisturbed(differences: readonly number[], floor: number): readonly number[] {
  const middle = medianOf(differences)
  const deviation = perDeviation * medianOf(differences.map((value) => Math.abs(value - middle)))
  const limit = middle + Math.max(floor, apart * deviation)
  const far = differences
    .filter((value) => value > limit)
    .toSorted((a, b) => b - a)
    .slice(0, mostDisturbed)
  return far.length === 0 ? differences : differences.filter((value) => !far.includes(value))
}
