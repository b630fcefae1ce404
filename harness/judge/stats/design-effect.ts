/** What the parts of something come to: how many there are, what was hit in all of them, and how unevenly. */
export interface PartSums {
  readonly parts: number
  readonly hits: number
  readonly trials: number
  /** The sum of hits² / trials. */
  readonly squares: number
}

/** The sums of no parts at all. */
export const noParts: PartSums = { parts: 0, hits: 0, trials: 0, squares: 0 }

/** The sums with one part more; a part without trials is none. */
export function withPart(sums: PartSums, hits: number, trials: number): PartSums {
  if (trials === 0) return sums
  return {
    parts: sums.parts + 1,
    hits: sums.hits + hits,
    trials: sums.trials + trials,
    squares: sums.squares + hits ** 2 / trials,
  }
}

/**
 * By how much a share varies more from part to part than if each trial were drawn by itself: the variance of hits over the
 * binomial one, by Pearson's chi-square, and 1 at least (Kish 1965). So many times fewer trials would tell as much. 1 where
 * there is but one part, and where all trials are alike.
 */
export function designEffectOf({ parts, hits, trials, squares }: PartSums): number {
  if (parts < 2 || hits === 0 || hits === trials) return 1
  const share = hits / trials
  const chiSquare = (squares - hits * share) / (share * (1 - share))
  return Math.max(1, chiSquare / (parts - 1))
}
