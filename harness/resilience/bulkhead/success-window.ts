/** The share of successes among the last outcomes. Every call costs O(1) and allocates nothing. */
export class SuccessWindow {
  readonly #outcomes: Uint8Array
  #count = 0
  #successes = 0

  /** Looks at the last `size` outcomes. */
  constructor(size: number) {
    this.#outcomes = new Uint8Array(size)
  }

  /** How many outcomes it has, `size` at most. */
  get count(): number {
    return Math.min(this.#count, this.#outcomes.length)
  }

  /** In [0, 1]; 1 where there was none yet. */
  get rate(): number {
    return this.#count === 0 ? 1 : this.#successes / this.count
  }

  record(ok: boolean): void {
    const index = this.#count++ % this.#outcomes.length
    this.#successes += Number(ok) - (this.#outcomes[index] as number)
    this.#outcomes[index] = Number(ok)
  }
}
