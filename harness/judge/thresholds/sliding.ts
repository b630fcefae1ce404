import { nsPerMs } from '../../kernel/units.ts'
import type { WindowMeasurement } from '../../measure/measurements.ts'
import type { LimitedFigures } from '../limits.ts'
import { figuresOfGroup } from '../windows.ts'
import { Stretch } from './stretch.ts'

/** A part of the run, from its start. */
export interface Span {
  readonly fromMs: number
  readonly toMs: number
}

/** A part of the run that is as long as was asked for, and what it came to. */
export interface Slid extends Span {
  /** To be read before the next window. */
  readonly figures: LimitedFigures
}

/**
 * A window of a length that moves on by one recorded window at a time: as few of them as are together that long, one after
 * the other without a gap.
 */
export class SlidingWindow {
  readonly #lengthNs: number
  readonly #originNs: number
  readonly #stretch = new Stretch()
  #windows: WindowMeasurement[] = []

  constructor(lengthNs: number, originNs: number) {
    this.#lengthNs = lengthNs
    this.#originNs = originNs
  }

  /** Takes the next recorded window; null while there are too few. After one that was left out it begins anew. */
  add(window: WindowMeasurement): Slid | null {
    const last = this.#windows.at(-1)
    if (last && (last.slice !== window.slice || last.index + 1 !== window.index)) this.#begin()
    this.#windows.push(window)
    this.#stretch.add(window)
    for (let [oldest, next] = this.#windows; oldest && next; [oldest, next] = this.#windows) {
      if (window.toNs - next.fromNs < this.#lengthNs) break
      this.#stretch.subtract(oldest)
      this.#windows.shift()
    }
    const fromNs = this.#windows[0]?.fromNs ?? window.fromNs
    if (window.toNs - fromNs < this.#lengthNs) return null
    return { figures: figuresOfGroup(this.#stretch), ...spanOf(fromNs, window.toNs, this.#originNs) }
  }

  #begin(): void {
    this.#windows = []
    this.#stretch.reset()
  }
}

/** Moments of the clock as times from the start of the run. */
export function spanOf(fromNs: number, toNs: number, originNs: number): Span {
  return { fromMs: (fromNs - originNs) / nsPerMs, toMs: (toNs - originNs) / nsPerMs }
}
