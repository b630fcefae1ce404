import { delaysOf, jittered, type RetryStrategy } from './strategy.ts'

/** Delays that grow by the first: d, 2d, 3d. */
export const linear: RetryStrategy = {
  keyword: 'linear',
  open: (delays) => delaysOf((call, rng) => jittered(delays.baseDelayNs * (call - 1), delays, rng)),
}
