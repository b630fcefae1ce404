/** A place in a line; made once by whoever waits, and used again and again. */
export interface Waiter<Grant> {
  /** Told once per wait, with what was waited for. */
  readonly granted: (grant: Grant, nowNs: number) => void
  /** Links of the line; null while not waiting. Owned by it. */
  next: Waiter<Grant> | null
  previous: Waiter<Grant> | null
}

/** Makes a waiter. */
export function createWaiter<Grant>(granted: Waiter<Grant>['granted']): Waiter<Grant> {
  return { granted, next: null, previous: null }
}

/** Who waits for something, in order. Every call costs O(1) and allocates nothing. */
export class WaitingLine<Grant> {
  readonly #ends = createWaiter<Grant>(() => {})
  #length = 0

  constructor() {
    this.#ends.next = this.#ends
    this.#ends.previous = this.#ends
  }

  /** How many wait. */
  get length(): number {
    return this.#length
  }

  /** Whoever has waited longest; null where nobody waits. */
  get first(): Waiter<Grant> | null {
    return this.#length === 0 ? null : this.#ends.next
  }

  append(waiter: Waiter<Grant>): void {
    const last = this.#ends.previous as Waiter<Grant>
    waiter.previous = last
    waiter.next = this.#ends
    last.next = waiter
    this.#ends.previous = waiter
    this.#length++
  }

  /** Takes a waiter out; nothing happens when it is not in it. */
  withdraw(waiter: Waiter<Grant>): void {
    if (!waiter.next || !waiter.previous) return
    waiter.previous.next = waiter.next
    waiter.next.previous = waiter.previous
    waiter.next = null
    waiter.previous = null
    this.#length--
  }

  /** Takes out whoever has waited longest; null where nobody waits. */
  take(): Waiter<Grant> | null {
    const { first } = this
    if (first) this.withdraw(first)
    return first
  }
}
