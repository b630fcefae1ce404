import type { ErrorClass, Outcome } from './outcome.ts'

/** What kind of trouble a failed operation met: the taxonomy in which results can be compared over protocols. */
export const failureTypes = [
  'networkError',
  'timeout',
  'serviceUnavailable',
  'authenticationError',
  'rateLimited',
  'circuitOpen',
  'bulkheadRejected',
  'poolTimeout',
  'budgetExhausted',
  'assertion',
  'unknown',
] as const
export type FailureType = (typeof failureTypes)[number]

const byClass: Readonly<Record<ErrorClass, FailureType>> = {
  dns: 'networkError',
  unreachable: 'networkError',
  connect: 'networkError',
  refused: 'networkError',
  reset: 'networkError',
  closed: 'networkError',
  lost: 'networkError',
  tls: 'networkError',
  timeout: 'timeout',
  protocol: 'unknown',
  status: 'unknown',
  body: 'assertion',
  check: 'assertion',
  exhausted: 'unknown',
  script: 'unknown',
  'circuit-open': 'circuitOpen',
  'bulkhead-rejected': 'bulkheadRejected',
  'pool-timeout': 'poolTimeout',
  'rate-limited': 'rateLimited',
  'budget-exhausted': 'budgetExhausted',
  aborted: 'unknown',
}

/**
 * By HTTP status: RFC 9110, section 15, and RFC 6585, section 4; 502 to 504 say that the service behind is not there. gRPC,
 * whose codes are all below those of HTTP: DEADLINE_EXCEEDED, PERMISSION_DENIED, RESOURCE_EXHAUSTED, UNAVAILABLE,
 * UNAUTHENTICATED.
 */
const byStatus: Readonly<Record<number, FailureType>> = {
  4: 'timeout',
  7: 'authenticationError',
  8: 'rateLimited',
  14: 'serviceUnavailable',
  16: 'authenticationError',
  401: 'authenticationError',
  403: 'authenticationError',
  407: 'authenticationError',
  408: 'timeout',
  429: 'rateLimited',
  502: 'serviceUnavailable',
  503: 'serviceUnavailable',
  504: 'timeout',
}

/** The kind of a failed outcome; `unknown` where neither its class nor its status says. */
export function failureTypeOf({ error, status }: Outcome): FailureType {
  if (error === null) return 'unknown'
  return error === 'status' ? (byStatus[status] ?? 'unknown') : byClass[error]
}
