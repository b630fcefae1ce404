import type { Rng } from '../kernel/rng.ts'
import { type TimerWheel, type WheelEntry, wheelEntry } from '../kernel/timer-wheel.ts'
import { allOf } from './lingering.ts'
import type { Outcome } from './outcome.ts'
import { type Decision, decisions, type PolicyStage, type StagedPolicy } from './policy.ts'
import type { Call, Lingering, MakeStep, Step, StepOwner } from './step.ts'

/** What a pipeline is made of. */
export interface PipelineOptions {
  /** The first is outermost. */
  readonly policies: readonly StagedPolicy[]
  readonly inner: MakeStep
  readonly owner: StepOwner
  readonly wheel: TimerWheel
  readonly rng: Rng
}

/**
 * State machines of client policies around an inside, for one operation at a time. One is made per closed loop and used
 * again for each operation, so that an operation allocates nothing.
 */
export class Pipeline implements Step, StepOwner {
  readonly #stages: readonly PolicyStage[]
  readonly #entries: readonly WheelEntry[]
  readonly #inner: Step
  readonly #owner: StepOwner
  readonly #wheel: TimerWheel
  #call: Call | null = null
  /** How many stages are at work, counted from the outermost. */
  #depth = 0
  #running = false
  /** Counts beginnings and cancellations: what an event of a stage has set off may have come back here. */
  #epoch = 0
  /** By stage, what goes on inside of it after it was given up; null as long as nothing does. */
  #goingOn: (Lingering | null)[] | null = null

  constructor({ policies, inner, owner, wheel, rng }: PipelineOptions) {
    this.#wheel = wheel
    this.#owner = owner
    this.#stages = policies.map((policy, index) =>
      policy.stage({ rng: rng.fork(index), act: (decision, nowNs) => this.#act(index, decision, nowNs) }),
    )
    this.#entries = this.#stages.map((_, index) => wheelEntry((nowNs) => this.#timer(index, nowNs)))
    this.#inner = inner(this)
  }

  begin(call: Call, nowNs: number): void {
    this.#epoch++
    this.#call = call
    this.#goingOn = null
    this.#inwards(0, nowNs)
  }

  cancel(nowNs: number): Lingering | null {
    this.#epoch++
    return this.#endInside(-1, nowNs)
  }

  /** What is inside of all stages has ended. */
  ended(outcome: Outcome, nowNs: number, lingering: Lingering | null = null): void {
    this.#running = false
    this.#outwards(outcome, nowNs, lingering)
  }

  #inwards(from: number, nowNs: number): void {
    const call = this.#call as Call
    for (let index = from; index < this.#stages.length; index++) {
      const stage = this.#stages[index] as PolicyStage
      const decision = stage.begin(call, nowNs)
      this.#schedule(index, stage)
      if (decision === decisions.settle) return this.#outwards(stage.ownOutcome as Outcome, nowNs, null)
      this.#depth = index + 1
      if (decision === decisions.wait) return
    }
    this.#running = true
    this.#inner.begin(call, nowNs)
  }

  /** An outcome passes the stages that are at work, the innermost first, and with it the work that goes on inside of them. */
  #outwards(inside: Outcome, nowNs: number, left: Lingering | null): void {
    const epoch = this.#epoch
    let outcome = inside
    let lingering = left
    while (this.#depth > 0) {
      const index = this.#depth - 1
      const stage = this.#stages[index] as PolicyStage
      lingering = this.#takeGoingOn(index, lingering)
      const decision = stage.settled(outcome, nowNs, lingering)
      // What it gave back may have let another operation end, and that one may have ended this one.
      if (this.#epoch !== epoch) return
      this.#schedule(index, stage)
      if (decision !== decisions.settle && lingering) this.#keepGoingOn(index, lingering)
      if (decision === decisions.wait) return
      if (decision === decisions.proceed) return this.#inwards(index + 1, nowNs)
      this.#depth = index
      outcome = stage.ownOutcome ?? outcome
    }
    this.#owner.ended(outcome, nowNs, lingering)
  }

  #timer(index: number, nowNs: number): void {
    const epoch = this.#epoch
    const decision = (this.#stages[index] as PolicyStage).timer(nowNs)
    if (this.#epoch === epoch) this.#act(index, decision, nowNs)
  }

  /** A stage at work has decided by itself. */
  #act(index: number, decision: Decision, nowNs: number): void {
    const stage = this.#stages[index] as PolicyStage
    this.#schedule(index, stage)
    if (decision === decisions.wait) return
    const epoch = this.#epoch
    const call = this.#call as Call
    const { deadlineNs } = call
    const lingering = this.#endInside(index, nowNs)
    if (this.#epoch !== epoch) return
    // The stage has given back its own deadline by now; what was inside of it has then given back that of the stage.
    call.deadlineNs = deadlineNs
    if (decision === decisions.proceed) {
      if (lingering) this.#keepGoingOn(index, lingering)
      return this.#inwards(index + 1, nowNs)
    }
    this.#depth = index
    this.#outwards(stage.ownOutcome as Outcome, nowNs, this.#takeGoingOn(index, lingering))
  }

  /** Gives up what is inside of a stage: the inside of all, then the stages, the innermost first. */
  #endInside(index: number, nowNs: number): Lingering | null {
    let lingering = this.#running ? this.#inner.cancel(nowNs) : null
    this.#running = false
    while (this.#depth > index + 1) {
      this.#depth--
      const stage = this.#stages[this.#depth] as PolicyStage
      this.#wheel.cancel(this.#entries[this.#depth] as WheelEntry)
      lingering = this.#takeGoingOn(this.#depth, lingering)
      stage.abandoned(nowNs, lingering)
    }
    return lingering
  }

  /** Keeps what goes on inside of a stage, which runs its inside again, until it settles. */
  #keepGoingOn(index: number, lingering: Lingering): void {
    this.#goingOn ??= this.#stages.map(() => null)
    this.#goingOn[index] = lingering
  }

  /** All that goes on inside of a stage: what was kept, and what has just been left. */
  #takeGoingOn(index: number, left: Lingering | null): Lingering | null {
    const kept = this.#goingOn?.[index] ?? null
    if (kept === null || this.#goingOn === null) return left
    this.#goingOn[index] = null
    return left === null ? kept : allOf([kept, left])
  }

  #schedule(index: number, stage: PolicyStage): void {
    const entry = this.#entries[index] as WheelEntry
    if (stage.dueNs === Number.POSITIVE_INFINITY) this.#wheel.cancel(entry)
    else if (entry.next === null || entry.dueNs !== stage.dueNs) this.#wheel.schedule(entry, stage.dueNs)
  }
}
