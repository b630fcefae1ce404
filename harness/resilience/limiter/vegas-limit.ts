import type { Rng } from '../../kernel/rng.ts'
import { type LimitAlgorithm, type LimitRange, within } from './limit-algorithm.ts'

/** So many times the limit are sampled, less up to a half by chance, until the time without load is measured again. */
const probeEvery = 30

/**
 * Estimates the queue at the target from how much longer an answer takes than one without load, limit·(1 - least/took),
 * and keeps it between 3 and 6 times the decimal logarithm of the limit (Netflix concurrency-limits, VegasLimit; after TCP
 * Vegas, Brakmo and Peterson 1995).
 */
export class VegasLimit implements LimitAlgorithm {
  limit: number
  readonly #range: LimitRange
  readonly #rng: Rng
  #leastNs = 0
  #samples = 0
  #probeShare: number

  constructor(range: LimitRange, rng: Rng) {
    this.limit = range.initial
    this.#range = range
    this.#rng = rng
    this.#probeShare = this.#drawShare()
  }

  sample(tookNs: number, inFlight: number, dropped: boolean): void {
    this.#samples++
    if (this.#samples >= probeEvery * this.limit * this.#probeShare) {
      this.#samples = 0
      this.#probeShare = this.#drawShare()
      // What took long under load would else be taken for the time without.
      this.#leastNs = dropped ? 0 : tookNs
    } else if (!dropped && (this.#leastNs === 0 || tookNs < this.#leastNs)) this.#leastNs = tookNs
    else this.limit = within(this.#next(tookNs, inFlight, dropped), this.#range)
  }

  #next(tookNs: number, inFlight: number, dropped: boolean): number {
    const { limit } = this
    const step = Math.max(1, Math.floor(Math.log10(limit)))
    if (dropped) return limit - step
    if (inFlight * 2 < limit) return limit
    const queue = Math.ceil(limit * (1 - this.#leastNs / tookNs))
    if (queue <= step) return limit + 6 * step
    if (queue < 3 * step) return limit + step
    return queue > 6 * step ? limit - step : limit
  }

  #drawShare(): number {
    return 0.5 + this.#rng.next() / 2
  }
}
