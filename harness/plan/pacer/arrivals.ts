import type { Rng } from '../../kernel/rng.ts'
import type { Curve } from '../../workload/model.ts'
import { areaUntil, timeOfArea } from './curve.ts'
import { drawExponential } from './exponential.ts'
import { dealtTo, type Part } from './shard.ts'

/** When the arrivals of one part of a load are due. */
export interface Arrivals {
  /** The next one, in whole ns from the beginning, never before the last; Infinity when there is none any more. */
  next(): number
}

export interface ArrivalOptions {
  /** Arrivals per second over all parts. */
  readonly perSecond: Curve
  readonly arrival: 'constant' | 'poisson'
  /** The same for all parts, and drawn from by this schedule only. */
  readonly rng: Rng
  /** Part i of N takes the arrivals with number mod N = i: together the parts give exactly what one would give. */
  readonly shard: Part
}

/**
 * The schedule of an open load. Arrival n is due when the area under the curve reaches x(n): n for evenly spaced ones, the sum
 * of n + 1 exponential gaps of mean 1 for a Poisson process. A Poisson process of rate 1 whose time is changed by the inverse
 * of the area is one of the curve's rate (Çinlar 1975, "Introduction to Stochastic Processes", 4.7; Devroye 1986, VI.1.3).
 */
export function createArrivals({ perSecond, arrival, rng, shard }: ArrivalOptions): Arrivals {
  return arrival === 'constant' ? evenArrivals(perSecond, shard) : poissonArrivals(perSecond, rng, shard)
}

/** Each time comes from the arrival's number alone, so that nothing adds up to a drift. */
function evenArrivals(perSecond: Curve, { index, count }: Part): Arrivals {
  let number = index
  return {
    next() {
      const dueNs = timeOfArea(perSecond, number)
      number += count
      return dueNs
    },
  }
}

/**
 * Every part draws the gaps of all parts. They are added with what each addition loses kept aside (Neumaier 1974), so that the
 * sum is that of the gaps to one rounding, however many there are: after 10^9 arrivals 1e-7 of a mean gap, where a plain sum
 * would have wandered off by some 1e-3.
 */
function poissonArrivals(perSecond: Curve, rng: Rng, { index, count }: Part): Arrivals {
  let sum = 0
  let lost = 0
  let lastNs = 0
  const skip = (gaps: number): void => {
    for (let left = gaps; left > 0; left--) {
      const gap = drawExponential(rng)
      const next = sum + gap
      lost += sum >= gap ? sum - next + gap : gap - next + sum
      sum = next
    }
  }
  skip(index)
  return {
    next() {
      if (lastNs === Number.POSITIVE_INFINITY) return lastNs
      skip(1)
      // Rounding must not turn two arrivals around.
      lastNs = Math.max(lastNs, timeOfArea(perSecond, sum + lost))
      skip(count - 1)
      return lastNs
    },
  }
}

/** How many evenly spaced arrivals a part has before a time: exactly those for which `createArrivals` says so. */
export function countUntil(perSecond: Curve, elapsedNs: number, shard: Part): number {
  let total = Math.ceil(areaUntil(perSecond, elapsedNs))
  // The times are rounded to whole ns, which may move one across the end.
  while (timeOfArea(perSecond, total) < elapsedNs) total++
  while (total > 0 && timeOfArea(perSecond, total - 1) >= elapsedNs) total--
  return dealtTo(total, shard)
}

/** How long to wait before the next arrival, in ns, when so many have been issued: 0 when it is late, Infinity for never. */
export type Pacer = (elapsedNs: number, issued: number) => number

/** The pacer of a part's evenly spaced arrivals: a pure function, whose answers do not depend on how late it was asked before. */
export function createPacer(perSecond: Curve, { index, count }: Part): Pacer {
  return (elapsedNs, issued) => Math.max(0, timeOfArea(perSecond, index + issued * count) - elapsedNs)
}
