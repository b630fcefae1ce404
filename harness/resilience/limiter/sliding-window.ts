import type { RateAlgorithm } from './rate-algorithm.ts'

/**
 * At most so many calls in any window of a length, wherever it begins (it includes its beginning and not its end): an
 * exact log of the last ones that passed, 8 bytes each, not the approximation from two counters.
 */
export class SlidingWindow implements RateAlgorithm {
  readonly #windowNs: number
  /** When the last ones passed; a ring whose oldest entry is at `#oldest`. */
  readonly #passedNs: Float64Array
  #oldest = 0

  /** `limit` at least 1, `windowNs` above 0. */
  constructor(limit: number, windowNs: number) {
    this.#windowNs = windowNs
    this.#passedNs = new Float64Array(limit).fill(Number.NEGATIVE_INFINITY)
  }

  waitNs(ahead: number, nowNs: number): number {
    const limit = this.#passedNs.length
    const passedNs = this.#passedNs[(this.#oldest + ahead) % limit] as number
    // Those ahead pass as soon as they may, and whoever comes so many behind one of them passes a window after it.
    const firstNs = Math.max(nowNs, passedNs + this.#windowNs)
    return Math.ceil(firstNs - nowNs + Math.floor(ahead / limit) * this.#windowNs)
  }

  pass(nowNs: number): void {
    this.#passedNs[this.#oldest] = nowNs
    this.#oldest = (this.#oldest + 1) % this.#passedNs.length
  }
}
