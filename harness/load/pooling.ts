import { failure, type Outcome } from '../resilience/outcome.ts'
import type { PoolRefusal, ResourceEvents } from '../resilience/pool/lease.ts'
import { unlimitedBut } from '../resilience/pool/limits.ts'
import { Pool } from '../resilience/pool/pool.ts'
import type { DriverContext } from './driver.ts'

/** Why a connection could not be made, or is of no more use. */
export interface ConnectionFailure {
  readonly outcome: Outcome
  readonly detail: string | null
}

/** What a pool tells of a connection is told to. */
export type ConnectionEvents = ResourceEvents<ConnectionFailure>

/** A connection as its pool needs it. */
export interface PooledConnection {
  /** Begins to connect, before any attempt is sent. */
  connect(): void
  /** Closes it at once. */
  close(): void
}

type PoolContext = Pick<DriverContext, 'pooling' | 'connections' | 'timeoutNs' | 'wheel' | 'rng' | 'clock'>

/**
 * The pool of a driver's connections: that of the client's policy, which has them connected before it gives them out, or
 * without one so many that connect when the first attempt is sent. `make` is given events in the first case.
 */
export function connectionPool<Connection extends PooledConnection>(
  { pooling, connections, timeoutNs, wheel, rng, clock }: PoolContext,
  make: (events: ConnectionEvents | null) => Connection,
): Pool<Connection, ConnectionFailure> {
  const close = (connection: Connection): void => connection.close()
  if (!pooling) {
    const connect = (events: ConnectionEvents, nowNs: number): Connection => {
      events.opened(nowNs)
      return make(null)
    }
    return new Pool({ limits: unlimitedBut(connections), port: { connect, close }, wheel, rng })
  }
  const connect = (events: ConnectionEvents): Connection => {
    const made = make(events)
    made.connect()
    return made
  }
  const pool = pooling.pool({ connect, close }, timeoutNs)
  pool.warmUp(clock.nowNs())
  return pool
}

/** How an attempt ends that has no connection. */
export function endOf(refusal: PoolRefusal<ConnectionFailure>): ConnectionFailure {
  switch (refusal.kind) {
    case 'timeout':
      return { outcome: failure('pool-timeout'), detail: 'no connection of the pool was free in time' }
    case 'connect-timeout':
      return { outcome: failure('timeout'), detail: null }
    case 'closed':
      return { outcome: failure('aborted'), detail: null }
    case 'failed':
      return refusal.cause
  }
}
