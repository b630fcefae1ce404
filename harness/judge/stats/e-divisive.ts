/** Where a stretch of values is best cut in two, and how different the parts are. */
export interface Cut {
  /** Of the first value of the second part. */
  readonly index: number
  /** The divergence; larger is more different, and there is no scale to it. */
  readonly divergence: number
}

/**
 * The cut of values[from..to) whose two parts differ most by their energy distance: the distances between the parts,
 * less those within each, weighted by their sizes; the second part may end before the stretch does, so that a level that
 * did not last is found as well. At least two values; of equals the first. Takes time of the order of (to - from)².
 * Source: Matteson and James (2014), J. Am. Stat. Assoc. 109:334, section 2, with distances to the power of 1.
 */
export function bestCut(values: readonly number[], from: number, to: number): Cut {
  const stretch = Float64Array.from(values.slice(from, to))
  const count = stretch.length
  const within = distancesBefore(stretch)
  // Of each value to those between the cut and itself; grows by one distance as the cut moves down.
  const toCut = new Float64Array(count)
  let best: Cut = { index: from + 1, divergence: -Infinity }
  for (let cut = count - 1; cut >= 1; cut--) {
    const first = stretch[cut] as number
    for (let at = cut + 1; at < count; at++)
      toCut[at] = (toCut[at] as number) + Math.abs((stretch[at] as number) - first)
    const divergence = mostDivergent(cut, within, toCut)
    if (divergence >= best.divergence) best = { index: from + cut, divergence }
  }
  return best
}

/** Sums of the distances of all pairs among the first n values, for n from 0 to all. */
function distancesBefore(values: Float64Array): Float64Array {
  const sums = new Float64Array(values.length + 1)
  for (const [at, value] of values.entries()) {
    let sum = 0
    for (let before = 0; before < at; before++) sum += Math.abs(value - (values[before] as number))
    sums[at + 1] = (sums[at] as number) + sum
  }
  return sums
}

/** The largest divergence of the values before a cut from those after it, over all ends of the second part. */
function mostDivergent(cut: number, within: Float64Array, toCut: Float64Array): number {
  const before = within[cut] as number
  let [most, after] = [-Infinity, 0]
  for (let end = cut + 1; end <= toCut.length; end++) {
    after += toCut[end - 1] as number
    const [left, right] = [cut, end - cut]
    const between = (within[end] as number) - before - after
    const divergence =
      (2 / end) *
      (between - (left > 1 ? (right / (left - 1)) * before : 0) - (right > 1 ? (left / (right - 1)) * after : 0))
    if (divergence > most) most = divergence
  }
  return most
}
