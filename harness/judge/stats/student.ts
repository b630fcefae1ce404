import { studentTwoSided } from './distributions.ts'

/** Two groups of values by their means, and the chance of such a difference where there is none. */
export interface StudentTest {
  readonly before: number
  readonly after: number
  /** Two-sided; 1 where the means are the same or there are not three values. */
  readonly p: number
}

/** Means that differ by no more of themselves are those of the same values. */
const roundingError = 1e-12

/**
 * Student's test of two groups, with equal variances (Student 1908, Biometrika 6:1). Deviations are divided by the number of
 * values less `lost`: 1 for an estimate of what the values were drawn from, 0 for the values at hand. At least one value in
 * each group.
 */
export function studentTest(left: readonly number[], right: readonly number[], lost: 0 | 1): StudentTest {
  const [before, after] = [mean(left), mean(right)]
  const freedom = left.length + right.length - 2
  const difference = after - before
  const rounding = roundingError * Math.max(Math.abs(before), Math.abs(after))
  if (freedom < 1 || Math.abs(difference) <= rounding) return { before, after, p: 1 }
  const pooled = (weightedVariance(left, before, lost) + weightedVariance(right, after, lost)) / freedom
  const t = difference / Math.sqrt(pooled * (1 / left.length + 1 / right.length))
  return { before, after, p: Number.isFinite(t) ? studentTwoSided(t, freedom) : 0 }
}

/** The variance of a group, times the degrees of freedom that it brings. */
function weightedVariance(values: readonly number[], around: number, lost: 0 | 1): number {
  if (values.length < 2) return 0
  const squares = values.reduce((sum, value) => sum + (value - around) ** 2, 0)
  return (squares * (values.length - 1)) / (values.length - lost)
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
