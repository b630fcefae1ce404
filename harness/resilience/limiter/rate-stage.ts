import { createWaiter, type Waiter } from '../../kernel/waiting-line.ts'
import { failure, type Outcome } from '../outcome.ts'
import { type Decision, decisions, type PolicyStage, type StageContext } from '../policy.ts'
import type { Call } from '../step.ts'
import type { RateLimiter } from './rate-limiter.ts'

const never = Number.POSITIVE_INFINITY
const refused = failure('rate-limited')
const timedOut = failure('timeout')

/** Turns are computed in floating point; a turn that comes so much after the longest wait is still in time. */
const roundingNs = 1000

/**
 * Lets an operation on when its turn has come. Refuses as `rate-limited` at once where that would take longer than
 * `maxWaitNs` or come after the caller's deadline, and later only where the rate was cut meanwhile.
 */
export class RateStage implements PolicyStage {
  dueNs = never
  ownOutcome: Outcome | null = null
  readonly #limiter: RateLimiter
  readonly #maxWaitNs: number
  readonly #waiter: Waiter<null>
  #waiting = false
  #passedNs = 0
  #deadlineNs = never

  constructor(limiter: RateLimiter, maxWaitNs: number, { act }: StageContext) {
    this.#limiter = limiter
    this.#maxWaitNs = maxWaitNs
    this.#waiter = createWaiter<null>((_, nowNs) => {
      this.#proceed(nowNs)
      act(decisions.proceed, nowNs)
    })
  }

  begin(call: Call, nowNs: number): Decision {
    this.ownOutcome = null
    this.#deadlineNs = call.deadlineNs
    const decision = this.#limiter.enter(this.#waiter, Math.min(this.#maxWaitNs, call.deadlineNs - nowNs), nowNs)
    if (decision === decisions.proceed) return this.#proceed(nowNs)
    if (decision === decisions.settle) return this.#refuse()
    this.#waiting = true
    this.dueNs = nowNs + this.#maxWaitNs + roundingNs
    return decision
  }

  settled(outcome: Outcome, nowNs: number): Decision {
    this.#ended(outcome, nowNs)
    return decisions.settle
  }

  timer(nowNs: number): Decision {
    return this.#limiter.expire(this.#waiter, nowNs) ? this.#proceed(nowNs) : this.#refuse()
  }

  abandoned(nowNs: number): void {
    this.dueNs = never
    if (!this.#waiting) {
      // Whoever has waited until the deadline has seen a timeout; who has not says nothing of the target.
      if (nowNs >= this.#deadlineNs) this.#ended(timedOut, nowNs)
      return
    }
    this.#waiting = false
    this.#limiter.withdraw(this.#waiter, nowNs)
  }

  #proceed(nowNs: number): Decision {
    this.#waiting = false
    this.dueNs = never
    this.#passedNs = nowNs
    return decisions.proceed
  }

  #refuse(): Decision {
    this.#waiting = false
    this.dueNs = never
    this.ownOutcome = refused
    return decisions.settle
  }

  #ended(outcome: Outcome, nowNs: number): void {
    const { algorithm, waiting } = this.#limiter
    if (!algorithm.ended) return
    algorithm.ended(outcome, this.#passedNs, nowNs)
    if (waiting > 0) this.#limiter.retime(nowNs)
  }
}
