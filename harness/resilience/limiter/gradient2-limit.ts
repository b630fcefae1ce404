import { type LimitAlgorithm, type LimitRange, within } from './limit-algorithm.ts'

/** Answers may take so many times as long as in the long run before the limit falls. */
const tolerance = 1.5
/** How much of a new limit is taken over. */
const smoothing = 0.2
/** So many may queue at the target, so that the limit has room to grow. */
const queueSize = 4
/** Samples of the average in the long run; the first few count alike. */
const longSamples = 600
const warmUpSamples = 10

/**
 * Follows the ratio of how long answers take in the long run to how long they take now: L becomes 0.8·L + 0.2·(L·g + 4)
 * with g = 1.5·long/now within [0.5, 1]; where now is under half of long, long forgets a twentieth. Nothing grows while
 * less than half of the limit is in use (Netflix concurrency-limits, Gradient2Limit). Each sample is a window's mean
 * (`SampleWindow`); drops show by their time only.
 */
export class Gradient2Limit implements LimitAlgorithm {
  limit: number
  readonly #range: LimitRange
  #longNs = 0
  #samples = 0

  constructor(range: LimitRange) {
    this.limit = range.initial
    this.#range = range
  }

  sample(meanNs: number, inFlight: number): void {
    // What takes no time by the clock has no ratio to anything.
    const tookNs = Math.max(1, meanNs)
    const longNs = this.#average(tookNs)
    if (longNs / tookNs > 2) this.#longNs *= 0.95
    if (inFlight < this.limit / 2) return
    const gradient = Math.max(0.5, Math.min(1, (tolerance * longNs) / tookNs))
    const wanted = this.limit * gradient + queueSize
    this.limit = within(this.limit * (1 - smoothing) + wanted * smoothing, this.#range)
  }

  #average(tookNs: number): number {
    this.#samples++
    const weight = this.#samples <= warmUpSamples ? 1 / this.#samples : 2 / (longSamples + 1)
    this.#longNs += (tookNs - this.#longNs) * weight
    return this.#longNs
  }
}
