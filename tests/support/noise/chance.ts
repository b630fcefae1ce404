import type { Rng } from '../../../harness/kernel/rng.ts'

/** Draws of the distributions that noise is made of, all from one generator. */
export class Chance {
  readonly #rng: Rng
  #spare: number | null = null

  constructor(rng: Rng) {
    this.#rng = rng
  }

  /** Uniform in [0, 1). */
  uniform(): number {
    return this.#rng.next()
  }

  /** Exponential with mean 1. */
  exponential(): number {
    return -Math.log(1 - this.#rng.next())
  }

  /** Standard normal, by Marsaglia's polar method, which has two at a time. */
  normal(): number {
    if (this.#spare !== null) {
      const kept = this.#spare
      this.#spare = null
      return kept
    }
    let [x, y, square] = [0, 0, 0]
    while (square >= 1 || square === 0) {
      x = 2 * this.#rng.next() - 1
      y = 2 * this.#rng.next() - 1
      square = x * x + y * y
    }
    const scale = Math.sqrt((-2 * Math.log(square)) / square)
    this.#spare = y * scale
    return x * scale
  }

  /** Student's t with three degrees of freedom, scaled to a standard deviation of 1: now and then very far out. */
  heavy(): number {
    const square = this.normal() ** 2 + this.normal() ** 2 + this.normal() ** 2
    return this.normal() / Math.sqrt(square)
  }

  /** Gamma with this shape >= 1 and scale 1 (Marsaglia and Tsang 2000, ACM Trans. Math. Softw. 26:363). */
  gamma(shape: number): number {
    const d = shape - 1 / 3
    const c = 1 / Math.sqrt(9 * d)
    for (;;) {
      const x = this.normal()
      const v = (1 + c * x) ** 3
      if (v > 0 && Math.log(1 - this.#rng.next()) < 0.5 * x * x + d * (1 - v + Math.log(v))) return d * v
    }
  }

  /** The k-th smallest of n uniform values, 1 <= k <= n: beta distributed. */
  uniformOrder(k: number, n: number): number {
    const below = this.gamma(k)
    return below / (below + this.gamma(n + 1 - k))
  }

  /** How many trials it takes to the first success of probability `share`: 1, 2, … */
  geometric(share: number): number {
    return share >= 1 ? 1 : 1 + Math.floor(Math.log(1 - this.#rng.next()) / Math.log(1 - share))
  }

  /** Poisson with a mean of at most some ten: counts arrivals. */
  poisson(mean: number): number {
    let count = 0
    for (let left = mean - this.exponential(); left > 0; left -= this.exponential()) count++
    return count
  }
}
