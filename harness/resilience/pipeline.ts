import { type TimerWheel, type WheelEntry, wheelEntry } from '../kernel/timer-wheel.ts'
import { decisions, type OperationFacts, type Outcome, type PolicyStage } from './policy.ts'

/** What the pipeline drives: attempts on the wire. */
export interface AttemptPort {
  /** Starts an attempt; its end must reach `attemptSettled`, never within this call. */
  attempt(nowNs: number): void
  /** Ends the attempt in flight; it will not settle any more. */
  cancel(nowNs: number): void
  /** The operation has ended. */
  finished(outcome: Outcome, nowNs: number): void
}

/**
 * Runs one operation at a time through client policies, the first outermost: operation → policy → attempt. One is
 * made per closed loop and used again for each operation, so that an operation allocates nothing.
 */
export class OperationPipeline {
  readonly #stages: readonly PolicyStage[]
  readonly #entries: readonly WheelEntry[]
  readonly #wheel: TimerWheel
  readonly #port: AttemptPort
  #operation: OperationFacts = { idempotent: true }
  #attempting = false
  #running = false

  constructor(stages: readonly PolicyStage[], wheel: TimerWheel, port: AttemptPort) {
    this.#stages = stages
    this.#wheel = wheel
    this.#port = port
    this.#entries = stages.map((_, index) => wheelEntry((nowNs) => this.#timer(index, nowNs)))
  }

  /** True from `begin` until `finished` was called. */
  get running(): boolean {
    return this.#running
  }

  begin(operation: OperationFacts, nowNs: number): void {
    this.#operation = operation
    this.#running = true
    this.#inwards(0, nowNs)
  }

  /** The attempt in flight has ended. */
  attemptSettled(outcome: Outcome, nowNs: number): void {
    this.#attempting = false
    this.#outwards(this.#stages.length - 1, outcome, nowNs)
  }

  /** Ends the operation from outside, in any state: `finished` is called with this outcome. */
  abort(outcome: Outcome, nowNs: number): void {
    if (!this.#running) return
    this.#endInside(-1, nowNs)
    this.#finish(outcome, nowNs)
  }

  #inwards(from: number, nowNs: number): void {
    for (let index = from; index < this.#stages.length; index++) {
      const stage = this.#stages[index] as PolicyStage
      const decision = stage.begin(this.#operation, nowNs)
      this.#schedule(index, stage)
      if (decision === decisions.wait) return
      if (decision === decisions.settle) return this.#outwards(index - 1, stage.ownOutcome, nowNs)
    }
    this.#attempting = true
    this.#port.attempt(nowNs)
  }

  #outwards(from: number, outcome: Outcome, nowNs: number): void {
    for (let index = from; index >= 0; index--) {
      const stage = this.#stages[index] as PolicyStage
      const decision = stage.settled(outcome, nowNs)
      this.#schedule(index, stage)
      if (decision === decisions.wait) return
      if (decision === decisions.proceed) return this.#inwards(index + 1, nowNs)
    }
    this.#finish(outcome, nowNs)
  }

  #timer(index: number, nowNs: number): void {
    const stage = this.#stages[index] as PolicyStage
    const decision = stage.timer(nowNs)
    this.#schedule(index, stage)
    if (decision === decisions.proceed) this.#inwards(index + 1, nowNs)
    if (decision !== decisions.settle) return
    this.#endInside(index, nowNs)
    this.#outwards(index - 1, stage.ownOutcome, nowNs)
  }

  /** Ends what is inside of a stage: its timers, and the attempt. */
  #endInside(index: number, nowNs: number): void {
    for (let inner = index + 1; inner < this.#entries.length; inner++)
      this.#wheel.cancel(this.#entries[inner] as WheelEntry)
    if (!this.#attempting) return
    this.#attempting = false
    this.#port.cancel(nowNs)
  }

  #finish(outcome: Outcome, nowNs: number): void {
    for (const entry of this.#entries) this.#wheel.cancel(entry)
    this.#running = false
    this.#port.finished(outcome, nowNs)
  }

  #schedule(index: number, stage: PolicyStage): void {
    const entry = this.#entries[index] as WheelEntry
    if (stage.dueNs === Number.POSITIVE_INFINITY) this.#wheel.cancel(entry)
    else if (entry.next === null || entry.dueNs !== stage.dueNs) this.#wheel.schedule(entry, stage.dueNs)
  }
}
