import { circuitBreaker } from './breaker/circuit-breaker.ts'
import { bulkhead } from './bulkhead/policy.ts'
import { fallback } from './fallback/fallback.ts'
import { hedge } from './hedge/hedge.ts'
import { concurrencyLimit } from './limiter/concurrency-limit.ts'
import { rateLimit } from './limiter/rate-limit.ts'
import type { PolicyMember } from './policy.ts'
import { pool } from './pool/policy.ts'
import { retry } from './retry/retry.ts'
import { timeout } from './timeout.ts'
import { use } from './use/use.ts'

/** The client policies, by keyword. */
export const members: Readonly<Record<string, PolicyMember<unknown>>> = {
  bulkhead: bulkhead as PolicyMember<unknown>,
  circuitBreaker: circuitBreaker as PolicyMember<unknown>,
  concurrencyLimit: concurrencyLimit as PolicyMember<unknown>,
  fallback: fallback as PolicyMember<unknown>,
  hedge: hedge as PolicyMember<unknown>,
  pool: pool as PolicyMember<unknown>,
  rateLimit: rateLimit as PolicyMember<unknown>,
  retry: retry as PolicyMember<unknown>,
  timeout: timeout as PolicyMember<unknown>,
  use: use as PolicyMember<unknown>,
}

/** The policy of a keyword that a schema let pass. */
export function memberOf(keyword: string): PolicyMember<unknown> {
  const member = members[keyword]
  if (!member) throw new RangeError(`no client policy ${keyword}`)
  return member
}
