/** A place in the line for a connection; made once by whoever waits, and used again and again. */
export interface PoolWaiter<Connection> {
  /** Told once per wait, with the connection, which is the waiter's until it gives it back. */
  readonly granted: (connection: Connection, nowNs: number) => void
  /** Links of the line; null while not waiting. Owned by it. */
  next: PoolWaiter<Connection> | null
  previous: PoolWaiter<Connection> | null
}

/** Makes a waiter. */
export function poolWaiter<Connection>(granted: PoolWaiter<Connection>['granted']): PoolWaiter<Connection> {
  return { granted, next: null, previous: null }
}

/** Who waits for a connection of a pool, in order. Every call costs O(1) and allocates nothing. */
export class WaitingLine<Connection> {
  readonly #ends = poolWaiter<Connection>(() => {})

  constructor() {
    this.#ends.next = this.#ends
    this.#ends.previous = this.#ends
  }

  /** Whoever has waited longest; null where nobody waits. */
  get first(): PoolWaiter<Connection> | null {
    return this.#ends.next === this.#ends ? null : this.#ends.next
  }

  append(waiter: PoolWaiter<Connection>): void {
    const last = this.#ends.previous as PoolWaiter<Connection>
    waiter.previous = last
    waiter.next = this.#ends
    last.next = waiter
    this.#ends.previous = waiter
  }

  /** Takes a waiter out; nothing happens when it is not in it. */
  withdraw(waiter: PoolWaiter<Connection>): void {
    if (!waiter.next || !waiter.previous) return
    waiter.previous.next = waiter.next
    waiter.next.previous = waiter.previous
    waiter.next = null
    waiter.previous = null
  }
}
