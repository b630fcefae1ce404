import type { PoolClaim } from '../../resilience/pool/lease.ts'
import type { Pool } from '../../resilience/pool/pool.ts'
import { type ConnectionFailure, endOf } from '../pooling.ts'
import type { Http1Connection } from './connection.ts'
import type { ConnectionPool, LeaseWaiter } from './pool.ts'

/** Somebody who takes connections, one at a time. */
export interface SupplyUser {
  /**
   * It has a connection: it had to wait until `waitedUntilNs` for it, which was connected for it from `connectingNs` on;
   * null where it did not wait, and where that was done before or is not done yet.
   */
  leased(connection: Http1Connection, nowNs: number, waitedUntilNs: number | null, connectingNs: number | null): void
  refused(failure: ConnectionFailure, nowNs: number): void
}

/** Where one user has connections from. */
export interface Supply {
  /** A connection, or null: then the user is told later, unless it gives that up. */
  lease(nowNs: number): Http1Connection | null
  /** Gives back a connection, or with null the wish for one. */
  giveBack(connection: Http1Connection | null, nowNs: number): void
}

/**
 * Connections that may carry several attempts at once, and connect when the first is sent. They have a structure of their
 * own, since a pool gives what it has to one at a time; a lease also costs a third of one of a pool (16 ns, not 35).
 */
export class SharedSupply implements Supply, LeaseWaiter<Http1Connection> {
  waiting = false
  ahead: LeaseWaiter<Http1Connection> | null = null
  behind: LeaseWaiter<Http1Connection> | null = null
  readonly #pool: ConnectionPool<Http1Connection>
  readonly #user: SupplyUser

  constructor(pool: ConnectionPool<Http1Connection>, user: SupplyUser) {
    this.#pool = pool
    this.#user = user
  }

  lease(): Http1Connection | null {
    return this.#pool.lease(this)
  }

  leased(connection: Http1Connection, nowNs: number): void {
    this.#user.leased(connection, nowNs, nowNs, null)
  }

  giveBack(connection: Http1Connection | null, nowNs: number): void {
    if (connection) this.#pool.release(connection, nowNs)
    else this.#pool.withdraw(this)
  }
}

/** Connections of the client's own pool: connected before they are given out, closed when they are of no more use. */
export class PooledSupply implements Supply {
  readonly #pool: Pool<Http1Connection, ConnectionFailure>
  readonly #claim: PoolClaim<Http1Connection, ConnectionFailure>

  constructor(pool: Pool<Http1Connection, ConnectionFailure>, user: SupplyUser) {
    this.#pool = pool
    const claim = pool.claim({
      granted(connection, nowNs) {
        const { waited, turnNs, fresh, connectingNs } = claim
        user.leased(connection, nowNs, waited ? turnNs : null, fresh ? connectingNs : null)
      },
      refused: (refusal, nowNs) => user.refused(endOf(refusal), nowNs),
    })
    this.#claim = claim
  }

  lease(nowNs: number): Http1Connection | null {
    return this.#pool.acquire(this.#claim, nowNs)
  }

  giveBack(connection: Http1Connection | null, nowNs: number): void {
    if (connection?.isOpen) this.#pool.release(this.#claim, nowNs)
    else this.#pool.destroy(this.#claim, nowNs)
  }
}
