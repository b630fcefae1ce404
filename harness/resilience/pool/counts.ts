/** What pools have counted; a client's pools share one. Each only grows. */
export interface PoolCounters extends Record<string, number> {
  /** Claims to a connection, and what became of them: granted, timed out in the line, given up, or not to be made. */
  poolRequested: number
  poolAcquired: number
  poolTimeouts: number
  poolWithdrawn: number
  poolRefused: number
  /** Connections given back, for others or to be closed. */
  poolReleased: number
  /** Given back though nobody held them. */
  poolStrayReleases: number
  /** Waits in the line that are over, however, and how long they took together. */
  poolWaits: number
  poolWaitNs: number
  /** Connections that were made, and that were closed; attempts to make one that failed, or were given up. */
  poolCreated: number
  poolClosed: number
  poolConnectFailures: number
  /** Why those were closed: not needed any more, too old, not healthy, or lost or given back as of no more use. */
  poolIdleClosed: number
  poolExpired: number
  poolUnhealthy: number
  poolDiscarded: number
}

/** The highest that something was since somebody asked. */
export interface PoolPeaks extends Record<string, number> {
  /** Connections at once, those being made included. */
  poolPeak: number
  /** Claims that waited in the line at once. */
  poolPendingPeak: number
}

/** What a pool has, and has counted: created - closed = total, and acquired = released + active. */
export interface PoolStats {
  readonly counters: Readonly<PoolCounters>
  readonly active: number
  readonly idle: number
  /** Open ones: active, idle, and those being checked. */
  readonly total: number
  /** Being made: total + connecting never exceeds the maximum. */
  readonly connecting: number
  /** Claims in the line. */
  readonly pending: number
}

export function poolCounters(): PoolCounters {
  return {
    poolRequested: 0,
    poolAcquired: 0,
    poolTimeouts: 0,
    poolWithdrawn: 0,
    poolRefused: 0,
    poolReleased: 0,
    poolStrayReleases: 0,
    poolWaits: 0,
    poolWaitNs: 0,
    poolCreated: 0,
    poolClosed: 0,
    poolConnectFailures: 0,
    poolIdleClosed: 0,
    poolExpired: 0,
    poolUnhealthy: 0,
    poolDiscarded: 0,
  }
}

export function poolPeaks(): PoolPeaks {
  return { poolPeak: 0, poolPendingPeak: 0 }
}
