import { isSuccess, type Outcome } from '../outcome.ts'
import type { RetryBudget } from './retry-budget.ts'

/** The retry quota of the AWS SDKs. */
export interface AwsSettings {
  readonly kind: 'aws'
  readonly capacity: number
  readonly retryCost: number
  /** Of a repetition after a timeout. */
  readonly timeoutCost: number
}

/** What a success without a repetition gives back. */
const noRetryIncrement = 1

/**
 * The quota of the AWS SDKs' standard mode: it starts full, a repetition costs `retryCost`, one after a timeout
 * `timeoutCost`; when it succeeds its cost comes back, and a success at the first try gives 1. Without enough there is no
 * repetition.
 */
export function openAwsBudget({ capacity, retryCost, timeoutCost }: AwsSettings): RetryBudget {
  let tokens = capacity
  const costOf = (after: Outcome | null): number => {
    const error = after?.error ?? null
    return error === 'timeout' || error === 'connect' || error === 'lost' ? timeoutCost : retryCost
  }
  return {
    begun: () => {},
    ended(outcome, retried, _nowNs, after = null) {
      if (isSuccess(outcome)) tokens = Math.min(capacity, tokens + (retried ? costOf(after) : noRetryIncrement))
    },
    withdraw(outcome) {
      const cost = costOf(outcome)
      if (cost > tokens) return false
      tokens -= cost
      return true
    },
    returned: () => {},
  }
}
