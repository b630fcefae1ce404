/**
 * The statistic of the Kolmogorov and Smirnov test of gaps against the exponential distribution of a mean, and its critical
 * value at 1 % (1.628/√n for large n; Stephens 1974, "EDF statistics for goodness of fit").
 */
export function exponentialFit(gaps: readonly number[], mean: number): { statistic: number; critical: number } {
  const n = gaps.length
  let statistic = 0
  for (const [index, gap] of gaps.toSorted((a, b) => a - b).entries()) {
    const expected = 1 - Math.exp(-gap / mean)
    statistic = Math.max(statistic, expected - index / n, (index + 1) / n - expected)
  }
  return { statistic, critical: 1.628 / Math.sqrt(n) }
}
