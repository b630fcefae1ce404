import type { Rng } from '../../kernel/rng.ts'

/** How long to wait before a call: `call` counts from 2, the first repetition. Pure but for the rng. */
export interface RetryStrategy {
  readonly keyword: string
  delayNs(settings: RetryDelays, call: number, rng: Rng): number
}

/** The delays of a retry, in ns. */
export interface RetryDelays {
  readonly baseDelayNs: number
  readonly maxDelayNs: number
}
