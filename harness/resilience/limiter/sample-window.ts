import { nsPerSecond } from '../../kernel/units.ts'
import type { LimitAlgorithm } from './limit-algorithm.ts'

const windowNs = nsPerSecond
const leastSamples = 10

/**
 * Gathers ends into windows of a second, of ten ends at least, and hands on one sample of each: the mean time, the most in
 * flight, dropped when one was (Netflix concurrency-limits, WindowedLimit).
 */
export class SampleWindow {
  #tookNs = 0
  #inFlight = 0
  #dropped = false
  #count = 0
  #untilNs = Number.NEGATIVE_INFINITY
  readonly #algorithm: LimitAlgorithm

  constructor(algorithm: LimitAlgorithm) {
    this.#algorithm = algorithm
  }

  /** True when the algorithm was handed a sample. */
  add(tookNs: number, inFlight: number, dropped: boolean, nowNs: number): boolean {
    if (this.#count === 0 && nowNs >= this.#untilNs) this.#untilNs = nowNs + windowNs
    this.#count++
    this.#tookNs += (tookNs - this.#tookNs) / this.#count
    this.#inFlight = Math.max(this.#inFlight, inFlight)
    this.#dropped ||= dropped
    if (nowNs < this.#untilNs || this.#count < leastSamples) return false
    this.#algorithm.sample(this.#tookNs, this.#inFlight, this.#dropped)
    this.#count = 0
    this.#tookNs = 0
    this.#inFlight = 0
    this.#dropped = false
    this.#untilNs = nowNs + windowNs
    return true
  }
}
