import type { RetryBudget } from '../budget/budget.ts'
import { failure, type Outcome } from '../outcome.ts'
import { type Decision, decisions, type PolicyStage } from '../policy.ts'
import type { Call, Lingering } from '../step.ts'
import type { Repetitions } from './limit.ts'
import type { RetryRules } from './settings.ts'
import type { OperationDelays } from './strategy.ts'

/** What the retries of a client have counted. */
export interface RetryCounters extends Record<string, number> {
  /** Calls that were begun after a failed one: with the operations they are all calls. */
  retries: number
  /** Operations that failed after as many repetitions as they may have. */
  exhausted: number
  /** Operations that succeeded after a repetition. */
  recovered: number
  /** Operations that ended in a failure that is not repeated. */
  notRetryable: number
  /** Operations that were not repeated since they must not be sent twice. */
  notIdempotent: number
  /** Operations whose next call would have come too late. */
  deadlineGivenUp: number
  /** Operations for whose next call there was no budget. */
  budgetRefused: number
  /** What all waits came to, each in whole µs. */
  backoffUs: number
}

/** The rules that hold for some requests, as one operation at a time uses them. */
export interface OperationRules {
  readonly rules: RetryRules
  readonly repetitions: Repetitions
  readonly delays: OperationDelays
}

/** What a stage is made of. */
export interface RetryStageOptions {
  /** The rules of a request, by its name. */
  readonly rulesFor: (request: string) => OperationRules
  readonly budget: RetryBudget | null
  readonly counters: RetryCounters
}

const aborted = failure('aborted')
const nsPerUs = 1e3

/** Repeats the failed attempts of one operation at a time. */
export class RetryStage implements PolicyStage {
  dueNs = Number.POSITIVE_INFINITY
  ownOutcome: Outcome | null = null
  readonly #options: RetryStageOptions
  readonly #counters: RetryCounters
  readonly #budget: RetryBudget | null
  /** Repetitions so far, by the index of `Repetitions.limits`. */
  readonly #spent = [0, 0, 0]
  #own: OperationRules
  #call: Call | null = null
  #deadlineNs = Number.POSITIVE_INFINITY
  #calls = 0
  /** What the attempt that runs was begun after; null for the first. */
  #after: Outcome | null = null
  #waitingSinceNs = 0

  constructor(options: RetryStageOptions) {
    this.#options = options
    this.#counters = options.counters
    this.#budget = options.budget
    this.#own = options.rulesFor('')
  }

  begin(call: Call, nowNs: number): Decision {
    this.#own = this.#options.rulesFor(call.request)
    this.#call = call
    const { deadlineNs } = this.#own.rules
    this.#deadlineNs = deadlineNs === null ? Number.POSITIVE_INFINITY : nowNs + deadlineNs
    this.#calls = 1
    this.#after = null
    this.#spent.fill(0)
    this.dueNs = Number.POSITIVE_INFINITY
    this.ownOutcome = null
    this.#own.delays.begin()
    this.#budget?.begun(nowNs)
    return decisions.proceed
  }

  settled(outcome: Outcome, nowNs: number): Decision {
    const { delays } = this.#own
    this.#giveBack(outcome, this.#calls > 1, this.#after, nowNs)
    delays.attemptEnded(outcome, nowNs)
    if (outcome.ok) {
      if (this.#calls > 1) this.#counters.recovered++
      delays.ended(true, nowNs)
      return decisions.settle
    }
    const decision = this.#afterFailure(outcome, nowNs)
    if (decision === decisions.settle) delays.ended(false, nowNs)
    return decision
  }

  timer(nowNs: number): Decision {
    this.#waited(nowNs)
    return this.#repeated()
  }

  abandoned(nowNs: number, lingering: Lingering | null): void {
    if (this.dueNs !== Number.POSITIVE_INFINITY) {
      this.#waited(nowNs)
      this.#budget?.returned(nowNs)
    } else if (lingering) {
      const [retried, after] = [this.#calls > 1, this.#after]
      lingering.whenStopped((stoppedNs) => this.#giveBack(aborted, retried, after, stoppedNs))
    } else this.#giveBack(aborted, this.#calls > 1, this.#after, nowNs)
  }

  /** Begins or refuses the call after a failed one. */
  #afterFailure(failed: Outcome, nowNs: number): Decision {
    const counters = this.#counters
    const obstacle = this.#obstacleTo(failed)
    if (obstacle !== null) {
      if (this.#mayRepeat) counters[obstacle]++
      return decisions.settle
    }
    const waitNs = this.#waitNs(failed)
    if (nowNs + waitNs >= Math.min(this.#deadlineNs, (this.#call as Call).deadlineNs)) {
      counters.deadlineGivenUp++
      return decisions.settle
    }
    if (this.#budget?.withdraw(failed, nowNs) === false) {
      counters.budgetRefused++
      this.ownOutcome = failure('budget-exhausted', failed.status)
      return decisions.settle
    }
    this.#calls++
    this.#after = failed
    if (waitNs === 0) return this.#repeated()
    this.#waitingSinceNs = nowNs
    this.dueNs = nowNs + waitNs
    return decisions.wait
  }

  /** What stands against another call, whenever it would be; a repetition is spent where nothing does. */
  #obstacleTo(failed: Outcome): 'notRetryable' | 'exhausted' | 'notIdempotent' | null {
    const { rules, repetitions } = this.#own
    const kind = repetitions.kindOf(failed)
    const limit = repetitions.limits[kind] ?? 0
    const refused = failed.retryAfterNs === Number.POSITIVE_INFINITY && rules.retryAfter !== 'ignore'
    if (limit === 0 || refused) return 'notRetryable'
    const spent = this.#spent[kind] ?? 0
    if (spent >= limit) return 'exhausted'
    if (!(this.#call as Call).idempotent && !rules.nonIdempotent) return 'notIdempotent'
    this.#spent[kind] = spent + 1
    return null
  }

  /** Whether there are failures that would be repeated at all. */
  get #mayRepeat(): boolean {
    return this.#own.repetitions.limits.some((limit) => limit > 0)
  }

  /** Drawn once, and kept until it is over. */
  #waitNs({ retryAfterNs }: Outcome): number {
    const { rules, delays } = this.#own
    const delayNs = Math.round(delays.delayNs(this.#calls + 1))
    if (rules.retryAfter === 'ignore' || retryAfterNs <= delayNs) return delayNs
    if (rules.retryAfter === 'always') return retryAfterNs
    return Math.max(delayNs, Math.min(retryAfterNs, rules.delays.maxDelayNs))
  }

  #repeated(): Decision {
    this.#counters.retries++
    return decisions.proceed
  }

  #waited(nowNs: number): void {
    this.dueNs = Number.POSITIVE_INFINITY
    this.#counters.backoffUs += Math.round((nowNs - this.#waitingSinceNs) / nsPerUs)
  }

  #giveBack(outcome: Outcome, retried: boolean, after: Outcome | null, nowNs: number): void {
    const budget = this.#budget
    if (!budget) return
    budget.ended(outcome, retried, nowNs, after)
    if (retried) budget.returned(nowNs)
  }
}
