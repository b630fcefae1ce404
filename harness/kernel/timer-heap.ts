import type { Timer } from './clock.ts'

/** A timer that waits in a heap. */
export interface HeapTimer extends Timer {
  /** Absolute. */
  readonly dueNs: number
  /** Numbers the timers of one heap as they were added; of two that are due at once the lower one is the first. */
  readonly order: number
  readonly callback: () => void
}

/** Timers in a binary heap: the first is at hand, adding one or taking out any costs O(log n). */
export class TimerHeap {
  readonly #heap: Entry[] = []
  readonly #cancelled: () => void
  #added = 0

  /** `cancelled` is called after a timer was cancelled that waited. */
  constructor(cancelled: () => void) {
    this.#cancelled = cancelled
  }

  get size(): number {
    return this.#heap.length
  }

  /** The timer that is due first, and undefined when none waits. */
  get first(): HeapTimer | undefined {
    return this.#heap[0]
  }

  /** What the next timer's order will be. */
  get nextOrder(): number {
    return this.#added
  }

  /** Adds a timer; cancelling it takes it out. */
  add(dueNs: number, callback: () => void): HeapTimer {
    const entry = new Entry(this, dueNs, this.#added++, callback)
    this.#rise(entry, this.#heap.length)
    return entry
  }

  /** Takes the first timer out. */
  takeFirst(): HeapTimer | undefined {
    const first = this.#heap[0]
    if (first) this.#remove(first)
    return first
  }

  /** Takes a timer out; nothing happens when it does not wait any more. */
  cancel(entry: Entry): void {
    if (entry.place < 0) return
    this.#remove(entry)
    this.#cancelled()
  }

  #remove(entry: Entry): void {
    const { place } = entry
    const last = this.#heap.pop() as Entry
    entry.place = -1
    if (last === entry) return
    const parent = this.#heap[(place - 1) >> 1]
    if (place > 0 && parent && isBefore(last, parent)) this.#rise(last, place)
    else this.#sink(last, place)
  }

  /** Puts an entry at a place or above it. */
  #rise(entry: Entry, from: number): void {
    let place = from
    while (place > 0) {
      const above = (place - 1) >> 1
      const parent = this.#heap[above] as Entry
      if (!isBefore(entry, parent)) break
      this.#put(parent, place)
      place = above
    }
    this.#put(entry, place)
  }

  /** Puts an entry at a place or below it. */
  #sink(entry: Entry, from: number): void {
    let place = from
    for (;;) {
      let below = 2 * place + 1
      const left = this.#heap[below]
      const right = this.#heap[below + 1]
      if (!left) break
      const child = right && isBefore(right, left) ? right : left
      if (child === right) below++
      if (!isBefore(child, entry)) break
      this.#put(child, place)
      place = below
    }
    this.#put(entry, place)
  }

  #put(entry: Entry, place: number): void {
    this.#heap[place] = entry
    entry.place = place
  }
}

class Entry implements HeapTimer {
  readonly dueNs: number
  readonly order: number
  readonly callback: () => void
  readonly #heap: TimerHeap
  /** Index in the heap; -1 when it does not wait. */
  place = -1

  constructor(heap: TimerHeap, dueNs: number, order: number, callback: () => void) {
    this.#heap = heap
    this.dueNs = dueNs
    this.order = order
    this.callback = callback
  }

  cancel(): void {
    this.#heap.cancel(this)
  }
}

function isBefore(a: HeapTimer, b: HeapTimer): boolean {
  return a.dueNs < b.dueNs || (a.dueNs === b.dueNs && a.order < b.order)
}
