import type { PoolSlot } from './lease.ts'

/** The idle slots of a pool, by when they were used. Every call costs O(1) and allocates nothing. */
export class IdleSlots<Resource, Cause> {
  #oldest: PoolSlot<Resource, Cause> | null = null
  #newest: PoolSlot<Resource, Cause> | null = null
  #length = 0

  get length(): number {
    return this.#length
  }

  /** The one used last, or the one not used for longest; null where none is idle. */
  pick(order: 'lifo' | 'fifo'): PoolSlot<Resource, Cause> | null {
    return order === 'lifo' ? this.#newest : this.#oldest
  }

  /** Puts one in that was used just now. */
  add(slot: PoolSlot<Resource, Cause>): void {
    slot.previous = this.#newest
    if (this.#newest) this.#newest.next = slot
    else this.#oldest = slot
    this.#newest = slot
    this.#length++
  }

  /** Takes out one that is in it. */
  remove(slot: PoolSlot<Resource, Cause>): void {
    const { next, previous } = slot
    if (previous) previous.next = next
    else this.#oldest = next
    if (next) next.previous = previous
    else this.#newest = previous
    slot.next = null
    slot.previous = null
    this.#length--
  }
}
