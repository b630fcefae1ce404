/** The slope of values that were taken at even distances, per distance, and whether it is surely below 0. */
export interface Trend {
  readonly slope: number
  readonly falls: boolean
}

/** One-sided 99 % of the normal distribution: a level that only wavers is called falling once in a hundred times. */
const surely = 2.326

/**
 * The median of the slopes between all pairs (Theil 1950, Sen 1968, J. Am. Stat. Assoc. 63:1379), which single outliers do
 * not move. It falls where Kendall's S says so at 99 % (Mann 1945, Econometrica 13:245; normal approximation with the
 * correction for continuity; ties make it say so less often). Fewer than six values never surely fall. 0 of less than two.
 */
export function trendOf(values: readonly number[]): Trend {
  const slopes: number[] = []
  let score = 0
  for (const [to, last] of values.entries()) {
    for (let from = 0; from < to; from++) {
      const rise = last - (values[from] as number)
      slopes.push(rise / (to - from))
      score += Math.sign(rise)
    }
  }
  const count = values.length
  const deviation = Math.sqrt((count * (count - 1) * (2 * count + 5)) / 18)
  return { slope: medianOf(slopes), falls: count >= 6 && (score + 1) / deviation < -surely }
}

/** 0 of nothing. */
export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  const high = sorted[Math.floor(middle)] ?? 0
  return Number.isInteger(middle) ? ((sorted[middle - 1] ?? 0) + high) / 2 : high
}
