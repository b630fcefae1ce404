import type { Clock } from '../kernel/clock.ts'
import type { Rng } from '../kernel/rng.ts'
import { failure, type Outcome, statusFailure, success } from '../resilience/outcome.ts'
import type { Call, Step, StepOwner } from '../resilience/step.ts'
import type { Fate, Job, ServiceQueue } from '../target/builtin/service-queue.ts'
import type { PoolClaim, PoolRefusal, PoolUser } from '../resilience/pool/lease.ts'
import type { Pool } from '../resilience/pool/pool.ts'
import type { SimulatedConnection } from './connections.ts'
import type { SimulationRecorder } from './recorder.ts'

/** The way between client and target; the same in both directions. */
export interface SimulatedNetwork {
  readonly delayNs: number
  /** Share of the requests, and of the answers, that never arrive. */
  readonly lossShare: number
  /** When nothing that sets out arrives. */
  readonly outages?: readonly SimulatedSpan[]
}

/** A time in a simulation, from its beginning. */
export interface SimulatedSpan {
  readonly atNs: number
  readonly forNs: number
}

/** What all attempts share. */
export interface AttemptWorld {
  readonly clock: Clock
  readonly rng: Rng
  readonly network: SimulatedNetwork
  readonly target: ServiceQueue
  /** Null for any number of connections, each there at once. */
  readonly pool: Pool<SimulatedConnection> | null
  readonly recorder: SimulationRecorder
}

/** The answers of a target that serves HTTP. */
const outcomes: Readonly<Record<Fate, Outcome>> = {
  served: success,
  expired: statusFailure(504),
  rejected: statusFailure(503),
}

/** One request on its way: it goes on at the target when its client has given it up. */
class Request implements Job {
  readonly extraNs = 0
  deadlineNs = Number.POSITIVE_INFINITY
  readonly #world: AttemptWorld
  readonly #attempt: SimulatedAttempt
  #gone = false

  constructor(world: AttemptWorld, attempt: SimulatedAttempt) {
    this.#world = world
    this.#attempt = attempt
  }

  /** Sets out. How long its client will wait goes with it, and counts from when it arrives. */
  send(remainingNs: number): void {
    this.#travel(() => {
      this.deadlineNs = this.#world.clock.nowNs() + remainingNs
      this.#world.target.offer(this)
    })
  }

  /** The target learns of it when the word has come. */
  leave(): void {
    const { clock, network } = this.#world
    clock.after(network.delayNs, () => {
      this.#gone = true
    })
  }

  isGone = (): boolean => this.#gone

  ended = (fate: Fate): void => this.#travel(() => this.#attempt.answered(this, outcomes[fate]))

  #travel(arrive: () => void): void {
    const { clock, rng, network } = this.#world
    if (network.lossShare > 0 && rng.next() < network.lossShare) return
    const nowNs = clock.nowNs()
    if (network.outages?.some(({ atNs, forNs }) => nowNs >= atNs && nowNs < atNs + forNs)) return
    clock.after(network.delayNs, arrive)
  }
}

/** The innermost step of a simulated operation. It has no limit of its own: what is lost is waited for until it is given up. */
export class SimulatedAttempt implements Step, PoolUser<SimulatedConnection, unknown> {
  readonly #world: AttemptWorld
  readonly #owner: StepOwner
  readonly #claim: PoolClaim<SimulatedConnection, unknown> | null
  #deadlineNs = Number.POSITIVE_INFINITY
  #request: Request | null = null

  constructor(world: AttemptWorld, owner: StepOwner) {
    this.#world = world
    this.#owner = owner
    this.#claim = world.pool?.claim(this) ?? null
  }

  begin({ deadlineNs }: Call, nowNs: number): void {
    const { recorder, pool } = this.#world
    recorder.attempt(nowNs)
    this.#deadlineNs = deadlineNs
    // Where it has to wait for a connection, it is told.
    if (!pool || !this.#claim || pool.acquire(this.#claim, nowNs)) this.#send(nowNs)
  }

  granted(_connection: SimulatedConnection, nowNs: number): void {
    this.#send(nowNs)
  }

  refused({ kind }: PoolRefusal<unknown>, nowNs: number): void {
    this.#owner.ended(failure(kind === 'timeout' ? 'pool-timeout' : 'connect'), nowNs)
  }

  cancel(nowNs: number): null {
    this.#request?.leave()
    this.#request = null
    if (this.#claim) this.#world.pool?.destroy(this.#claim, nowNs)
    return null
  }

  /** An answer has arrived; that to a request that was given up changes nothing. */
  answered(request: Request, outcome: Outcome): void {
    if (request !== this.#request) return
    this.#request = null
    const { clock, pool } = this.#world
    if (this.#claim) pool?.release(this.#claim, clock.nowNs())
    this.#owner.ended(outcome, clock.nowNs())
  }

  #send(nowNs: number): void {
    this.#request = new Request(this.#world, this)
    this.#request.send(this.#deadlineNs - nowNs)
  }
}
