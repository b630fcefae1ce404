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

/** The value at a share of the way through values in ascending order, between its neighbours in proportion (type 7 of Hyndman and Fan 1996, Am. Stat. 50:361); 0 of none. */
export function quantileOf(sorted: ArrayLike<number>, share: number): number {
  const place = share * (sorted.length - 1)
  const low = sorted[Math.floor(place)] ?? 0
  return low + (place - Math.floor(place)) * ((sorted[Math.ceil(place)] ?? low) - low)
}
