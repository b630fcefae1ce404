import type { RetryBudget } from './retry-budget.ts'

/** The retry budget of Envoy and of failsafe-go. */
export interface ConcurrentSettings {
  readonly kind: 'concurrent'
  /** Part of what is in flight that may be extra attempts. */
  readonly share: number
  /** So many are allowed whatever is in flight. */
  readonly minConcurrency: number
}

/** What is lost when a share is taken. */
const rounding = 1e-9

/**
 * Extra attempts at once, those that still wait for their beginning included, are at most `share` of all attempts at once or
 * `minConcurrency`, whichever is more, rounded down (Envoy's `retry_budget`, failsafe-go's `Budget`).
 */
export function openConcurrentBudget({ share, minConcurrency }: ConcurrentSettings): RetryBudget {
  let first = 0
  let extra = 0
  return {
    begun() {
      first++
    },
    ended(_outcome, retried) {
      if (!retried) first--
    },
    withdraw() {
      if (extra >= Math.floor(Math.max(minConcurrency, share * (first + extra + 1)) + rounding)) return false
      extra++
      return true
    },
    returned() {
      extra--
    },
  }
}
