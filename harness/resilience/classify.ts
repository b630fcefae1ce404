import { isRecord } from '../kernel/json.ts'
import { classOfCode } from './error-codes.ts'
import { type ErrorClass, errorClasses, failure, type Outcome, statusFailure } from './outcome.ts'

/**
 * What becomes of a failure when its attempt is repeated. `transient`: it may well be gone. `flaky`: an answer came and was
 * not the one expected, which a repetition mends now and then. `permanent`: the same again.
 */
export const failureClasses = ['transient', 'flaky', 'permanent'] as const
export type FailureClass = (typeof failureClasses)[number]

const classes: Readonly<Record<Exclude<ErrorClass, 'status'>, FailureClass>> = {
  dns: 'transient',
  unreachable: 'transient',
  connect: 'transient',
  refused: 'transient',
  reset: 'transient',
  closed: 'transient',
  timeout: 'transient',
  // What breaks a handshake or a message on its way cannot be told from a peer that does it wrong every time.
  tls: 'transient',
  protocol: 'transient',
  lost: 'transient',
  exhausted: 'transient',
  body: 'flaky',
  check: 'flaky',
  script: 'permanent',
  // Whoever refuses wants less of it, and an abort is the caller's own wish.
  'circuit-open': 'permanent',
  'bulkhead-rejected': 'permanent',
  'pool-timeout': 'permanent',
  'rate-limited': 'permanent',
  'budget-exhausted': 'permanent',
  aborted: 'permanent',
}

/**
 * Statuses that a later call may turn into a success. HTTP: 408 and 425 say that the request was not processed, and may be
 * sent again (RFC 9110, 15.5.9; RFC 8470, 5.2); 429, 502, 503 and 504 tell of overload and gateways. gRPC, whose codes are
 * all below those of HTTP: DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, UNAVAILABLE.
 */
export const transientStatuses: readonly number[] = [4, 8, 14, 408, 425, 429, 502, 503, 504]

/** UNKNOWN and INTERNAL of gRPC, Internal Server Error of HTTP: a bug, or an accident. */
const flakyStatuses: readonly number[] = [2, 13, 500]

/** The class of a failure, by its class of error and its status. */
export function failureClassOf({ error, status }: Outcome): FailureClass {
  if (error === null) return 'permanent'
  if (error !== 'status') return classes[error]
  if (transientStatuses.includes(status)) return 'transient'
  return flakyStatuses.includes(status) ? 'flaky' : 'permanent'
}

/** Codes of Node and undici besides those of sockets. */
const codes: Readonly<Record<string, ErrorClass>> = {
  ABORT_ERR: 'aborted',
  UND_ERR_ABORT: 'aborted',
  UND_ERR_ABORTED: 'aborted',
  ETIMEDOUT: 'timeout',
  ESOCKETTIMEDOUT: 'timeout',
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
  UND_ERR_BODY_TIMEOUT: 'timeout',
  UND_ERR_CONNECT_TIMEOUT: 'connect',
  ERR_SOCKET_CONNECTION_TIMEOUT: 'connect',
  UND_ERR_SOCKET: 'closed',
  ERR_SOCKET_CLOSED: 'closed',
  // What was sent after the connection had gone.
  ERR_STREAM_DESTROYED: 'closed',
  ERR_HTTP2_INVALID_SESSION: 'closed',
  ERR_STREAM_PREMATURE_CLOSE: 'closed',
  ERR_HTTP2_GOAWAY_SESSION: 'closed',
  ERR_HTTP2_SESSION_ERROR: 'reset',
  ERR_HTTP2_STREAM_ERROR: 'reset',
  UND_ERR_PRX_TLS: 'tls',
  UND_ERR_HEADERS_OVERFLOW: 'protocol',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'protocol',
  ERR_ASSERTION: 'check',
}

/** What `DOMException` calls an abort and a timeout; those of `AbortSignal` have no other code. */
const domCodes: Readonly<Record<number, ErrorClass>> = { 20: 'aborted', 23: 'timeout' }

/** A longer chain of causes is not followed. */
const mostCauses = 10

/**
 * How an attempt ended that threw, or rejected with, anything at all: by code (Node's, undici's, gRPC's, those of
 * `outcome.ts`), by `status`, `statusCode` or that of its `response`, else by its `cause`. Of an AggregateError the
 * error counts that a repetition helps least. What says nothing of a target is `script`: the program itself, such as a
 * TypeError without a code or cause.
 */
export function outcomeOfError(error: unknown): Outcome {
  return outcomeOf(error, mostCauses) ?? failure('script')
}

function outcomeOf(error: unknown, causes: number): Outcome | null {
  if (typeof error !== 'object' || error === null || causes === 0) return null
  if (error instanceof AggregateError && error.errors.length > 0) return worstOf(error.errors, causes - 1)
  const { code, cause } = error as { readonly code?: unknown; readonly cause?: unknown }
  const status = statusOf(error)
  if (status !== null) return statusFailure(status)
  const known = typeof code === 'string' ? classOfText(code) : classOfNumber(error, code)
  if (known !== undefined) return known
  if (error instanceof SyntaxError && /\bJSON\b/u.test(error.message)) return failure('body')
  return outcomeOf(cause, causes - 1)
}

/** An operation that failed in several ways is worth repeating where all of them are. */
function worstOf(errors: readonly unknown[], causes: number): Outcome {
  const outcomes = errors.map((one) => outcomeOf(one, causes) ?? failure('script'))
  const rank = (outcome: Outcome): number => failureClasses.indexOf(failureClassOf(outcome))
  return outcomes.reduce((worst, one) => (rank(one) > rank(worst) ? one : worst))
}

function statusOf(error: object): number | null {
  const { status, statusCode, response } = error as Readonly<Record<string, unknown>>
  const inner = isRecord(response) ? [response['status'], response['statusCode']] : []
  const found = [status, statusCode, ...inner].find(
    (one) => typeof one === 'number' && Number.isInteger(one) && one >= 400 && one <= 599,
  )
  return (found as number | undefined) ?? null
}

function classOfText(code: string): Outcome | undefined {
  if (code !== 'status' && (errorClasses as readonly string[]).includes(code)) return failure(code as ErrorClass)
  const known = (Object.hasOwn(codes, code) ? codes[code] : undefined) ?? classOfCode(code)
  // The parser of HTTP/1.1 has a code for each way in which a message can be malformed.
  if (known === undefined && !code.startsWith('HPE_')) return undefined
  return failure(known ?? 'protocol')
}

/** Numbers are the codes of gRPC, whose errors carry metadata, or those of `DOMException`. */
function classOfNumber(error: object, code: unknown): Outcome | undefined {
  if (typeof code !== 'number') return undefined
  if ('metadata' in error && code >= 1 && code <= 16) return statusFailure(code)
  const known = error instanceof DOMException ? domCodes[code] : undefined
  return known && failure(known)
}
