import type { FailureBreach, FailureSamples } from '../../measure/failure-budget.ts'

/** When a share of failures is too high. */
export interface FailureBudgetSettings {
  /** The share that may fail; more than that breaks the budget. */
  readonly threshold: number
  /** How far back samples count. */
  readonly windowNs: number
  /** With fewer samples in the window nothing is said. */
  readonly minSamples: number
}

/** The window is counted in so many parts at least, none of them longer than a second. */
const fewestParts = 10

function partsOf(windowNs: number): number {
  return Math.max(fewestParts, Math.ceil(windowNs / 1e9))
}

/** How long a part of the window is: what falls into the same one leaves the window together. */
export function budgetPartNs(windowNs: number): number {
  return windowNs / partsOf(windowNs)
}

/**
 * A budget of failures over a sliding window: it breaks when at least `minSamples` are in the window and more than
 * `threshold` of them have failed, strictly. It breaks once, and goes on counting. Each call costs the same, whatever the
 * window holds: the window is a ring of counts, one per part, of which the oldest leaves as a whole. So what is older than
 * the window never counts, and what is younger than it by a part always does.
 */
export class FailureBudget {
  readonly #settings: FailureBudgetSettings
  readonly #onBreach: (breach: FailureBreach) => void
  readonly #partNs: number
  readonly #ok: number[]
  readonly #failed: number[]
  /** The part that is being counted, from the origin of the clock. */
  #part = Number.NEGATIVE_INFINITY
  #samples = 0
  #failures = 0
  #worst: FailureSamples | null = null
  #breach: FailureBreach | null = null

  /**
   * `onBreach` is called once; what it throws is the caller's of `record`, after all has been counted. Throws a RangeError
   * for settings out of bounds.
   */
  constructor(settings: FailureBudgetSettings, onBreach: (breach: FailureBreach) => void = () => {}) {
    const { threshold, windowNs, minSamples } = settings
    if (!(threshold >= 0 && threshold <= 1)) throw new RangeError(`a threshold of ${threshold}, allowed: 0 to 1`)
    if (!(windowNs >= 1)) throw new RangeError(`a window of ${windowNs} ns, allowed: 1 or more`)
    if (!(minSamples >= 1)) throw new RangeError(`${minSamples} samples, allowed: 1 or more`)
    this.#settings = settings
    this.#onBreach = onBreach
    this.#partNs = budgetPartNs(windowNs)
    const length = partsOf(windowNs)
    this.#ok = Array.from({ length }, () => 0)
    this.#failed = Array.from({ length }, () => 0)
  }

  /** How it broke; null while it holds. */
  get breach(): FailureBreach | null {
    return this.#breach
  }

  /** The window with the highest share so far, of those with enough samples; null where there was none. */
  get worst(): FailureSamples | null {
    return this.#worst
  }

  /** Counts what has ended by now, one or many at once. A moment before the last one counts as that. */
  record(ok: number, failed: number, nowNs: number): void {
    const at = this.#moveTo(nowNs)
    this.#ok[at] = (this.#ok[at] ?? 0) + ok
    this.#failed[at] = (this.#failed[at] ?? 0) + failed
    this.#samples += ok + failed
    this.#failures += failed
    const window = this.#window()
    if (window.samples < this.#settings.minSamples) return
    if (window.rate > (this.#worst?.rate ?? -1)) this.#worst = window
    if (this.#breach || window.rate <= this.#settings.threshold) return
    this.#breach = { ...window, atNs: nowNs }
    this.#onBreach(this.#breach)
  }

  /** What the window holds at a moment. */
  read(nowNs: number): FailureSamples {
    this.#moveTo(nowNs)
    return this.#window()
  }

  #window(): FailureSamples {
    const samples = this.#samples
    return { samples, failures: this.#failures, rate: samples === 0 ? 0 : this.#failures / samples }
  }

  /** Lets what is too old leave the window; returns the place of the part that runs. */
  #moveTo(nowNs: number): number {
    const length = this.#ok.length
    const part = Math.max(this.#part, Math.floor(nowNs / this.#partNs))
    const steps = Math.min(length, part - this.#part)
    for (let step = 0; step < steps; step++) {
      const at = (part - step) % length
      this.#samples -= (this.#ok[at] ?? 0) + (this.#failed[at] ?? 0)
      this.#failures -= this.#failed[at] ?? 0
      this.#ok[at] = 0
      this.#failed[at] = 0
    }
    this.#part = part
    return part % length
  }
}
