/** Mean, standard deviation and lag-1 correlation of series; pairs are formed within each series only. */
export function momentsOf(series: readonly (readonly number[])[]): {
  readonly mean: number
  readonly sigma: number
  readonly lag1: number
  readonly count: number
} {
  const all = series.flat()
  const mean = all.reduce((sum, value) => sum + value, 0) / all.length
  const variance = all.reduce((sum, value) => sum + (value - mean) ** 2, 0) / all.length
  const pairs = series.flatMap((values) => values.slice(1).map((value, index) => [values[index] ?? 0, value] as const))
  const covariance = pairs.reduce((sum, [a, b]) => sum + (a - mean) * (b - mean), 0) / pairs.length
  return { mean, sigma: Math.sqrt(variance), lag1: covariance / variance, count: all.length }
}

/** The value that a share of the values does not exceed; the values are sorted by this. */
export function quantile(values: number[], share: number): number {
  values.sort((a, b) => a - b)
  return values[Math.min(values.length - 1, Math.floor(share * values.length))] ?? Number.NaN
}
