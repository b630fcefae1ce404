import { nsPerSecond } from '../../kernel/units.ts'
import type { RetryBudget } from './retry-budget.ts'

/** Finagle's budget. */
export interface TokenBucketSettings {
  readonly kind: 'tokenBucket'
  /** How long a first attempt counts. */
  readonly ttlNs: number
  /** Extra attempts per first one; 0.2 allows one in five. */
  readonly percentCanRetry: number
  /** Extra attempts per second that are allowed whatever the first ones are. */
  readonly minRetriesPerSecond: number
}

/** Parts of the time to live by which what is old is forgotten, as Finagle's `WindowedAdder` does it. */
const slices = 10

/** What is lost when shares are added up. */
const rounding = 1e-9

/**
 * Over the last `ttl`, at most `percentCanRetry` of the first attempts and `minRetriesPerSecond` · `ttl` besides may be
 * repeated (Finagle's `RetryBudget`: a leaky bucket with a reserve). What is older than `ttl` is forgotten a tenth of it
 * at a time, so it counts for 90 to 100 % of it.
 */
export function openTokenBucket(settings: TokenBucketSettings): RetryBudget {
  const { ttlNs, percentCanRetry, minRetriesPerSecond } = settings
  const sliceNs = ttlNs / slices
  const reserve = (minRetriesPerSecond * ttlNs) / nsPerSecond
  /** What each slice has left in retries; deposits add, withdrawals take away. */
  const left = new Float64Array(slices)
  let balance = 0
  let slice = 0
  const forget = (nowNs: number): void => {
    const current = Math.floor(nowNs / sliceNs)
    if (current === slice) return
    const gone = Math.min(slices, current - slice)
    slice = current
    for (let index = 0; index < gone; index++) left[(current - index) % slices] = 0
    // Added up anew, so that no error of rounding stays.
    balance = left.reduce((sum, one) => sum + one, 0)
  }
  const add = (retries: number): void => {
    const at = slice % slices
    left[at] = (left[at] ?? 0) + retries
    balance += retries
  }
  return {
    begun(nowNs) {
      forget(nowNs)
      add(percentCanRetry)
    },
    ended: () => {},
    withdraw(_outcome, nowNs) {
      forget(nowNs)
      if (balance + reserve < 1 - rounding) return false
      add(-1)
      return true
    },
    returned: () => {},
  }
}
