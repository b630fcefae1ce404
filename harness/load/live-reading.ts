import type { RetryFigures } from '../measure/retry-figures.ts'
import type { BreakerStats } from '../resilience/breaker/breaker.ts'
import type { PolicyCounters } from '../resilience/policy.ts'

/**
 * What one worker tells of the slice that runs, once in a while, where somebody watches. Counts are what they have grown by
 * since it last told, so that the sum over all readings of a slice is what its report says; the rest is as it stands.
 */
export interface LiveReading {
  readonly arm: string
  /** Which of the workers; each has policies of its own. */
  readonly worker: number
  readonly atNs: number
  /** What has ended, measured or not; a degraded operation is not among the ok ones here. */
  readonly operations: { readonly ok: number; readonly failed: number; readonly degraded: number }
  readonly attempts: number
  readonly policyCounters: PolicyCounters
  /** By request. */
  readonly retries: Readonly<Record<string, RetryFigures>>
  readonly breakers: readonly BreakerReading[]
  readonly bulkheads: readonly BulkheadReading[]
}

/** A circuit breaker as it stands. */
export interface BreakerReading {
  /** Null for the only one of its client, where it was not given a name. */
  readonly name: string | null
  readonly stats: BreakerStats
  /** Failures of the calls that it let through. */
  readonly failures: number
}

/** A compartment of a bulkhead as it stands. */
export interface BulkheadReading {
  /** The request that it is for; null for the only one of its client. */
  readonly name: string | null
  readonly active: number
  readonly slots: number
  /** Calls refused at once. */
  readonly rejected: number
}
