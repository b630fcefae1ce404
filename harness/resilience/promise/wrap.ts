import type { PolicyEvent } from '../../measure/policy-event.ts'
import type { Outcome } from '../outcome.ts'
import type { RawClient } from '../settings.ts'
import { checkWrapped } from './checked-options.ts'
import { OpenClient, openClient } from './open-client.ts'
import { checkStandIns, type StandInOptions } from './stand-ins.ts'
import { WrappedCall } from './wrapped-call.ts'

/** How a function is wrapped. */
export interface WrapOptions<Args extends unknown[], Value> extends StandInOptions<Args, Value> {
  /** Its name for policies and errors; without it, its own. */
  readonly name?: string
  /**
   * Whether doing it twice is the same as doing it once, always or with these arguments (default false). What is not is
   * neither retried nor hedged, unless the policy itself says so.
   */
  readonly idempotent?: boolean | ((...args: Args) => boolean)
  /** The signal that the caller gives among the arguments: as it aborts, the call rejects with its reason at once. */
  readonly signalOf?: (...args: Args) => AbortSignal | null | undefined
  /**
   * The arguments with the signal of one attempt in the place of the caller's. It aborts when the caller's does, and when
   * a policy gives the attempt up. Without it the function cannot be stopped: what is given up works on, and holds its
   * bulkhead's slot until it has ended.
   */
  readonly withSignal?: (args: Args, signal: AbortSignal) => Args
  /** Reads what the function returned, where that may be a failure, such as a response with a status. */
  readonly outcomeOf?: (value: Value) => Outcome
  /**
   * Reads what the function threw, where its code, its status and its causes do not say what it is worth: an error with none
   * of them is taken for a mistake of the program, which no repetition mends. Undefined for how it is usually read. It is
   * not asked of what a policy refused, nor of an abort; the caller gets the error all the same.
   */
  readonly outcomeOfError?: (error: unknown) => Outcome | undefined
  /** Callbacks; what they throw changes nothing and is counted in `client.callbackErrors`. */
  readonly onSuccess?: (value: Value, args: Args) => void
  readonly onFailure?: (error: unknown, args: Args) => void
  /** Before each repetition: how many calls that makes, and what the function threw before, if it did. */
  readonly onRetry?: (retry: { readonly call: number; readonly error: unknown }, args: Args) => void
  /** Hears of all that happens to the policies of the client, such as a breaker that opens. */
  readonly onTransition?: (event: PolicyEvent) => void
}

/** Every option there is, held complete by its type. */
const knownOptions: Readonly<Record<keyof WrapOptions<unknown[], unknown>, true>> = {
  name: true,
  idempotent: true,
  signalOf: true,
  withSignal: true,
  outcomeOf: true,
  outcomeOfError: true,
  onSuccess: true,
  onFailure: true,
  onRetry: true,
  onTransition: true,
  alternatives: true,
  defaultValue: true,
  key: true,
  copy: true,
  describe: true,
}

/** A function with policies around it. */
export type Wrapped<This, Args extends unknown[], Value> = ((this: This, ...args: Args) => Promise<Value>) & {
  /** Its policies, with what they count. */
  readonly client: OpenClient
}

/** So many that have ended wait to be used again. */
const spareCalls = 256

/**
 * Puts the policies of a client around an asynchronous function: a client as a profile holds it, the name of a registered
 * one, or one that is open already and so shared. The result has the function's name, length and `this`.
 *
 * A call resolves with what the function returned. It rejects with what the function threw, the very same, or with a
 * `PolicyError` where a policy ended it; with the reason of the caller's signal where that aborted. Concurrent calls share
 * the state of the client, and nothing else. Throws `bad-policy` or `unknown-policy` (104).
 */
export function wrap<This, Args extends unknown[], Value>(
  fn: (this: This, ...args: Args) => PromiseLike<Value> | Value,
  client: RawClient | string | OpenClient,
  options: NoInfer<WrapOptions<Args, Value>> = {},
): Wrapped<This, Args, Value> {
  checkWrapped(fn, options.name ?? 'a function', options, knownOptions)
  const opened = client instanceof OpenClient ? client : openClient(client)
  const { name = fn.name || 'anonymous', idempotent = false, signalOf, withSignal, outcomeOf, outcomeOfError } = options
  const { onSuccess, onFailure, onRetry, onTransition } = options
  checkStandIns(name, opened.policies, options)
  if (onTransition) opened.onTransition(onTransition)
  const parts = {
    client: opened,
    request: name,
    work: (self: unknown, args: Args) => fn.apply(self as This, args),
    withSignal,
    standIns: options,
    outcomeOf,
    outcomeOfError,
    onSuccess,
    onFailure,
    onRetry,
  }
  const spare: WrappedCall<Args, Value>[] = []
  const callOf = (): WrappedCall<Args, Value> =>
    spare.pop() ??
    new WrappedCall(parts, (ended) => {
      if (spare.length < spareCalls) spare.push(ended)
    })
  const wrapped = async function wrapped(this: This, ...args: Args): Promise<Value> {
    const signal = signalOf?.(...args) ?? undefined
    signal?.throwIfAborted()
    const isIdempotent = typeof idempotent === 'function' ? idempotent(...args) : idempotent
    return callOf().make({ self: this, args, signal, idempotent: isIdempotent })
  }
  return Object.defineProperties(wrapped, {
    name: { value: fn.name, configurable: true },
    length: { value: fn.length, configurable: true },
    client: { value: opened },
  }) as Wrapped<This, Args, Value>
}
