import { answerOf, type Outcome } from '../outcome.ts'
import type { Call, CallContent, Lingering, Step, StepOwner } from '../step.ts'
import { Answer } from './answer.ts'
import { leaveRunning, PromiseAttempt } from './attempt.ts'
import type { OpenClient } from './open-client.ts'
import { PolicyError } from './policy-error.ts'
import type { StandInOptions } from './stand-ins.ts'

/** What is called, and who hears of it. */
export interface CallParts<Args extends readonly unknown[], Value> {
  readonly client: OpenClient
  readonly request: string
  readonly work: (self: unknown, args: Args) => PromiseLike<Value> | Value
  readonly withSignal: ((args: Args, signal: AbortSignal) => Args) | undefined
  readonly outcomeOf: ((value: Value) => Outcome) | undefined
  readonly outcomeOfError: ((error: unknown) => Outcome | undefined) | undefined
  readonly standIns: StandInOptions<Args, Value>
  readonly onSuccess: ((value: Value, args: Args) => void) | undefined
  readonly onFailure: ((error: unknown, args: Args) => void) | undefined
  readonly onRetry: ((retry: { readonly call: number; readonly error: unknown }, args: Args) => void) | undefined
}

/** How one call is made. */
export interface CallOrder<Args> {
  readonly self: unknown
  readonly args: Args
  readonly idempotent: boolean
  readonly signal: AbortSignal | undefined
}

interface Running<Args, Value> extends CallOrder<Args> {
  readonly resolve: (value: Value) => void
  readonly reject: (error: unknown) => void
}

/** One call of a wrapped function at a time, with its policies around it; used again and again. */
export class WrappedCall<Args extends readonly unknown[], Value> implements Call, CallContent, StepOwner {
  readonly request: string
  readonly content = this
  idempotent = false
  deadlineNs = Number.POSITIVE_INFINITY
  target: string | null = null
  readonly #parts: CallParts<Args, Value>
  readonly #done: (call: WrappedCall<Args, Value>) => void
  readonly #step: Step
  /** Later, in a microtask: the caller may abort in a callback, while a policy is at work on this very call. */
  readonly #onAbort = (): void => {
    const running = this.#running
    queueMicrotask(() => {
      if (running && this.#running === running) this.#abort(running)
    })
  }
  #running: Running<Args, Value> | null = null
  /** What the function came to last, and what is given in its stead. */
  #last: Answer<Value> | null = null
  #standIn: Answer<Value> | null = null
  #key = ''
  #calls = 0
  #inFlight = 0

  /** `done` is called when a call has ended, and this may be begun again. */
  constructor(parts: CallParts<Args, Value>, done: (call: WrappedCall<Args, Value>) => void) {
    const { client, request, outcomeOf, outcomeOfError } = parts
    this.#parts = parts
    this.request = request
    this.#done = done
    this.#step = client.operation({
      owner: this,
      attempt: (owner) =>
        new PromiseAttempt<Value>({
          owner,
          clock: client.clock,
          outcomeOf,
          outcomeOfError,
          work: (signal, { target }) => this.#work(signal, target),
          reason: () => this.#running?.signal?.reason as unknown,
          answered: (answer) => {
            this.#inFlight--
            this.#last = answer
          },
          cancelled: () => this.#inFlight--,
        }),
    })
  }

  get attempts(): number {
    return this.#calls
  }

  /** Makes a call. Rejects with what the function threw, with a `PolicyError`, or with the reason of the signal. */
  make(order: CallOrder<Args>): Promise<Value> {
    const { key } = this.#parts.standIns
    // Before anything begins: what it throws is the caller's.
    this.#key = key ? `${this.request}/${key(...order.args)}` : this.request
    return new Promise((resolve, reject) => {
      this.#running = { ...order, resolve, reject }
      this.#last = null
      this.#standIn = null
      this.#calls = 0
      this.#inFlight = 0
      this.idempotent = order.idempotent
      this.deadlineNs = Number.POSITIVE_INFINITY
      order.signal?.addEventListener('abort', this.#onAbort, { once: true })
      this.#step.begin(this, this.#parts.client.clock.nowNs())
    })
  }

  cacheKey(): string {
    return this.#key
  }

  describe(): unknown {
    const { client, standIns } = this.#parts
    // What JSON cannot hold is a mistake of the callback, and must not come to light where the letter is written.
    const text = client.attempt(() => JSON.stringify(standIns.describe?.(...this.#args) ?? null))
    return text === undefined ? null : JSON.parse(text)
  }

  /** A value that cannot be copied is not kept: whoever got it could change what others are given. */
  keepAnswer(): unknown {
    return this.#last?.returned ? this.#copied(this.#last.content as Value) : null
  }

  answerWith(kept: unknown): boolean {
    const { client, standIns } = this.#parts
    if (kept instanceof Answer) this.#standIn = this.#copied(kept.content as Value)
    else if (kept !== null)
      client.attempt(() => {
        const value = standIns.defaultValue?.(this.#cause(), ...this.#args) as Value
        this.#standIn = new Answer<Value>(answerOf('default'), true, value)
      })
    return this.#standIn !== null
  }

  /** All policies have let an outcome pass. */
  ended(outcome: Outcome, _nowNs: number, lingering: Lingering | null = null): void {
    leaveRunning(this.#running?.signal, lingering)
    const answer = this.#answerTo(outcome)
    if (answer?.returned) return this.#resolve(answer.content as Value)
    this.#reject(answer ? answer.content : new PolicyError(this.request, outcome.error ?? 'protocol', this.#cause()))
  }

  #answerTo(outcome: Outcome): Answer<Value> | null {
    if (outcome instanceof Answer) return outcome as Answer<Value>
    return outcome.ok ? (this.#standIn ?? this.#last) : null
  }

  get #args(): Args {
    return (this.#running as Running<Args, Value>).args
  }

  /** What the function threw last. */
  #cause(): unknown {
    return this.#last && !this.#last.returned ? this.#last.content : undefined
  }

  #copied(value: Value): Answer<Value> | null {
    const { copy = structuredClone } = this.#parts.standIns
    try {
      return new Answer<Value>(answerOf('cache'), true, copy(value))
    } catch {
      return null
    }
  }

  #work(signal: AbortSignal, target: string | null): PromiseLike<Value> | Value {
    const { client, work, withSignal, standIns, onRetry } = this.#parts
    const { self, args: given, signal: caller } = this.#running as Running<Args, Value>
    const error = this.#cause()
    this.#calls++
    // What begins while another runs is a hedge, and no retry.
    const isRetry = this.#calls > 1 && this.#inFlight === 0 && target === null
    this.#inFlight++
    if (isRetry) client.tell(onRetry, { call: this.#calls, error }, given)
    // Whoever was told of something may have had enough.
    caller?.throwIfAborted()
    const args = withSignal ? withSignal(given, signal) : given
    const alternative = target === null ? undefined : standIns.alternatives?.[target]
    return alternative ? alternative.call(self, error, ...args) : work(self, args)
  }

  #abort({ signal }: Running<Args, Value>): void {
    leaveRunning(signal, this.#step.cancel(this.#parts.client.clock.nowNs()))
    this.#reject(signal?.reason)
  }

  #resolve(value: Value): void {
    const { resolve, args } = this.#end()
    resolve(value)
    this.#parts.client.tell(this.#parts.onSuccess, value, args)
  }

  #reject(error: unknown): void {
    const { reject, args } = this.#end()
    reject(error)
    this.#parts.client.tell(this.#parts.onFailure, error, args)
  }

  #end(): Running<Args, Value> {
    const running = this.#running as Running<Args, Value>
    running.signal?.removeEventListener('abort', this.#onAbort)
    this.#running = null
    this.#last = null
    this.#standIn = null
    this.#done(this)
    return running
  }
}
