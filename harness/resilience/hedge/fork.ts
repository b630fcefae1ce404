import { type WheelEntry, wheelEntry } from '../../kernel/timer-wheel.ts'
import { BranchCall } from '../branch-call.ts'
import type { RetryBudget } from '../budget/budget.ts'
import { failureClassOf } from '../classify.ts'
import { allOf } from '../lingering.ts'
import { failure, type Outcome } from '../outcome.ts'
import type { ForkContext } from '../policy.ts'
import type { Call, Lingering, Step, StepOwner } from '../step.ts'

export interface HedgeCounters extends Record<string, number> {
  /** First attempts: one for each time that what is inside was asked for. */
  primaries: number
  hedges: number
  /** Successes of the first attempt, and of one beside it. */
  primaryWins: number
  hedgeWins: number
  hedgesCancelled: number
  hedgeRefused: number
}

/** What the operations of one client share. */
export interface HedgeShared {
  readonly counters: HedgeCounters
  readonly maxHedges: number
  readonly budget: RetryBudget | null
  /** How long to wait now. */
  delayNs(): number
  /** A first attempt has succeeded, or was still at it after so long when another one did. */
  took(durationNs: number): void
}

/** Runs what is inside of it as often as it takes for one operation at a time. Branches are made when first needed, and kept. */
export class HedgeFork implements Step {
  readonly #shared: HedgeShared
  readonly #context: ForkContext
  readonly #branches: Branch[] = []
  readonly #entry: WheelEntry = wheelEntry((nowNs) => this.#due(nowNs))
  #call: Call | null = null
  /** Changes with each beginning and end: whoever comes back from a call knows by it whether he still speaks of the same. */
  #turn = 0
  /** Branches of the operation that have begun, and those that are still at it. */
  #begun = 0
  #running = 0
  #delayNs = 0
  #mayHedge = false
  /** From when on another attempt is welcome. */
  #fromNs = 0
  /** Its branches are being ended: what one sets free may let another go on, whose end then means nothing. */
  #givingUp = false
  /** Work of the operation that goes on after it was given up. */
  #goingOn: Lingering | null = null

  constructor(shared: HedgeShared, context: ForkContext) {
    this.#shared = shared
    this.#context = context
  }

  begin(call: Call, nowNs: number): void {
    const { counters, budget } = this.#shared
    const turn = ++this.#turn
    this.#call = call
    this.#begun = 0
    this.#goingOn = null
    this.#fromNs = 0
    this.#mayHedge = call.idempotent
    this.#delayNs = this.#shared.delayNs()
    counters.primaries++
    budget?.begun(nowNs)
    this.#start(nowNs)
    if (this.#delayNs > 0) return
    while (this.#turn === turn && this.#mayHedge) this.#hedge(null, nowNs)
  }

  cancel(nowNs: number): Lingering | null {
    this.#turn++
    this.#giveUp(nowNs)
    return this.#goingOn
  }

  /** A branch has ended. */
  branchEnded(branch: Branch, outcome: Outcome, nowNs: number, lingering: Lingering | null): void {
    this.#running--
    this.#keepGoingOn(lingering)
    this.#returned(branch, outcome, nowNs)
    if (this.#givingUp) return
    if (outcome.ok) return this.#won(branch, outcome, nowNs)
    if (outcome.retryAfterNs > 0) this.#putOff(nowNs + outcome.retryAfterNs)
    if (nowNs >= this.#fromNs && worthAnother(outcome) && this.#hedge(outcome, nowNs)) return
    if (this.#running === 0) this.#settle(outcome, nowNs)
  }

  #due(nowNs: number): void {
    this.#hedge(null, nowNs)
  }

  /** An answer asks for no other attempt before then, or for none at all. */
  #putOff(untilNs: number): void {
    const { wheel } = this.#context
    this.#fromNs = Math.max(this.#fromNs, untilNs)
    if (this.#fromNs === Number.POSITIVE_INFINITY || this.#delayNs === 0) this.#mayHedge = false
    if (!this.#mayHedge) wheel.cancel(this.#entry)
    else if (this.#entry.dueNs < this.#fromNs) wheel.schedule(this.#entry, this.#fromNs)
  }

  /** Starts one more attempt beside what runs, or after a failure. False where there may be none. */
  #hedge(after: Outcome | null, nowNs: number): boolean {
    const { counters, budget } = this.#shared
    if (!this.#mayHedge) return false
    if (budget && !budget.withdraw(after, nowNs)) {
      // Not asked again: an operation that may not have one now is not to get one by asking often.
      this.#mayHedge = false
      counters.hedgeRefused++
      return false
    }
    counters.hedges++
    this.#start(nowNs, after)
    return true
  }

  /** The next timer is set before the branch begins, since that may end the operation. */
  #start(nowNs: number, after: Outcome | null = null): void {
    const index = this.#begun++
    if (index >= this.#shared.maxHedges) this.#mayHedge = false
    const { wheel } = this.#context
    if (this.#mayHedge && this.#delayNs > 0) wheel.schedule(this.#entry, nowNs + this.#delayNs)
    else wheel.cancel(this.#entry)
    this.#running++
    const branch = (this.#branches[index] ??= new Branch(this, this.#context, index))
    branch.begin(this.#call as Call, after, nowNs)
  }

  #won(branch: Branch, outcome: Outcome, nowNs: number): void {
    const { counters } = this.#shared
    const [primary] = this.#branches
    if (branch === primary) counters.primaryWins++
    else counters.hedgeWins++
    // Also one that another has overtaken: else the slow ones would be missing, and each would be taken for slow in the end.
    if (primary && (branch === primary || primary.running)) this.#shared.took(nowNs - primary.begunNs)
    const turn = this.#turn
    if (this.#running > 0) this.#giveUp(nowNs)
    // What was given up may have let another operation end, and that one may have ended this one.
    if (this.#turn === turn) this.#settle(outcome, nowNs)
  }

  #settle(outcome: Outcome, nowNs: number): void {
    this.#turn++
    this.#context.wheel.cancel(this.#entry)
    this.#context.owner.ended(outcome, nowNs, this.#goingOn)
  }

  #keepGoingOn(lingering: Lingering | null): void {
    if (lingering) this.#goingOn = this.#goingOn ? allOf([this.#goingOn, lingering]) : lingering
  }

  /** Ends all that run, the last first: who waits for a place would else be given that of one just ended. */
  #giveUp(nowNs: number): void {
    const turn = this.#turn
    this.#context.wheel.cancel(this.#entry)
    this.#mayHedge = false
    this.#givingUp = true
    for (let index = this.#begun - 1; index >= 0; index--) {
      const branch = this.#branches[index]
      if (!branch?.running) continue
      if (index > 0) this.#shared.counters.hedgesCancelled++
      const lingering = branch.cancel(nowNs)
      this.#returned(branch, aborted, nowNs)
      if (this.#turn !== turn) return
      this.#keepGoingOn(lingering)
    }
    this.#givingUp = false
    this.#running = 0
  }

  #returned({ index, after }: Branch, outcome: Outcome, nowNs: number): void {
    const { budget } = this.#shared
    budget?.ended(outcome, index > 0, nowNs, after)
    if (index > 0) budget?.returned(nowNs)
  }
}

const aborted = failure('aborted')

/** Whether asking once more may help: not where the client itself refused, nor where the answer would be the same. */
function worthAnother(outcome: Outcome): boolean {
  return failureClassOf(outcome) === 'transient'
}

/** One of the attempts of an operation. */
class Branch implements StepOwner {
  readonly index: number
  running = false
  begunNs = 0
  /** The failure after which it began; null where it began beside what ran. */
  after: Outcome | null = null
  readonly #fork: HedgeFork
  readonly #step: Step
  readonly #call = new BranchCall()

  constructor(fork: HedgeFork, { inner }: ForkContext, index: number) {
    this.#fork = fork
    this.index = index
    this.#step = inner(this)
  }

  begin(call: Call, after: Outcome | null, nowNs: number): void {
    this.running = true
    this.begunNs = nowNs
    this.after = after
    this.#step.begin(this.#call.follow(call), nowNs)
  }

  cancel(nowNs: number): Lingering | null {
    this.running = false
    return this.#step.cancel(nowNs)
  }

  ended(outcome: Outcome, nowNs: number, lingering: Lingering | null = null): void {
    this.running = false
    this.#fork.branchEnded(this, outcome, nowNs, lingering)
  }
}
