import { normalQuantile } from './distributions.ts'
import { medianOfSorted } from './median.ts'

/** How fast values rise, and a two-sided interval of that; infinite where so few values have none. */
export interface Slope {
  readonly slope: number
  readonly lower: number
  readonly upper: number
}

/**
 * The median of the slopes between all pairs of points that differ in x (Theil 1950, Sen 1968, J. Am. Stat. Assoc. 63:1379),
 * which up to 29 % of outliers do not move. The interval is Sen's (2.6), corrected for ties in x and in y; it holds for
 * values that are independent of each other. 0 of less than two points.
 */
export function theilSen(xs: readonly number[], ys: readonly number[], confidence = 0.95): Slope {
  const slopes = slopesOf(xs, ys)
  const half = normalQuantile((1 + confidence) / 2) * Math.sqrt(scoreVariance(ys) - tiesOf(xs))
  const above = roundHalfEven((slopes.length + half) / 2)
  const below = roundHalfEven((slopes.length - half) / 2) - 1
  return { slope: medianOfSorted(slopes), lower: slopes[below] ?? -Infinity, upper: slopes[above] ?? Infinity }
}

function slopesOf(xs: readonly number[], ys: readonly number[]): Float64Array {
  const slopes = new Float64Array((xs.length * (xs.length - 1)) / 2)
  let count = 0
  for (let to = 1; to < xs.length; to++) {
    const [x, y] = [xs[to] as number, ys[to] as number]
    for (let from = 0; from < to; from++) {
      const run = x - (xs[from] as number)
      if (run !== 0) slopes[count++] = (y - (ys[from] as number)) / run
    }
  }
  return slopes.subarray(0, count).sort()
}

/** The variance of Kendall's S of values in random order, corrected for ties (Kendall 1975, Rank Correlation Methods, 4.9). */
export function scoreVariance(values: readonly number[]): number {
  return spread(values.length) - tiesOf(values)
}

function tiesOf(values: readonly number[]): number {
  const counts = new Map<number, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  let ties = 0
  for (const count of counts.values()) ties += spread(count)
  return ties
}

function spread(count: number): number {
  return (count * (count - 1) * (2 * count + 5)) / 18
}

/** As Python and numpy round, so that the same pairs bound the slope as in scipy. */
function roundHalfEven(value: number): number {
  const below = Math.floor(value)
  return value - below === 0.5 ? below + (below % 2) : Math.round(value)
}
