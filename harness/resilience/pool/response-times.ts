import { createHistogram, type LatencyHistogram } from '../../measure/histogram.ts'
import { nsPerMs } from '../../kernel/units.ts'

/** Response times in constant memory. Those over an hour count as an hour. */
export class ResponseTimes {
  readonly #histogram: LatencyHistogram = createHistogram()
  #sumMs = 0
  #closed = false

  record(ns: number): void {
    if (this.#closed) return
    this.#histogram.record(ns / 1000)
    this.#sumMs += ns / nsPerMs
  }

  get count(): number {
    return this.#closed ? 0 : this.#histogram.count
  }

  /** The mean in ms, exact; 0 where there are none. */
  get meanMs(): number {
    return this.count === 0 ? 0 : this.#sumMs / this.count
  }

  /**
   * The percentile `p`, from 0 to 1, in ms: of n values in order that at place p (n - 1), between two by linear
   * interpolation; up to 0 the least, from 1 on the largest, and 0 where there are none. Values are rounded to µs and kept
   * with three significant digits, so that it is within 0.1 % (and half a µs) of what the values themselves would give.
   */
  percentileMs(p: number): number {
    const { count } = this
    if (count === 0) return 0
    const place = Math.min(1, Math.max(0, p)) * (count - 1)
    const below = Math.floor(place)
    const lower = this.#valueMs(below)
    return place === below ? lower : lower + (this.#valueMs(below + 1) - lower) * (place - below)
  }

  /** Frees the memory, of which no garbage collector knows; there are no values from then on. */
  close(): void {
    if (!this.#closed) this.#histogram.destroy()
    this.#closed = true
  }

  /** The value with so many before it. */
  #valueMs(before: number): number {
    return this.#histogram.percentileMs((100 * (before + 1)) / this.count) ?? 0
  }
}
