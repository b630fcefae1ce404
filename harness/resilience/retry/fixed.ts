import type { RetryStrategy } from './strategy.ts'

/** The same delay before every repetition: d, d, d. */
export const fixed: RetryStrategy = {
  keyword: 'fixed',
  delayNs: ({ baseDelayNs, maxDelayNs }) => Math.min(baseDelayNs, maxDelayNs),
}
