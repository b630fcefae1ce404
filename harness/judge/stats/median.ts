/** The median of values in ascending order; 0 of none. */
export function medianOfSorted(sorted: ArrayLike<number>): number {
  const middle = sorted.length / 2
  const high = sorted[Math.floor(middle)] ?? 0
  return Number.isInteger(middle) ? ((sorted[middle - 1] ?? 0) + high) / 2 : high
}

/** The median of values in any order; 0 of none. */
export function medianOf(values: readonly number[]): number {
  return medianOfSorted(values.toSorted((a, b) => a - b))
}

/** A value that counts so much. */
export interface Weighted {
  readonly value: number
  readonly weight: number
}

/**
 * The mean of what is left when so much of the weight, less than half of it, is cut off at either end of the values in their order, one that
 * lies across a cut counting with what it has inside (the trimmed mean of Tukey and McLaughlin 1963, Sankhya A 25:331); 0 of none.
 */
export function trimmedMeanOf(values: readonly Weighted[], cut: number): number {
  const sorted = values.toSorted((a, b) => a.value - b.value)
  const whole = sorted.reduce((sum, { weight }) => sum + weight, 0)
  const [low, high] = [cut * whole, (1 - cut) * whole]
  let [sum, below] = [0, 0]
  for (const { value, weight } of sorted) {
    sum += value * Math.max(0, Math.min(high, below + weight) - Math.max(low, below))
    below += weight
  }
  return sorted.length === 0 ? 0 : sum / (high - low)
}

/** The value at a share of the way through values in ascending order, between its neighbours in proportion (type 7 of Hyndman and Fan 1996, Am. Stat. 50:361); 0 of none. */
export function quantileOf(sorted: ArrayLike<number>, share: number): number {
  const place = share * (sorted.length - 1)
  const low = sorted[Math.floor(place)] ?? 0
  return low + (place - Math.floor(place)) * ((sorted[Math.ceil(place)] ?? low) - low)
}
