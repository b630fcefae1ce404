import type { Clock } from '../../kernel/clock.ts'
import type { Outcome } from '../outcome.ts'
import { type OpenClient, openClient } from '../promise/open-client.ts'
import { wrap, type Wrapped } from '../promise/wrap.ts'
import type { RawClient } from '../settings.ts'
import { ResponseTimes } from './response-times.ts'

/** What is told of a request: its payload, and what became of it. */
export interface RequestCallbacks<Payload, Response> {
  readonly onSuccess?: ((payload: Payload, response: Response) => void) | undefined
  /** `error` is what `send` threw last, or a `PolicyError` with a code such as `timeout` or `pool-timeout`. */
  readonly onFailure?: ((payload: Payload, error: unknown) => void) | undefined
}

/** One request; its own callbacks are told instead of those of its client. */
export interface RequestOptions<Payload, Response> extends RequestCallbacks<Payload, Response> {
  /** As it aborts, the request rejects with its reason at once. */
  readonly signal?: AbortSignal | undefined
  /** Whether doing it twice is the same as doing it once; else it is neither retried nor hedged. */
  readonly idempotent?: boolean | undefined
}

/** How a client for requests is made. */
export interface RequestsOptions<Payload, Response> extends RequestCallbacks<Payload, Response> {
  /** Its name, for policies and errors (default `request`). */
  readonly name?: string
  /** What it does about failures, as the `client` of a profile or by the name of a registered one; absent: nothing. */
  readonly client?: RawClient | string
  /** Limit of each attempt, from its sending on, such as `2s`; absent: none. What comes later is ignored. */
  readonly timeout?: string
  /** What holds of requests that do not say it themselves (default false). */
  readonly idempotent?: boolean
  /** Reads a response that may be a failure, such as one with a status. */
  readonly outcomeOf?: (response: Response) => Outcome
  /** Reads what `send` threw, as `outcomeOfError` of `wrap`. */
  readonly outcomeOfError?: (error: unknown) => Outcome | undefined
  /** All chance comes from it; by default each client has its own. */
  readonly seed?: number | string
  readonly clock?: Clock
}

/**
 * What a client for requests has counted. At any time `requestsSent = operations - unsent + retries` and
 * `operations = responsesReceived + failures + inFlight`.
 */
export interface RequestStats {
  /** Requests that were asked for, each once. */
  readonly operations: number
  /** Attempts that were sent. */
  readonly requestsSent: number
  /** Those that were not the first of their operation. */
  readonly retries: number
  /** Operations that have sent none, or not yet: a policy refused them, or they wait. */
  readonly unsent: number
  /** Operations with a response, in time; also one that `outcomeOf` took for a failure. */
  readonly responsesReceived: number
  /** Attempts that had none within the client's own `timeout`; what its policies ended they count themselves. */
  readonly timeouts: number
  /** Operations that failed. */
  readonly failures: number
  readonly inFlight: number
  /** Callbacks that threw; what they threw is dropped. */
  readonly callbackErrors: number
}

/** One operation, from when it was asked for to its end. */
export class RequestOperation<Payload, Response> {
  readonly payload: Payload
  readonly options: RequestOptions<Payload, Response>
  /** Attempts that were sent. */
  sent = 0
  /** How long the last attempt that was answered took, in ns, waiting for a connection included. */
  tookNs = 0

  constructor(payload: Payload, options: RequestOptions<Payload, Response>) {
    this.payload = payload
    this.options = options
  }
}

/** What one attempt does: it tells when it is sent, and resolves with the response. */
export type SendAttempt<Payload, Response> = (
  payload: Payload,
  signal: AbortSignal,
  sending: () => void,
) => Promise<Response>

/** What `RequestClient` and `PooledClient` have in common: operations of attempts, with policies, callbacks and counts. */
export class Requests<Payload, Response> {
  /** Times of the attempts that were answered, and of the operations, all of their waits and attempts included. */
  readonly responseTimes = new ResponseTimes()
  readonly operationTimes = new ResponseTimes()
  readonly client: OpenClient
  readonly #options: RequestsOptions<Payload, Response>
  readonly #call: Wrapped<unknown, [RequestOperation<Payload, Response>, AbortSignal?], Response>
  readonly #timeouts: () => number
  #operations = 0
  #begun = 0
  #sent = 0
  #responses = 0
  #failures = 0

  /** `attempt` is one attempt; `timeouts` says how many had no answer in time. Throws `bad-policy` (104). */
  constructor(
    options: RequestsOptions<Payload, Response>,
    attempt: SendAttempt<Payload, Response>,
    timeouts: () => number,
  ) {
    const { name = 'request', client = { retry: { strategy: 'none' } }, seed, clock } = options
    const { outcomeOf, outcomeOfError } = options
    this.#options = options
    this.#timeouts = timeouts
    this.client = openClient(client, { ...(seed !== undefined && { seed }), ...(clock && { clock }) })
    this.#call = wrap<unknown, [RequestOperation<Payload, Response>, AbortSignal?], Response>(
      (operation, signal) => this.#attempt(operation, attempt, signal as AbortSignal),
      this.client,
      {
        name,
        idempotent: ({ options: own }) => own.idempotent ?? options.idempotent ?? false,
        signalOf: ({ options: own }) => own.signal,
        withSignal: ([operation], signal) => [operation, signal],
        ...(outcomeOf && { outcomeOf }),
        ...(outcomeOfError && { outcomeOfError }),
        onSuccess: (response, [operation]) => this.#succeeded(operation, response),
        onFailure: (error, [operation]) => this.#failed(operation, error),
      },
    )
  }

  async request(payload: Payload, options: RequestOptions<Payload, Response>): Promise<Response> {
    options.signal?.throwIfAborted()
    const { clock } = this.client
    const fromNs = clock.nowNs()
    this.#operations++
    const response = await this.#call(new RequestOperation(payload, options))
    this.operationTimes.record(clock.nowNs() - fromNs)
    return response
  }

  stats(): RequestStats {
    return {
      operations: this.#operations,
      requestsSent: this.#sent,
      retries: this.#sent - this.#begun,
      unsent: this.#operations - this.#begun,
      responsesReceived: this.#responses,
      timeouts: this.#timeouts(),
      failures: this.#failures,
      inFlight: this.#operations - this.#responses - this.#failures,
      callbackErrors: this.client.callbackErrors,
    }
  }

  close(): void {
    this.responseTimes.close()
    this.operationTimes.close()
  }

  async #attempt(
    operation: RequestOperation<Payload, Response>,
    attempt: SendAttempt<Payload, Response>,
    signal: AbortSignal,
  ): Promise<Response> {
    const { clock } = this.client
    const fromNs = clock.nowNs()
    const response = await attempt(operation.payload, signal, () => {
      this.#sent++
      if (++operation.sent === 1) this.#begun++
    })
    operation.tookNs = clock.nowNs() - fromNs
    return response
  }

  #succeeded(operation: RequestOperation<Payload, Response>, response: Response): void {
    this.#responses++
    this.responseTimes.record(operation.tookNs)
    const told = operation.options.onSuccess ?? this.#options.onSuccess
    told?.(operation.payload, response)
  }

  #failed(operation: RequestOperation<Payload, Response>, error: unknown): void {
    this.#failures++
    const told = operation.options.onFailure ?? this.#options.onFailure
    told?.(operation.payload, error)
  }
}
