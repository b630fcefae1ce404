import { nsPerMs } from '../../kernel/units.ts'
import type { LimitedFigures } from '../limits.ts'
import { figuresOfGroup, type JudgedWindow } from '../windows.ts'
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
  readonly #stretch = new Stretch()
  #windows: JudgedWindow[] = []

  constructor(lengthNs: number) {
    this.#lengthNs = lengthNs
  }

  /** Takes the next recorded window; null while there are too few. After one that was left out it begins anew. */
  add(window: JudgedWindow): Slid | null {
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
    return { figures: figuresOfGroup(this.#stretch), ...spanOf(fromNs, window.toNs) }
  }

  #begin(): void {
    this.#windows = []
    this.#stretch.reset()
  }
}

/** A part of the run, both ends of which are counted from its start. */
export function spanOf(fromNs: number, toNs: number): Span {
  return { fromMs: fromNs / nsPerMs, toMs: toNs / nsPerMs }
}
