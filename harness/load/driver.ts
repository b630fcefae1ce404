import type { Dialer } from '../faults/dialer.ts'
import type { Clock } from '../kernel/clock.ts'
import type { Rng } from '../kernel/rng.ts'
import type { TimerWheel } from '../kernel/timer-wheel.ts'
import type { Outcome } from '../resilience/outcome.ts'
import type { ConnectionsPolicy } from '../resilience/policy.ts'
import type { Reply } from '../workload/reply.ts'
import type { ProtocolName, Protocols, WorkloadRequest } from '../workload/workload.ts'

/** Where the attempts of a slice go, and what they run on. */
export interface DriverContext<Name extends ProtocolName = ProtocolName> {
  readonly connection: Protocols[Name]['connection']
  /** The target's host as it was named, and the address that it was resolved and checked to. */
  readonly host: string
  readonly address: string
  readonly port: number
  /** Through which connections are dialled; absent: they are dialled as they are. */
  readonly dialer?: Dialer
  /** Limit of one attempt, connecting included; then it fails with the class `timeout`. */
  readonly timeoutNs: number
  /** Sockets of this worker, at most, where no policy rules them; made when they are needed. */
  readonly connections: number
  /** The client's policy for connections; absent where it has none. */
  readonly pooling?: ConnectionsPolicy | undefined
  readonly clock: Clock
  readonly wheel: TimerWheel
  readonly rng: Rng
  /** Counts of the protocol's own, by name, that go into the result as they are; they only grow. */
  readonly counters: Record<string, number>
}

/** A request made ready to be sent many times. Drivers extend it. */
export interface Prepared {
  readonly idempotent: boolean
}

/** Told about the attempt in flight on a lane, in this order; none of it ever within `start`. */
export interface AttemptListener {
  /** It had to wait for a connection, which it has now. */
  granted(nowNs: number): void
  /** A connection was made for it. */
  connected(nowNs: number): void
  /** The first bytes of the answer have come. */
  firstByte(nowNs: number): void
  /** It went out a second time, on a new connection, since the idle one had been closed under it. */
  resent(): void
  /** It has ended. `detail` says what was wrong, for people. The lane can be started again within this call. */
  attemptEnded(outcome: Outcome, nowNs: number, detail: string | null): void
}

/** Carries one attempt at a time; a user of the load has one, and one more for each that a script has in flight besides. */
export interface Lane<Request extends Prepared = Prepared> {
  /** Sends a request. */
  start(request: Request, nowNs: number): void
  /** Gives up the attempt in flight; its end is not told any more, and nothing of it reaches a later attempt. */
  cancel(): void
  /** Of the last attempt: bytes handed to the socket, and received. */
  readonly sentBytes: number
  readonly receivedBytes: number
  /** What was received; valid within `attemptEnded`. */
  readonly reply: Reply
}

/** A protocol in one slice of one worker: its connections, and the lanes that use them. */
export interface Driver<Name extends ProtocolName = ProtocolName, Request extends Prepared = Prepared> {
  /** Makes a request ready. Called once per request of a workload, and once per operation where it is a template. */
  prepare(request: WorkloadRequest<Name>): Request
  /** Lanes of one user share what is the user's own, such as cookies; without one, a lane is a user. */
  lane(listener: AttemptListener, user?: object): Lane<Request>
  /** Those of other targets that attempts may go to, by name; absent where there are none. */
  readonly others?: ReadonlyMap<string, Driver>
  /** Closes every connection and ends every timer; no lane is in use any more. */
  close(): void
}

/**
 * What every driver folder exports. Opening may wait, such as for a .proto to be read; it connects to nothing, but begins
 * the connections that a pool keeps.
 */
export type OpenDriver<Name extends ProtocolName, Request extends Prepared> = (
  context: DriverContext<Name>,
) => Promise<Driver<Name, Request>>
