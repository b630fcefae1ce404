import type { Clock } from '../kernel/clock.ts'
import type { Rng } from '../kernel/rng.ts'
import { type TimerWheel, type WheelEntry, wheelEntry } from '../kernel/timer-wheel.ts'
import { type AttemptPort, OperationPipeline } from '../resilience/pipeline.ts'
import { failure, type Outcome, type PolicyStage } from '../resilience/policy.ts'
import type { AttemptListener, Http1Connection } from './http1/connection.ts'
import type { EncodedRequest } from './http1/encode.ts'
import type { ConnectionPool, LeaseWaiter } from './http1/pool.ts'
import type { SliceRecorder } from './recorder.ts'

/** What the closed loops of a slice share. */
export interface LoopContext {
  readonly clock: Clock
  readonly wheel: TimerWheel
  readonly pool: ConnectionPool
  readonly recorder: SliceRecorder
  readonly requests: readonly EncodedRequest[]
  /** Draws the index of the next request by weight. */
  readonly pick: (rng: Rng) => number
  /** Operations that start from here on are measured. */
  readonly measureFromNs: number
  /** No operation starts from here on; moves earlier when the slice is stopped. */
  endNs: number
  /** A loop has ended its last operation. */
  readonly ended: () => void
}

/** One closed loop: the next operation starts when the last one has ended. Operation → policy → attempt → lease. */
export class ClosedLoop implements AttemptPort, AttemptListener, LeaseWaiter {
  readonly #context: LoopContext
  readonly #rng: Rng
  readonly #pipeline: OperationPipeline
  readonly #start: WheelEntry
  #connection: Http1Connection | null = null
  #requestIndex = 0
  #measured = false
  #startedNs = 0
  #attemptNs = 0
  #over = false

  constructor(context: LoopContext, stages: readonly PolicyStage[], rng: Rng) {
    this.#context = context
    this.#rng = rng
    this.#pipeline = new OperationPipeline(stages, context.wheel, this)
    this.#start = wheelEntry((nowNs) => this.#next(nowNs))
  }

  /** Begins the loop at `startNs`. */
  startAt(startNs: number): void {
    this.#context.wheel.schedule(this.#start, startNs)
  }

  /** The drain is over: what still runs is cut off. */
  cutOff(nowNs: number): void {
    this.#context.wheel.cancel(this.#start)
    if (this.#pipeline.running) this.#pipeline.abort(failure('aborted'), nowNs)
    else this.#finishLoop()
  }

  attempt(nowNs: number): void {
    this.#context.recorder.counts(this.#measured).attempts.count++
    this.#attemptNs = nowNs
    this.#connection = this.#context.pool.lease(this)
    if (this.#connection) this.#send(nowNs)
  }

  granted(connection: Http1Connection): void {
    const nowNs = this.#context.clock.nowNs()
    this.#connection = connection
    if (this.#measured) this.#context.recorder.queued(nowNs - this.#attemptNs)
    this.#send(nowNs)
  }

  cancel(): void {
    this.#context.recorder.counts(this.#measured).attempts.cancelled++
    if (this.#connection) {
      this.#connection.cancel()
      this.#release()
    } else this.#context.pool.withdraw(this)
  }

  connected(nowNs: number): void {
    this.#context.recorder.counts(this.#measured).wire.connects++
    if (this.#measured) this.#context.recorder.connected(nowNs - this.#attemptNs)
  }

  firstByte(nowNs: number): void {
    if (this.#measured) this.#context.recorder.firstByte(nowNs - this.#attemptNs)
  }

  resent(): void {
    this.#context.recorder.counts(this.#measured).wire.staleReconnects++
  }

  attemptEnded(outcome: Outcome, nowNs: number, detail: string | null): void {
    const { recorder } = this.#context
    const counts = recorder.counts(this.#measured)
    const bytes = this.#connection?.responseBytes ?? 0
    counts.wire.bytesReceived += bytes
    if (outcome.ok) {
      const request = counts.requests[this.#requestIndex]
      if (request) {
        request.responses++
        request.bytesReceived += bytes
      }
    } else recorder.attemptFailed(this.#measured, outcome, detail)
    if (this.#measured) recorder.attemptTook(nowNs - this.#attemptNs)
    this.#release()
    this.#pipeline.attemptSettled(outcome, nowNs)
  }

  finished(outcome: Outcome, nowNs: number): void {
    this.#context.recorder.operationEnded(this.#measured, outcome, this.#startedNs, nowNs)
    this.#next(nowNs)
  }

  #next(nowNs: number): void {
    const { endNs, measureFromNs, pick, requests } = this.#context
    if (nowNs >= endNs || this.#over) {
      this.#finishLoop()
      return
    }
    this.#requestIndex = requests.length === 1 ? 0 : pick(this.#rng)
    this.#measured = nowNs >= measureFromNs
    this.#startedNs = nowNs
    this.#pipeline.begin(requests[this.#requestIndex] as EncodedRequest, nowNs)
  }

  #send(nowNs: number): void {
    const request = this.#context.requests[this.#requestIndex] as EncodedRequest
    this.#context.recorder.counts(this.#measured).wire.bytesSent += request.bytes.length
    this.#connection?.send(request, this, nowNs)
  }

  #release(): void {
    const connection = this.#connection
    this.#connection = null
    if (connection) this.#context.pool.release(connection)
  }

  #finishLoop(): void {
    if (this.#over) return
    this.#over = true
    this.#context.ended()
  }
}
