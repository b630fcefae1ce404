import { gapOf } from '../gap.ts'

/** Lets something happen so often per second at most, evenly spaced; Infinity for as often as one likes. */
export class Pace {
  readonly #gapNs: number
  #nextNs = Number.NEGATIVE_INFINITY

  constructor(perSecond: number) {
    this.#gapNs = gapOf(perSecond)
  }

  /** From when on it may happen again. */
  get nextNs(): number {
    return this.#nextNs
  }

  /** It happens now. */
  take(nowNs: number): void {
    if (this.#gapNs > 0) this.#nextNs = nowNs + this.#gapNs
  }
}
