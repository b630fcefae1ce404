import { type ConnectionOptions, Http1Connection } from './connection.ts'

/** Somebody who waits for a connection. */
export interface LeaseWaiter {
  granted(connection: Http1Connection): void
}

/** The sockets of one slice: never more than `size`, the one used last given out first, waiters served in order. */
export class ConnectionPool {
  readonly #all: readonly Http1Connection[]
  readonly #free: Http1Connection[]
  readonly #waiting: LeaseWaiter[] = []

  constructor(size: number, options: ConnectionOptions) {
    this.#all = Array.from({ length: size }, () => new Http1Connection(options))
    this.#free = [...this.#all]
  }

  /** A connection, or null: then the waiter is told later, unless it withdraws. */
  lease(waiter: LeaseWaiter): Http1Connection | null {
    const connection = this.#free.pop()
    if (connection) return connection
    this.#waiting.push(waiter)
    return null
  }

  /** Takes a waiter out of the queue. */
  withdraw(waiter: LeaseWaiter): void {
    const index = this.#waiting.indexOf(waiter)
    if (index >= 0) this.#waiting.splice(index, 1)
  }

  /** Gives a connection back. */
  release(connection: Http1Connection): void {
    const waiter = this.#waiting.shift()
    if (waiter) waiter.granted(connection)
    else this.#free.push(connection)
  }

  close(): void {
    for (const connection of this.#all) connection.close()
  }
}
