/**
 * Wilcoxon's signed-rank statistic of differences (Wilcoxon 1945, Biometrics Bulletin 1:80): the sum of the ranks of the
 * positive ones. Equal sizes share the mean of their ranks, zeros take ranks and leave them unused (Pratt 1959, J. Am.
 * Stat. Assoc. 54:655). Ranks are kept doubled, so that shared ones are whole numbers too.
 */
interface SignedRanks {
  readonly doubledRanks: readonly number[]
  readonly doubledSum: number
}

function ranksOf(differences: readonly number[]): SignedRanks {
  const sizes = differences.map(Math.abs)
  const sorted = sizes.toSorted((a, b) => a - b)
  const doubledRank = (size: number): number => sorted.indexOf(size) + sorted.lastIndexOf(size) + 2
  const used = differences.filter((difference) => difference !== 0)
  return {
    doubledRanks: used.map((difference) => doubledRank(Math.abs(difference))),
    doubledSum: used
      .filter((difference) => difference > 0)
      .reduce((sum, difference) => sum + doubledRank(difference), 0),
  }
}

/**
 * How probable each sum of the positive ranks is when a coin is thrown for every sign, counting the ranks in one after the
 * other. Exact for up to 53 ranks, since only halves are added up, and to 1e-14 of itself beyond.
 */
function chancesOf(ranks: readonly number[]): Float64Array {
  const chances = new Float64Array(ranks.reduce((sum, rank) => sum + rank, 0) + 1)
  chances[0] = 1
  let reached = 0
  for (const rank of ranks) {
    reached += rank
    for (let sum = reached; sum >= 0; sum--)
      chances[sum] = ((chances[sum] ?? 0) + (sum < rank ? 0 : (chances[sum - rank] ?? 0))) / 2
  }
  return chances
}

/**
 * Exact one-sided p-value: how probable differences are that are symmetric about 0 and lie as far or further above it.
 * 1 of none. Never below 2^-n.
 */
export function signedRankP(differences: readonly number[]): number {
  const { doubledRanks, doubledSum } = ranksOf(differences)
  // Where no two share a rank, which is nearly always, half of the sums are enough.
  const step = doubledRanks.every((rank) => rank % 2 === 0) ? 2 : 1
  return tail(chancesOf(doubledRanks.map((rank) => rank / step)), doubledSum / step)
}

function tail(chances: Float64Array, from: number): number {
  let sum = 0
  for (let index = chances.length - 1; index >= from; index--) sum += chances[index] ?? 0
  return sum
}

/**
 * Which of the n(n+1)/2 sorted averages of pairs bounds the median of a symmetric distribution from below with an error of
 * at most `alpha`: the largest k with P(W+ <= k - 1) <= alpha; 0 where there is none.
 * Source: Hollander, Wolfe, Chicken, Nonparametric Statistical Methods (2014), 3.3.
 */
export function boundIndices(count: number): (alpha: number) => number {
  const chances = chancesOf(Array.from({ length: count }, (_, index) => index + 1))
  return (alpha) => {
    let sum = 0
    for (let k = 0; k < chances.length; k++) {
      sum += chances[k] ?? 0
      if (sum > alpha) return k
    }
    return chances.length
  }
}

/** The smallest p that so many differences can come to. */
export function smallestP(count: number): number {
  return 2 ** -count
}
