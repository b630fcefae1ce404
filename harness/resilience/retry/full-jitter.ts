import { delaysOf, grown, type RetryStrategy } from './strategy.ts'

/** Anything up to the exponential delay: U(0, min(cap, d·f^n)) (AWS Architecture Blog, "Exponential Backoff And Jitter"). */
export const fullJitter: RetryStrategy = {
  keyword: 'fullJitter',
  open: (delays) => delaysOf((call, rng) => rng.next() * Math.min(delays.maxDelayNs, grown(delays, call))),
}
