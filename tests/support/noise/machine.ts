import type { Chance } from './chance.ts'
import { driftSeconds, type NoiseKind, type NoiseLevel } from './levels.ts'

/** Noise is drawn anew so often; a slice sees the mean of what falls into it. */
const stepSeconds = 0.5

/**
 * The speed of a machine over time, the same for whoever runs on it: drift, the bursts of a neighbour, waves, a trend,
 * and noise of every half second (statistics.md B3).
 */
export class Machine {
  readonly #level: NoiseLevel
  readonly #kind: NoiseKind
  readonly #chance: Chance
  readonly #wholeSeconds: number
  readonly #phase: number
  readonly #kept = Math.exp(-stepSeconds / driftSeconds)
  #drift: number
  #burst = 0
  #busyFrom: number
  #busyTo = Number.NEGATIVE_INFINITY
  /** Seconds since the run began. */
  seconds = 0

  constructor(level: NoiseLevel, kind: NoiseKind, chance: Chance, wholeSeconds: number) {
    this.#wholeSeconds = wholeSeconds
    this.#level = level
    this.#kind = kind
    this.#chance = chance
    this.#drift = level.drift * chance.normal()
    this.#phase = chance.uniform()
    this.#busyFrom = chance.exponential() * level.quietSeconds
  }

  /** Lets time pass in which nothing is measured. */
  pass(seconds: number): void {
    this.#drifts(Math.exp(-seconds / driftSeconds))
    this.seconds += seconds
    this.#neighbour()
  }

  /**
   * The mean slow-down of the next `seconds`, the first `discardedSeconds` left out, and its variance within them. Both are
   * whole numbers of quarters of a second.
   */
  measure(seconds: number, discardedSeconds: number): { readonly mean: number; readonly variance: number } {
    let [sum, squares, weights] = [0, 0, 0]
    for (let at = 0; at < seconds; at += stepSeconds) {
      const slow = this.#step()
      const weight = Math.min(stepSeconds, Math.max(0, at + stepSeconds - discardedSeconds))
      sum += weight * slow
      squares += weight * slow * slow
      weights += weight
    }
    const mean = sum / weights
    return { mean, variance: Math.max(0, squares / weights - mean * mean) }
  }

  #step(): number {
    const { white = (chance: Chance) => chance.normal(), waveSeconds, trend = 0 } = this.#kind
    const middle = this.seconds + stepSeconds / 2
    this.#drifts(this.#kept)
    this.seconds += stepSeconds
    this.#neighbour()
    const wave =
      waveSeconds === undefined
        ? 0
        : (this.#level.burst / 2) * Math.sin(2 * Math.PI * (middle / waveSeconds + this.#phase))
    const neighbour = this.seconds <= this.#busyTo ? this.#burst : 0
    return (
      this.#drift + neighbour + wave + (trend * middle) / this.#wholeSeconds + this.#level.white * white(this.#chance)
    )
  }

  #drifts(kept: number): void {
    this.#drift = kept * this.#drift + this.#level.drift * Math.sqrt(1 - kept * kept) * this.#chance.normal()
  }

  #neighbour(): void {
    const { burst, busySeconds, quietSeconds } = this.#level
    while (this.#busyFrom < this.seconds) {
      this.#burst = burst * (this.#kind.burst?.(this.#chance) ?? 1)
      this.#busyTo = this.#busyFrom + busySeconds
      this.#busyFrom = this.#busyTo + this.#chance.exponential() * quietSeconds
    }
  }
}
