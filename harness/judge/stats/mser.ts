/** Where a series becomes steady. */
export interface SteadyState {
  /** So many values at its beginning are not of it. */
  readonly cut: number
  /** The best cut is the furthest that was looked at: it may well not have become steady at all. */
  readonly atLimit: boolean
}

/**
 * Cuts off the beginning of a series where the standard error of the mean of what is left is least: MSER of the means of
 * batches (White 1997, Simulation 69:323), of five values by default as White, Cobb and Spratt (2000, WSC, 755) have it;
 * looked for in the first half. A batch that is not full, at the end, does not count.
 */
export function mser(values: readonly number[], batch = 5): SteadyState {
  const means = Array.from({ length: Math.floor(values.length / batch) }, (_, index) =>
    meanOf(values, index * batch, batch),
  )
  const furthest = Math.floor(means.length / 2)
  let [cut, least] = [0, Infinity]
  // From the end, so that mean and squares of what is left grow by one value at a time (Welford 1962, Technometrics 4:419).
  let [count, mean, squares] = [0, 0, 0]
  for (let at = means.length - 1; at >= 0; at--) {
    const value = means[at] as number
    count++
    const distance = value - mean
    mean += distance / count
    squares += distance * (value - mean)
    if (at > furthest || squares / count ** 2 > least) continue
    least = squares / count ** 2
    cut = at
  }
  return { cut: cut * batch, atLimit: cut === furthest && furthest > 0 }
}

function meanOf(values: readonly number[], from: number, count: number): number {
  let sum = 0
  for (let index = from; index < from + count; index++) sum += values[index] as number
  return sum / count
}
