/** A place in the queue for a connection; made once by whoever waits, and used again and again. */
export interface PoolWaiter<Connection> {
  /** Told once per wait, with the connection, which is the waiter's until it gives it back. */
  readonly granted: (connection: Connection, nowNs: number) => void
  /** Links of the queue; null while not waiting. Owned by the pool. */
  next: PoolWaiter<Connection> | null
  previous: PoolWaiter<Connection> | null
}

/** Makes a waiter. */
export function poolWaiter<Connection>(granted: PoolWaiter<Connection>['granted']): PoolWaiter<Connection> {
  return { granted, next: null, previous: null }
}

/**
 * Connections that carry one attempt at a time: never more than `size`, made when they are needed, the one used last
 * given out first, waiters served in order. Every call costs O(1) and allocates nothing but new connections.
 */
export class ConnectionPool<Connection extends { close(): void }> {
  readonly #size: number
  readonly #make: () => Connection
  readonly #all: Connection[] = []
  readonly #free: Connection[] = []
  readonly #queue = poolWaiter<Connection>(() => {})

  constructor(size: number, make: () => Connection) {
    this.#size = size
    this.#make = make
    this.#queue.next = this.#queue
    this.#queue.previous = this.#queue
  }

  /** A connection, or null: then the waiter is told later, unless it withdraws. */
  lease(waiter: PoolWaiter<Connection>): Connection | null {
    const free = this.#free.pop()
    if (free) return free
    if (this.#all.length < this.#size) {
      const made = this.#make()
      this.#all.push(made)
      return made
    }
    const queue = this.#queue
    const last = queue.previous as PoolWaiter<Connection>
    waiter.previous = last
    waiter.next = queue
    last.next = waiter
    queue.previous = waiter
    return null
  }

  /** Takes a waiter out of the queue; nothing happens when it is not in it. */
  withdraw(waiter: PoolWaiter<Connection>): void {
    if (!waiter.next || !waiter.previous) return
    waiter.previous.next = waiter.next
    waiter.next.previous = waiter.previous
    waiter.next = null
    waiter.previous = null
  }

  /** Gives a connection back; the first waiter has it at once. */
  release(connection: Connection, nowNs: number): void {
    const first = this.#queue.next as PoolWaiter<Connection>
    if (first === this.#queue) {
      this.#free.push(connection)
      return
    }
    this.withdraw(first)
    first.granted(connection, nowNs)
  }

  /** Closes all connections. */
  close(): void {
    for (const connection of this.#all) connection.close()
  }
}
