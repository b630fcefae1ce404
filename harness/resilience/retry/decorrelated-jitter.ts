import type { Rng } from '../../kernel/rng.ts'
import type { OperationDelays, RetryDelays, RetryStrategy } from './strategy.ts'

/**
 * Each delay is drawn by the one before: min(cap, U(d, 3·previous)), where the first follows d (AWS, as `fullJitter`). What
 * cockatiel and Polly call by this name is another curve.
 */
export const decorrelatedJitter: RetryStrategy = {
  keyword: 'decorrelatedJitter',
  open: (delays) => ({ operation: (rng) => delaysOfOperation(delays, rng) }),
}

function delaysOfOperation({ baseDelayNs, maxDelayNs }: RetryDelays, rng: Rng): OperationDelays {
  let previousNs = baseDelayNs
  return {
    begin() {
      previousNs = baseDelayNs
    },
    attemptEnded: () => {},
    delayNs() {
      previousNs = Math.min(maxDelayNs, baseDelayNs + rng.next() * (3 * previousNs - baseDelayNs))
      return previousNs
    },
    ended: () => {},
  }
}
