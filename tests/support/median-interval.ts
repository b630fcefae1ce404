import { binomialCdf } from '../../harness/measure/binomial.ts'

/** A median, and the order statistics around it that hold the true one with this confidence, whatever the distribution. */
export interface MedianInterval {
  readonly median: number
  readonly lo: number
  readonly hi: number
  /** What the interval really has: at least what was asked for where there are enough values. */
  readonly confidence: number
}

/** The narrowest symmetric interval of order statistics with the wanted confidence; of few values their whole range. */
export function medianInterval(values: readonly number[], wanted: number): MedianInterval {
  const sorted = values.toSorted((a, b) => a - b)
  const n = sorted.length
  const at = (index: number): number => sorted[index] ?? Number.NaN
  const confidenceOf = (cut: number): number => 1 - 2 * binomialCdf(cut, n, 0.5)
  let cut = 0
  while (cut + 1 < n / 2 && confidenceOf(cut + 1) >= wanted) cut++
  return {
    median: (at(Math.floor((n - 1) / 2)) + at(Math.ceil((n - 1) / 2))) / 2,
    lo: at(cut),
    hi: at(n - 1 - cut),
    confidence: Math.max(0, confidenceOf(cut)),
  }
}
