import { rising } from './isotonic.ts'

/** One point of a curve. */
export interface CurvePoint {
  readonly x: number
  readonly y: number
}

/** Below how many points a curve has no shape. */
const leastPoints = 5

/**
 * Where a curve that rises and bends down has its knee: Kneedle (Satopää, Albrecht, Irwin, Raghavan 2011, ICDCSW), offline,
 * with sensitivity S = 1, on the curve made to rise. Null where it has none, such as a straight line, or a curve that
 * ends before it has bent far enough. Points are in ascending order of x, which is distinct.
 */
export function kneeOf(points: readonly CurvePoint[]): number | null {
  const xs = normalised(points.map(({ x }) => x))
  const ys = normalised(rising(points.map(({ y }) => y)))
  if (points.length < leastPoints || !xs || !ys) return null
  const above = ys.map((y, index) => y - (xs[index] as number))
  // The mean distance of neighbours, which is that of even ones, as all lie in [0, 1].
  const gap = 1 / (above.length - 1)
  let knee: number | null = null
  let limit = Number.NEGATIVE_INFINITY
  for (const [index, height] of above.entries()) {
    const before = above[index - 1] ?? Number.POSITIVE_INFINITY
    const after = above[index + 1] ?? Number.NEGATIVE_INFINITY
    if (height > before && height >= after) {
      knee = points[index]?.x ?? null
      limit = height - gap
    } else if (height < limit) {
      return knee
    } else if (height <= before && height < after) {
      // It goes up again: then only what falls below the straight line makes the last top a knee.
      limit = Math.min(limit, 0)
    }
  }
  return null
}

/** To [0, 1]; null where all are the same. */
function normalised(values: readonly number[]): readonly number[] | null {
  const [low, high] = [Math.min(...values), Math.max(...values)]
  return high > low ? values.map((value) => (value - low) / (high - low)) : null
}
