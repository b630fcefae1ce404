import { delaysOf, jittered, type RetryStrategy } from './strategy.ts'

/** The same delay before every repetition: d, d, d. */
export const fixed: RetryStrategy = {
  keyword: 'fixed',
  open: (delays) => delaysOf((_call, rng) => jittered(delays.baseDelayNs, delays, rng)),
}
