import { type LimitAlgorithm, type LimitRange, within } from './limit-algorithm.ts'

/** What a drop leaves of the limit. */
const backoff = 0.9

/**
 * One more with each answer while at least half of the limit is in use, nine tenths after a drop or an answer slower than
 * `slowNs` (Netflix concurrency-limits, AIMDLimit).
 */
export class AimdLimit implements LimitAlgorithm {
  limit: number
  readonly #range: LimitRange
  readonly #slowNs: number

  constructor(range: LimitRange, slowNs: number) {
    this.limit = range.initial
    this.#range = range
    this.#slowNs = slowNs
  }

  sample(tookNs: number, inFlight: number, dropped: boolean): void {
    const down = dropped || tookNs > this.#slowNs
    if (down) this.limit = within(Math.floor(this.limit * backoff), this.#range)
    else if (inFlight * 2 >= this.limit) this.limit = within(this.limit + 1, this.#range)
  }
}
