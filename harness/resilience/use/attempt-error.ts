import type { ErrorClass, Outcome } from '../outcome.ts'

/** What Node and its HTTP clients call such a failure, so that a policy tells it as it does in its own program. */
const codes: Readonly<Partial<Record<ErrorClass, string>>> = {
  dns: 'ENOTFOUND',
  unreachable: 'EHOSTUNREACH',
  connect: 'UND_ERR_CONNECT_TIMEOUT',
  refused: 'ECONNREFUSED',
  reset: 'ECONNRESET',
  closed: 'UND_ERR_SOCKET',
  timeout: 'ETIMEDOUT',
  tls: 'EPROTO',
  lost: 'ETIMEDOUT',
  exhausted: 'EADDRNOTAVAIL',
}

/** What a policy of one's own is told of an attempt whose operation is over. */
export class OperationOver extends Error {
  override readonly name = 'AbortError'
  readonly code = 'ABORT_ERR'

  constructor() {
    super('the operation is over')
  }
}

/** An attempt that failed, as a policy of one's own sees it. */
export class AttemptError extends Error {
  override readonly name = 'AttemptError'
  /** The code that Node has for it, such as `ECONNRESET`; else the class of the failure, such as `status` or `body`. */
  readonly code: string
  /** As it is called in results. */
  readonly errorClass: ErrorClass
  /** Of the answer, in the two ways that clients call it; undefined where there was none. */
  readonly status: number | undefined
  readonly statusCode: number | undefined
  /** How long the answer asks to wait (`Retry-After`), in ms; 0 where it does not. */
  readonly retryAfterMs: number
  readonly outcome: Outcome

  constructor(outcome: Outcome) {
    const errorClass = outcome.error ?? 'protocol'
    const code = codes[errorClass] ?? errorClass
    super(outcome.status === 0 ? `the attempt failed: ${code}` : `the attempt failed with status ${outcome.status}`)
    this.code = code
    this.errorClass = errorClass
    this.status = outcome.status === 0 ? undefined : outcome.status
    this.statusCode = this.status
    this.retryAfterMs = outcome.retryAfterNs / 1e6
    this.outcome = outcome
  }
}
