import { binsIn, type WindowSeries } from '../measure/load-series.ts'

/** Counts what begins in the window that is open; what takes long to end is nowhere else seen in its time. */
export class WindowSeriesCounter {
  readonly #bins: number[]
  readonly #binNs: number
  #fromNs: number
  #offered = 0

  constructor(fromNs: number, windowNs: number) {
    this.#fromNs = fromNs
    this.#bins = Array.from({ length: binsIn(windowNs) }, () => 0)
    this.#binNs = windowNs / this.#bins.length
  }

  /** An operation begins, or was to begin and could not. */
  offered(): void {
    this.#offered++
  }

  /**
   * What begins before the first window is in none, and neither is what begins in the drain after the last one; while the
   * next window is only late, it is in the last bin.
   */
  attempt(nowNs: number): void {
    const bin = Math.floor((nowNs - this.#fromNs) / this.#binNs)
    const last = this.#bins.length - 1
    if (bin < 0 || bin > last + 1) return
    const place = Math.min(bin, last)
    this.#bins[place] = (this.#bins[place] ?? 0) + 1
  }

  /** Ends the window; the next one begins. */
  take(nextFromNs: number): WindowSeries {
    const taken = { offered: this.#offered, bins: [...this.#bins] }
    this.#offered = 0
    this.#bins.fill(0)
    this.#fromNs = nextFromNs
    return taken
  }
}
