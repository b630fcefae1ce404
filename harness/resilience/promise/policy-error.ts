import type { ErrorClass } from '../outcome.ts'

const texts: Partial<Record<ErrorClass, string>> = {
  'circuit-open': 'its circuit breaker is open',
  'bulkhead-rejected': 'its bulkhead has no place left',
  'pool-timeout': 'no connection became free in time',
  'rate-limited': 'its rate limit is reached',
  'budget-exhausted': 'its retry budget is spent',
  timeout: 'it took too long',
}

/**
 * What a call rejects with when a policy ended it, and not the function: `code` is the class of the outcome, such as
 * `circuit-open` or `timeout`; `cause` is what the function threw last in this call, where it did.
 */
export class PolicyError extends Error {
  override readonly name = 'PolicyError'
  readonly code: ErrorClass

  constructor(request: string, code: ErrorClass, cause?: unknown) {
    super(`${request}: ${texts[code] ?? code}`, cause === undefined ? undefined : { cause })
    this.code = code
  }
}
