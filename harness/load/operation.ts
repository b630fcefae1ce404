import type { Clock } from '../kernel/clock.ts'
import type { Rng } from '../kernel/rng.ts'
import type { TimerWheel } from '../kernel/timer-wheel.ts'
import type { Client } from '../resilience/client.ts'
import { failure, type Outcome } from '../resilience/outcome.ts'
import type { Call, Step, StepOwner } from '../resilience/step.ts'
import type { Reply } from '../workload/reply.ts'
import { Attempt, type AttemptedOperation } from './attempt.ts'
import type { WorkloadRequest } from '../workload/workload.ts'
import type { Driver, Prepared } from './driver.ts'
import { OperationContent } from './operation-content.ts'
import { preparedFor } from './other-targets.ts'
import type { SliceRecorder } from './recorder.ts'

/** What all operations of a slice share. */
export interface OperationContext {
  readonly clock: Clock
  readonly wheel: TimerWheel
  readonly recorder: SliceRecorder
  readonly client: Client
}

/** Whoever runs operations, one at a time on each. */
export interface OperationOwner {
  /** Looks at the reply of an attempt that succeeded: null, or what is wrong with it. */
  examine(reply: Reply): string | null
  /** Whether anybody looks at the replies of the operation that runs. */
  looksAtReplies(): boolean
  /** The operation has ended and must be recorded; the next may begin within this call. */
  operationEnded(operation: Operation, outcome: Outcome, nowNs: number): void
}

/** One operation at a time: operation → client policies → attempts on lanes. Used again and again, it allocates nothing. */
export class Operation implements AttemptedOperation, Call, StepOwner {
  readonly recorder: SliceRecorder
  requestIndex = 0
  measured = false
  request = ''
  idempotent = true
  deadlineNs = Number.POSITIVE_INFINITY
  target: string | null = null
  readonly content: OperationContent
  readonly #owner: OperationOwner
  readonly #step: Step
  #prepared: Prepared | null = null
  #source: WorkloadRequest | null = null
  #answer: Attempt | null = null
  #running = false
  #intendedNs = 0
  #startedNs = 0

  constructor({ recorder, client }: OperationContext, driver: Driver, rng: Rng, owner: OperationOwner) {
    this.recorder = recorder
    this.#owner = owner
    this.content = new OperationContent(owner, () => this.#answer?.reply ?? null)
    this.#step = client.operation({
      rng,
      owner: this,
      // One owner is one user, however many operations and attempts it has in flight.
      attempt: (of) => new Attempt(this, driver, owner, of),
    })
  }

  /** True from `begin` until its owner was told of its end. */
  get running(): boolean {
    return this.#running
  }

  get prepared(): Prepared {
    return this.#prepared as Prepared
  }

  preparedFor(other: Driver): Prepared {
    return preparedFor(other, this.#source as WorkloadRequest)
  }

  /**
   * The reply to the attempt that ended last, or what was given in its place; valid while the operation's end is being
   * told. Null where none did.
   */
  get reply(): Reply | null {
    return this.content.standIn ?? this.#answer?.reply ?? null
  }

  /**
   * Begins an operation that was to start at `intendedNs`: `source`, which was `prepared` for its driver, and is counted
   * under the index `request`.
   */
  begin(prepared: Prepared, source: WorkloadRequest, request: number, intendedNs: number, nowNs: number): void {
    this.#prepared = prepared
    this.#source = source
    this.content.begin(source)
    this.idempotent = prepared.idempotent
    this.request = this.recorder.nameOf(request)
    this.requestIndex = request
    this.measured = this.recorder.isMeasured(intendedNs)
    this.deadlineNs = Number.POSITIVE_INFINITY
    this.target = null
    this.#answer = null
    this.#intendedNs = intendedNs
    this.#startedNs = nowNs
    this.#running = true
    this.#step.begin(this, nowNs)
  }

  /** Cuts the operation off: its owner is told of its end as `aborted`. */
  cutOff(nowNs: number): void {
    if (!this.#running) return
    this.#step.cancel(nowNs)
    this.ended(failure('aborted'), nowNs)
  }

  /** Counts the operation that has just ended. */
  record(outcome: Outcome, nowNs: number): void {
    const { measured, requestIndex } = this
    this.recorder.operationEnded(measured, requestIndex, outcome, this.#intendedNs, this.#startedNs, nowNs)
  }

  attemptMade(): void {
    this.content.attempts++
  }

  examine(reply: Reply): string | null {
    return this.#owner.examine(reply)
  }

  answeredBy(attempt: Attempt): void {
    this.#answer = attempt
  }

  ended(outcome: Outcome, nowNs: number): void {
    this.#running = false
    this.#owner.operationEnded(this, outcome, nowNs)
  }
}
