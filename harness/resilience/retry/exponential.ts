import { delaysOf, grown, jittered, type RetryStrategy } from './strategy.ts'

/** Delays that grow by a factor: d, 2d, 4d. */
export const exponential: RetryStrategy = {
  keyword: 'exponential',
  open: (delays) => delaysOf((call, rng) => jittered(grown(delays, call), delays, rng)),
}
