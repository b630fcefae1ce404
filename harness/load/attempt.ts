import { increment, type TargetCounts } from '../measure/counts.ts'
import { failure, type Outcome } from '../resilience/outcome.ts'
import type { Call, Step, StepOwner } from '../resilience/step.ts'
import type { Reply } from '../workload/reply.ts'
import type { AttemptListener, Driver, Lane, Prepared } from './driver.ts'
import type { SliceRecorder } from './recorder.ts'

/** The operation that attempts are made for, as they need it. */
export interface AttemptedOperation {
  readonly recorder: SliceRecorder
  readonly prepared: Prepared
  /** What is asked for, made ready for the driver of another target. */
  preparedFor(other: Driver): Prepared
  /** The index under which it is counted, and whether it is measured. */
  readonly requestIndex: number
  readonly measured: boolean
  /** One more attempt was made, wherever it went. */
  attemptMade(): void
  /** Looks at the reply of an attempt that succeeded: null, or what is wrong with it. */
  examine(reply: Reply): string | null
  /** An attempt has ended; until another does, its reply is the operation's. */
  answeredBy(attempt: Attempt): void
}

/** The innermost step of an operation: attempts on a lane, one at a time, each counted. It allocates nothing. */
export class Attempt implements Step, AttemptListener {
  readonly #operation: AttemptedOperation
  readonly #owner: StepOwner
  readonly #driver: Driver
  readonly #user: object
  readonly #primary: Lane
  /** To other targets, by name; made when one is first asked. */
  #others: Map<string, { readonly driver: Driver; readonly lane: Lane }> | null = null
  /** That of the last attempt, with the counts of its target; null for the first target's. */
  #lane: Lane
  #elsewhere: TargetCounts | null = null
  #startedNs = 0

  /** Attempts of one `user` share what is the user's own, however many there are at once. */
  constructor(operation: AttemptedOperation, driver: Driver, user: object, owner: StepOwner) {
    this.#operation = operation
    this.#owner = owner
    this.#driver = driver
    this.#user = user
    this.#primary = driver.lane(this, user)
    this.#lane = this.#primary
  }

  /** The reply to the last attempt; valid while its end is being told. */
  get reply(): Reply {
    return this.#lane.reply
  }

  begin({ target }: Call, nowNs: number): void {
    const { recorder, prepared } = this.#operation
    recorder.attemptBegan(nowNs)
    this.#startedNs = nowNs
    if (target !== null) return this.#beginElsewhere(target, nowNs)
    this.#elsewhere = null
    this.#lane = this.#primary
    this.#lane.start(prepared, nowNs)
  }

  cancel(): null {
    const { recorder, measured } = this.#operation
    this.#count()
    recorder.counts(measured).attempts.cancelled++
    if (this.#elsewhere) this.#elsewhere.cancelled++
    this.#lane.cancel()
    this.#countBytes()
    return null
  }

  granted(nowNs: number): void {
    const { recorder, measured } = this.#operation
    if (measured) recorder.queued(nowNs - this.#startedNs)
  }

  connected(nowNs: number): void {
    const { recorder, measured } = this.#operation
    recorder.counts(measured).wire.connects++
    if (measured) recorder.connected(nowNs - this.#startedNs)
  }

  firstByte(nowNs: number): void {
    const { recorder, measured } = this.#operation
    if (measured) recorder.firstByte(nowNs - this.#startedNs)
  }

  resent(): void {
    const { recorder, measured } = this.#operation
    recorder.counts(measured).wire.staleReconnects++
    if (this.#elsewhere) this.#elsewhere.resent++
  }

  attemptEnded(outcome: Outcome, nowNs: number, detail: string | null): void {
    const { recorder, measured, requestIndex } = this.#operation
    this.#operation.answeredBy(this)
    if (outcome.error === 'pool-timeout') return this.#refused(outcome, nowNs, detail)
    this.#count()
    const wrong = outcome.ok ? this.#operation.examine(this.#lane.reply) : detail
    const settled = outcome.ok && wrong !== null ? failure('check') : outcome
    this.#countBytes()
    if (settled.ok) {
      const request = recorder.request(measured, requestIndex)
      request.responses++
      request.bytesReceived += this.#lane.receivedBytes
    } else this.#failed(settled, wrong)
    if (measured) recorder.attemptTook(nowNs - this.#startedNs)
    this.#owner.ended(settled, nowNs)
  }

  /** What never had a connection is no attempt; but of the waits for one, those in vain are the longest. */
  #refused(outcome: Outcome, nowNs: number, detail: string | null): void {
    const { recorder, measured } = this.#operation
    if (detail !== null) recorder.problem(outcome, detail)
    if (measured) recorder.queued(nowNs - this.#startedNs)
    this.#owner.ended(outcome, nowNs)
  }

  #count(): void {
    const { recorder, measured } = this.#operation
    recorder.counts(measured).attempts.count++
    if (this.#elsewhere) this.#elsewhere.count++
    this.#operation.attemptMade()
  }

  #beginElsewhere(target: string, nowNs: number): void {
    const { recorder, measured } = this.#operation
    const { driver, lane } = this.#laneTo(target)
    this.#elsewhere = recorder.elsewhere(measured, target)
    this.#lane = lane
    lane.start(this.#operation.preparedFor(driver), nowNs)
  }

  #laneTo(target: string): { readonly driver: Driver; readonly lane: Lane } {
    const lanes = (this.#others ??= new Map())
    const known = lanes.get(target)
    if (known) return known
    const driver = this.#driver.others?.get(target)
    if (!driver) throw new RangeError(`no target ${target}`)
    const made = { driver, lane: driver.lane(this, this.#user) }
    lanes.set(target, made)
    return made
  }

  #failed(outcome: Outcome, detail: string | null): void {
    const { recorder, measured } = this.#operation
    recorder.attemptFailed(measured, outcome, detail)
    if (!this.#elsewhere) return
    this.#elsewhere.failed++
    increment(this.#elsewhere.errors, outcome.error ?? 'protocol')
  }

  #countBytes(): void {
    const { recorder, measured } = this.#operation
    const { wire } = recorder.counts(measured)
    wire.bytesSent += this.#lane.sentBytes
    wire.bytesReceived += this.#lane.receivedBytes
  }
}
