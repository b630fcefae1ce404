/** Times of a slice in which nothing that begins is measured, one after the other: something else had its turn there. */
export class Recess {
  readonly #measureFromNs: number
  #fromNs = Number.POSITIVE_INFINITY
  #toNs = Number.POSITIVE_INFINITY
  #pastNs = 0

  constructor(measureFromNs: number) {
    this.#measureFromNs = measureFromNs
  }

  /** One begins, whose end is not known yet (null), or ends; the one before is over by then. */
  set(fromNs: number, toNs: number | null): void {
    if (fromNs !== this.#fromNs) this.#pastNs = this.takenNs(fromNs)
    this.#fromNs = fromNs
    this.#toNs = toNs ?? Number.POSITIVE_INFINITY
  }

  /** Whether what was to begin at this moment lies in the last one. */
  has(intendedNs: number): boolean {
    return intendedNs >= this.#fromNs && intendedNs < this.#toNs
  }

  /** How much of the measured time they took until a moment. */
  takenNs(untilNs: number): number {
    const last = Math.min(untilNs, this.#toNs) - Math.max(this.#fromNs, this.#measureFromNs)
    return this.#pastNs + Math.max(0, last)
  }
}
