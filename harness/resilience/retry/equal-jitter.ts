import { delaysOf, grown, type RetryStrategy } from './strategy.ts'

/** Half of the exponential delay, and up to as much again: t/2 + U(0, t/2), t = min(cap, d·f^n) (AWS, as `fullJitter`). */
export const equalJitter: RetryStrategy = {
  keyword: 'equalJitter',
  open: (delays) => delaysOf((call, rng) => (Math.min(delays.maxDelayNs, grown(delays, call)) * (1 + rng.next())) / 2),
}
