import type { RetryStrategy } from './strategy.ts'

/** Doubling delays: d, 2d, 4d, never above the maximum. */
export const exponential: RetryStrategy = {
  keyword: 'exponential',
  delayNs: ({ baseDelayNs, maxDelayNs }, call) => Math.min(baseDelayNs * 2 ** (call - 2), maxDelayNs),
}
