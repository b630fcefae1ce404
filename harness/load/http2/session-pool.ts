import { type Waiter, WaitingLine } from '../../kernel/waiting-line.ts'

/** What the pool must know of a connection, and keeps in it. */
export interface PooledConnection {
  /** Streams that it takes now, from 1. */
  readonly capacity: number
  /** False when it takes no new streams, whatever its capacity. */
  readonly usable: boolean
  /** Streams leased and not given back. Owned by the pool, as are the next two. */
  load: number
  /** Whether it takes new streams, now or later. */
  member: boolean
  /** Index among those of the same load that have room for a stream; -1 for one that has none. */
  place: number
  close(): void
}

/**
 * Connections that carry several attempts at a time: never more than `size` that take new ones, made when all others
 * are in use; the one with the least in flight is given out, waiters are served in order. Every call costs O(1).
 */
export class SessionPool<Connection extends PooledConnection> {
  readonly #size: number
  readonly #make: () => Connection
  /** Those that live, with those that only finish what they have. */
  readonly #all = new Set<Connection>()
  /** Those that take new streams, by how many they have: `#levels[2]` has two of them in flight each. */
  readonly #levels: Connection[][] = [[]]
  /** No level below it has a connection. */
  #lowest = 0
  /** How many take new streams, now or later. */
  #members = 0
  readonly #line = new WaitingLine<Connection>()

  constructor(size: number, make: () => Connection) {
    this.#size = size
    this.#make = make
  }

  /** A connection with room for a stream, or null: then the waiter is told later, unless it withdraws. */
  lease(waiter: Waiter<Connection>): Connection | null {
    const connection = this.#take()
    if (connection) return connection
    this.#line.append(waiter)
    return null
  }

  /** Takes a waiter out of the queue; nothing happens when it is not in it. */
  withdraw(waiter: Waiter<Connection>): void {
    this.#line.withdraw(waiter)
  }

  /** Gives a stream back; the first waiter has it at once. */
  release(connection: Connection, nowNs: number): void {
    this.#unplace(connection)
    connection.load--
    this.#place(connection)
    this.#serve(nowNs)
  }

  /** The capacity of a connection has changed. */
  resized(connection: Connection, nowNs: number): void {
    this.#unplace(connection)
    this.#place(connection)
    this.#serve(nowNs)
  }

  /** A connection takes no new streams from here on: another may be made in its place. */
  leave(connection: Connection, nowNs: number): void {
    this.#strike(connection)
    this.#serve(nowNs)
  }

  /** A connection has ended. */
  ended(connection: Connection, nowNs: number): void {
    this.#all.delete(connection)
    this.leave(connection, nowNs)
  }

  /** Closes all connections. */
  close(): void {
    for (const connection of this.#all) connection.close()
  }

  #serve(nowNs: number): void {
    for (;;) {
      const { first } = this.#line
      if (!first) return
      const connection = this.#take()
      if (!connection) return
      this.withdraw(first)
      first.granted(connection, nowNs)
    }
  }

  #take(): Connection | null {
    for (;;) {
      const connection = this.#idle() ?? (this.#members < this.#size ? this.#add() : this.#leastLoaded())
      if (!connection) return null
      if (connection.usable) {
        this.#unplace(connection)
        connection.load++
        this.#place(connection)
        return connection
      }
      // It has ended, and we have not been told yet.
      this.#strike(connection)
    }
  }

  /** The one used last of those with nothing in flight. */
  #idle(): Connection | undefined {
    return this.#levels[0]?.at(-1)
  }

  #leastLoaded(): Connection | undefined {
    const levels = this.#levels
    while (this.#lowest < levels.length && levels[this.#lowest]?.length === 0) this.#lowest++
    return levels[this.#lowest]?.at(-1)
  }

  #add(): Connection {
    const connection = this.#make()
    this.#all.add(connection)
    this.#members++
    connection.member = true
    return connection
  }

  #strike(connection: Connection): void {
    if (!connection.member) return
    connection.member = false
    this.#unplace(connection)
    this.#members--
  }

  #place(connection: Connection): void {
    if (!connection.member || connection.load >= connection.capacity) return
    const { load } = connection
    while (this.#levels.length <= load) this.#levels.push([])
    const level = this.#levels[load] as Connection[]
    connection.place = level.length
    level.push(connection)
    this.#lowest = Math.min(this.#lowest, load)
  }

  #unplace(connection: Connection): void {
    const { place } = connection
    if (place < 0) return
    const level = this.#levels[connection.load] as Connection[]
    const last = level.pop() as Connection
    if (last !== connection) {
      level[place] = last
      last.place = place
    }
    connection.place = -1
  }
}
