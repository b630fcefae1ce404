import { type PoolWaiter, WaitingLine } from './waiting-line.ts'

/**
 * Connections that carry one attempt at a time: never more than `size`, made when they are needed, the one used last
 * given out first, waiters served in order. Every call costs O(1) and allocates nothing but new connections.
 */
export class ConnectionPool<Connection extends { close(): void }> {
  readonly #size: number
  readonly #make: () => Connection
  readonly #all: Connection[] = []
  readonly #free: Connection[] = []
  readonly #line = new WaitingLine<Connection>()

  constructor(size: number, make: () => Connection) {
    this.#size = size
    this.#make = make
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
    this.#line.append(waiter)
    return null
  }

  /** Takes a waiter out of the queue; nothing happens when it is not in it. */
  withdraw(waiter: PoolWaiter<Connection>): void {
    this.#line.withdraw(waiter)
  }

  /** Gives a connection back; the first waiter has it at once. */
  release(connection: Connection, nowNs: number): void {
    const { first } = this.#line
    if (!first) {
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
