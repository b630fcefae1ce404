/** Where an attempt is told that its caller gives it up. */
export interface PolicyOperationOptions {
  readonly signal?: AbortSignal | undefined
}

/**
 * One attempt of an operation. Resolves when it has succeeded, rejects with an `AttemptError` where it failed, with the
 * reason of the signal where that has aborted, and with an `AbortError` where the operation is over.
 */
export type PolicyOperation = (options?: PolicyOperationOptions) => Promise<void>

/** What is asked for. */
export interface PolicyCall {
  /** The request of the workload, by name. */
  readonly request: string
  /** Whether doing it twice is the same as doing it once: only then may a policy repeat it. */
  readonly idempotent: boolean
}

/**
 * A policy of one's own: calls the operation as often as it likes, also several at once, or not at all. Where it resolves
 * the operation is ok, and degraded if no attempt was; where it rejects the operation failed. The signal aborts when the
 * operation is given up from outside.
 */
export type PolicyFunction = (operation: PolicyOperation, signal: AbortSignal, call: PolicyCall) => Promise<unknown>

/** What a breaker wraps that is made around one function: it passes on the operation that it is fired with. */
export type PolicyAction = (operation: PolicyOperation, signal?: AbortSignal) => Promise<void>

/** A policy of one's own as one client has it. */
export interface UserPolicy {
  readonly run: PolicyFunction
  /** What was made or exported, for those who ask it for its events. */
  readonly subject: unknown
}

/** The policies that were loaded for one client, by the absolute paths of their modules. */
export type UserPolicies = ReadonlyMap<string, UserPolicy>
