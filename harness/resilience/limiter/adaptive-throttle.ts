import type { Rng } from '../../kernel/rng.ts'
import { failure, isOwnRefusal, type Outcome } from '../outcome.ts'
import { type Decision, decisions, type PolicyStage } from '../policy.ts'
import type { Call } from '../step.ts'
import { tookOn } from './overload.ts'
import { RecentCounts } from './recent-counts.ts'

/** How a client throttles itself. */
export interface ThrottleOptions {
  /** So many times as much is asked for as the target takes on; at least 1. */
  readonly k: number
  readonly windowNs: number
}

/**
 * Refuses by chance while the target takes on less than it is asked: with probability
 * max(0, (requests - K·accepts) / (requests + 1)), over the last while (Site Reliability Engineering, ch. 21, "Client-side
 * throttling"). What is refused here is a request too; what still runs is not one yet, since nobody knows of it.
 */
export class AdaptiveThrottle {
  readonly counts = { accepted: 0, rejected: 0 }
  readonly #k: number
  readonly #recent: RecentCounts

  constructor({ k, windowNs }: ThrottleOptions) {
    this.#k = k
    this.#recent = new RecentCounts(windowNs)
  }

  /** The probability with which a request is refused now. */
  refusal(nowNs: number): number {
    const [requests, accepts] = this.#recent.at(nowNs)
    return Math.max(0, (requests - this.#k * accepts) / (requests + 1))
  }

  /** Whether one more may pass. */
  admits(rng: Rng, nowNs: number): boolean {
    if (rng.next() >= this.refusal(nowNs)) {
      this.counts.accepted++
      return true
    }
    this.counts.rejected++
    this.#recent.add(1, 0, nowNs)
    return false
  }

  /** The end of a request that has passed. */
  ended(outcome: Outcome, nowNs: number): void {
    if (!isOwnRefusal(outcome)) this.#recent.add(1, tookOn(outcome) ? 1 : 0, nowNs)
  }
}

const refused = failure('rate-limited')
const timedOut = failure('timeout')

/** The throttle around one operation. */
export class ThrottleStage implements PolicyStage {
  readonly dueNs = Number.POSITIVE_INFINITY
  ownOutcome: Outcome | null = null
  readonly #throttle: AdaptiveThrottle
  readonly #rng: Rng
  #deadlineNs = Number.POSITIVE_INFINITY

  constructor(throttle: AdaptiveThrottle, rng: Rng) {
    this.#throttle = throttle
    this.#rng = rng
  }

  begin(call: Call, nowNs: number): Decision {
    this.#deadlineNs = call.deadlineNs
    const admitted = this.#throttle.admits(this.#rng, nowNs)
    this.ownOutcome = admitted ? null : refused
    return admitted ? decisions.proceed : decisions.settle
  }

  settled(outcome: Outcome, nowNs: number): Decision {
    this.#throttle.ended(outcome, nowNs)
    return decisions.settle
  }

  timer(): Decision {
    return decisions.wait
  }

  abandoned(nowNs: number): void {
    if (nowNs >= this.#deadlineNs) this.#throttle.ended(timedOut, nowNs)
  }
}
