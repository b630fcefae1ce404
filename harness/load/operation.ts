import type { Clock } from '../kernel/clock.ts'
import type { TimerWheel } from '../kernel/timer-wheel.ts'
import { type AttemptPort, OperationPipeline } from '../resilience/pipeline.ts'
import { failure, type Outcome, type PolicyStage } from '../resilience/policy.ts'
import type { Reply } from '../workload/reply.ts'
import type { AttemptListener, Driver, Lane, Prepared } from './driver.ts'
import type { SliceRecorder } from './recorder.ts'

/** What all operations of a slice share. */
export interface OperationContext {
  readonly clock: Clock
  readonly wheel: TimerWheel
  readonly recorder: SliceRecorder
}

/** Whoever runs operations, one at a time on each. */
export interface OperationOwner {
  /** Looks at the reply of an attempt that succeeded: null, or what is wrong with it. */
  examine(reply: Reply): string | null
  /** The operation has ended and must be recorded; the next may begin within this call. */
  operationEnded(operation: Operation, outcome: Outcome, nowNs: number): void
}

/** One operation at a time: operation → client policies → attempts on a lane. Used again and again, it allocates nothing. */
export class Operation implements AttemptPort, AttemptListener {
  readonly #context: OperationContext
  readonly #owner: OperationOwner
  readonly #pipeline: OperationPipeline
  readonly #lane: Lane
  #prepared: Prepared | null = null
  #request = 0
  #measured = false
  #intendedNs = 0
  #startedNs = 0
  #attemptNs = 0

  constructor(context: OperationContext, driver: Driver, stages: readonly PolicyStage[], owner: OperationOwner) {
    this.#context = context
    this.#owner = owner
    this.#pipeline = new OperationPipeline(stages, context.wheel, this)
    // One owner is one user, however many operations it has in flight.
    this.#lane = driver.lane(this, owner)
  }

  /** True from `begin` until its owner was told of its end. */
  get running(): boolean {
    return this.#pipeline.running
  }

  /** The reply to its last attempt; valid while its end is being told. */
  get reply(): Reply {
    return this.#lane.reply
  }

  /** Begins an operation that was to start at `intendedNs`; `request` is the index under which it is counted. */
  begin(prepared: Prepared, request: number, intendedNs: number, nowNs: number): void {
    this.#prepared = prepared
    this.#request = request
    this.#measured = this.#context.recorder.isMeasured(intendedNs)
    this.#intendedNs = intendedNs
    this.#startedNs = nowNs
    this.#pipeline.begin(prepared, nowNs)
  }

  /** Cuts the operation off: its owner is told of its end as `aborted`. */
  cutOff(nowNs: number): void {
    this.#pipeline.abort(failure('aborted'), nowNs)
  }

  /** Counts the operation that has just ended. */
  record(outcome: Outcome, nowNs: number): void {
    const { recorder } = this.#context
    recorder.operationEnded(this.#measured, this.#request, outcome, this.#intendedNs, this.#startedNs, nowNs)
  }

  attempt(nowNs: number): void {
    this.#context.recorder.counts(this.#measured).attempts.count++
    this.#attemptNs = nowNs
    this.#lane.start(this.#prepared as Prepared, nowNs)
  }

  cancel(): void {
    const counts = this.#context.recorder.counts(this.#measured)
    counts.attempts.cancelled++
    this.#lane.cancel()
    this.#countBytes()
  }

  granted(nowNs: number): void {
    if (this.#measured) this.#context.recorder.queued(nowNs - this.#attemptNs)
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
    const wrong = outcome.ok ? this.#owner.examine(this.#lane.reply) : detail
    const settled = outcome.ok && wrong !== null ? failure('check') : outcome
    this.#countBytes()
    if (settled.ok) {
      const request = recorder.request(this.#measured, this.#request)
      request.responses++
      request.bytesReceived += this.#lane.receivedBytes
    } else recorder.attemptFailed(this.#measured, settled, wrong)
    if (this.#measured) recorder.attemptTook(nowNs - this.#attemptNs)
    this.#pipeline.attemptSettled(settled, nowNs)
  }

  finished(outcome: Outcome, nowNs: number): void {
    this.#owner.operationEnded(this, outcome, nowNs)
  }

  #countBytes(): void {
    const { wire } = this.#context.recorder.counts(this.#measured)
    wire.bytesSent += this.#lane.sentBytes
    wire.bytesReceived += this.#lane.receivedBytes
  }
}
