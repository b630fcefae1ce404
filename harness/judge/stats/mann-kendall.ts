import { normalCdf } from './distributions.ts'
import { scoreVariance, theilSen } from './theil-sen.ts'

/** Whether values that were taken one after the other tend to rise. */
export interface Tendency {
  /** Kendall's S in standard deviations, brought nearer to 0 by one for continuity; below 0 where they fall. */
  readonly z: number
  /** How probable so much of a rise is in values that neither rise nor fall, one-sided. */
  readonly p: number
}

/** The test of Mann (1945, Econometrica 13:245) for values that are independent of each other, corrected for ties. */
export function mannKendall(values: readonly number[]): Tendency {
  return tendencyOf(values, scoreVariance(values))
}

/**
 * The same for values that go with those before them: the variance is that of Hamed and Rao (1998, J. Hydrol. 204:182),
 * from the autocorrelations of the ranks of what a line leaves over, of those that are beyond chance at 95 %; never less
 * than that of independent values.
 */
export function correctedMannKendall(values: readonly number[]): Tendency {
  return tendencyOf(values, scoreVariance(values) * Math.max(1, inflationOf(values)))
}

function tendencyOf(values: readonly number[], variance: number): Tendency {
  let score = 0
  for (const [to, last] of values.entries())
    for (let from = 0; from < to; from++) score += Math.sign(last - (values[from] as number))
  const z = variance > 0 ? (score - Math.sign(score)) / Math.sqrt(variance) : 0
  return { z, p: normalCdf(-z) }
}

function inflationOf(values: readonly number[]): number {
  const count = values.length
  const places = values.map((_, index) => index)
  const { slope } = theilSen(places, values)
  const ranks = ranksOf(values.map((value, index) => value - slope * index))
  const beyondChance = 1.96 / Math.sqrt(count)
  let sum = 0
  for (let lag = 1; lag < count - 2; lag++) {
    const correlation = autocorrelation(ranks, lag)
    if (Math.abs(correlation) <= beyondChance) continue
    sum += (count - lag) * (count - lag - 1) * (count - lag - 2) * correlation
  }
  return 1 + (2 / (count * (count - 1) * (count - 2))) * sum
}

/** From 1; equal values share the mean of theirs. */
function ranksOf(values: readonly number[]): readonly number[] {
  const sorted = values.toSorted((a, b) => a - b)
  return values.map((value) => (sorted.indexOf(value) + sorted.lastIndexOf(value)) / 2 + 1)
}

/** How much values go with those `lag` places before them, in [-1, 1]; 0 of values that are all the same. */
export function autocorrelation(values: readonly number[], lag: number): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  let [together, alone] = [0, 0]
  for (const [index, value] of values.entries()) {
    alone += (value - mean) ** 2
    if (index >= lag) together += (value - mean) * ((values[index - lag] as number) - mean)
  }
  return alone > 0 ? together / alone : 0
}
