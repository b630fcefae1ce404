import { medianOfSorted } from './median.ts'
import { boundIndices } from './signed-rank.ts'

/** Where the middle of a symmetric distribution lies, as its values tell. */
export interface Location {
  /** The median of the averages of all pairs, each value with itself included (Hodges and Lehmann 1963, Ann. Math. Stat. 34:598). */
  readonly estimate: number
  /** One-sided lower bound with an error of at most `alpha`; -Infinity where so few values have none. */
  lower(alpha: number): number
  /** One-sided upper bound with an error of at most `alpha`; Infinity where so few values have none. */
  upper(alpha: number): number
}

/** Locates the values by their averages of pairs (Walsh 1949, Ann. Math. Stat. 20:64). At least one value. */
export function locate(values: readonly number[]): Location {
  const averages = new Float64Array((values.length * (values.length + 1)) / 2)
  let index = 0
  for (const [at, value] of values.entries())
    for (let before = 0; before <= at; before++) averages[index++] = (value + (values[before] as number)) / 2
  averages.sort()
  const indexAt = boundIndices(values.length)
  return {
    estimate: medianOfSorted(averages),
    lower: (alpha) => averages[indexAt(alpha) - 1] ?? -Infinity,
    upper: (alpha) => averages[averages.length - indexAt(alpha)] ?? Infinity,
  }
}
