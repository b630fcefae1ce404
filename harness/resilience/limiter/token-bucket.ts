import { gapOf } from '../gap.ts'
import type { RateAlgorithm } from './rate-algorithm.ts'

/**
 * A bucket of `burst` tokens, refilled at a rate; a call takes one. No window of length T lets more than burst + rate·T
 * pass. Kept as the time at which it will be full again, as by the generic cell rate algorithm (ITU-T I.371, virtual
 * scheduling), so that nothing adds up over time.
 */
export class TokenBucket implements RateAlgorithm {
  #perSecond: number
  #burst: number
  #intervalNs: number
  #fullNs = Number.NEGATIVE_INFINITY

  /** `perSecond` above 0, `burst` at least 1. */
  constructor(perSecond: number, burst: number) {
    this.#perSecond = perSecond
    this.#burst = burst
    this.#intervalNs = gapOf(perSecond)
  }

  get perSecond(): number {
    return this.#perSecond
  }

  waitNs(ahead: number, nowNs: number): number {
    const fullNs = Math.max(this.#fullNs, nowNs) + ahead * this.#intervalNs
    return Math.max(0, Math.ceil(fullNs - (this.#burst - 1) * this.#intervalNs - nowNs))
  }

  pass(nowNs: number): void {
    this.#fullNs = Math.max(this.#fullNs, nowNs) + this.#intervalNs
  }

  /** Changes the rate; the tokens that are missing stay missing. */
  change(perSecond: number, burst: number, nowNs: number): void {
    const missing = Math.max(0, this.#fullNs - nowNs) / this.#intervalNs
    this.#perSecond = perSecond
    this.#burst = burst
    this.#intervalNs = gapOf(perSecond)
    this.#fullNs = nowNs + missing * this.#intervalNs
  }
}
