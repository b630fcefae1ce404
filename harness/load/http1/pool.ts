/** A connection that carries several attempts at once. The links belong to its pool. */
export interface PooledConnection<Self> {
  /** Attempts that have leased it. Owned by the pool. */
  leases: number
  /** Neighbours in the stack of connections with as many leases; null outside of it and at its ends. */
  above: Self | null
  below: Self | null
  close(): void
}

/** Somebody who waits for a connection; the links belong to the pool. */
export interface LeaseWaiter<Connection> {
  /** It has a connection now, which is its own until it gives it back. */
  leased(connection: Connection, nowNs: number): void
  waiting: boolean
  ahead: LeaseWaiter<Connection> | null
  behind: LeaseWaiter<Connection> | null
}

export interface PoolSize<Connection> {
  /** Connections, at most; over 0. */
  readonly connections: number
  /** Leases of one connection, at most; 1 for none at once. */
  readonly depth: number
  readonly make: () => Connection
}

/**
 * The connections of one driver: never more than it may have, made when they are needed. A free one is given out before a
 * new one is made, a new one before one is shared, and then the one with the fewest leases; of equals the one that was used
 * last. Waiters are served in order. Nothing but a new connection allocates, and no step depends on how many there are.
 */
export class ConnectionPool<Connection extends PooledConnection<Connection>> {
  readonly #size: PoolSize<Connection>
  readonly #all: Connection[] = []
  /** The connection on top of the stack of those with so many leases; the full ones are in none. */
  readonly #tops: (Connection | null)[]
  #first: LeaseWaiter<Connection> | null = null
  #last: LeaseWaiter<Connection> | null = null

  constructor(size: PoolSize<Connection>) {
    this.#size = size
    this.#tops = Array.from({ length: size.depth }, () => null)
  }

  /** A connection, or null: then the waiter is told later, unless it withdraws. */
  lease(waiter: LeaseWaiter<Connection>): Connection | null {
    const connection = this.#tops[0] ?? this.#next()
    if (connection) {
      this.#unstack(connection)
      connection.leases++
      if (connection.leases < this.#size.depth) this.#stack(connection)
    } else this.#append(waiter)
    return connection
  }

  /** Takes a waiter out of the queue; nothing happens when it is not in it. */
  withdraw(waiter: LeaseWaiter<Connection>): void {
    if (!waiter.waiting) return
    waiter.waiting = false
    if (waiter.ahead) waiter.ahead.behind = waiter.behind
    else this.#first = waiter.behind
    if (waiter.behind) waiter.behind.ahead = waiter.ahead
    else this.#last = waiter.ahead
    waiter.ahead = null
    waiter.behind = null
  }

  /** Gives back one lease of a connection; who waits has it at once. */
  release(connection: Connection, nowNs: number): void {
    const waiter = this.#first
    if (waiter) {
      this.withdraw(waiter)
      waiter.leased(connection, nowNs)
      return
    }
    if (connection.leases < this.#size.depth) this.#unstack(connection)
    connection.leases--
    this.#stack(connection)
  }

  close(): void {
    for (const connection of this.#all) connection.close()
  }

  /** There is no free connection: a new one, or the least used of those that have room, or null. */
  #next(): Connection | null {
    if (this.#all.length < this.#size.connections) {
      const made = this.#size.make()
      this.#all.push(made)
      this.#stack(made)
      return made
    }
    return this.#tops.find((top) => top !== null) ?? null
  }

  #append(waiter: LeaseWaiter<Connection>): void {
    waiter.waiting = true
    waiter.ahead = this.#last
    if (this.#last) this.#last.behind = waiter
    else this.#first = waiter
    this.#last = waiter
  }

  #stack(connection: Connection): void {
    const top = this.#tops[connection.leases] ?? null
    connection.below = top
    if (top) top.above = connection
    this.#tops[connection.leases] = connection
  }

  #unstack(connection: Connection): void {
    const { above, below } = connection
    if (above) above.below = below
    else this.#tops[connection.leases] = below
    if (below) below.above = above
    connection.above = null
    connection.below = null
  }
}
