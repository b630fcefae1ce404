import { type ErrorClass, errorClasses, failure, isOwnRefusal, type Outcome } from '../outcome.ts'

/** What a breaker takes for a failure: these classes, and answers with these statuses. */
export interface CountAs {
  readonly errors: readonly ErrorClass[]
  readonly statuses: readonly number[]
}

/** The classes that may be named: what a policy of the client refused is no failure of its target, whatever is said. */
export const countableClasses: readonly ErrorClass[] = errorClasses.filter((error) => !isOwnRefusal(failure(error)))

/** Whether it says something of the target: it was neither refused nor answered by the client's own policies. */
export function isOfTarget(outcome: Outcome): boolean {
  return outcome.standIn === null && !isOwnRefusal(outcome)
}

/**
 * Whether what says something of the target is a failure; any other answer is a success. By default (null) every failure
 * is but an answer whose status is neither a 5xx nor 429: a 404 is an answer. `status` among the errors is any status.
 */
export function isFailure({ ok, error, status }: Outcome, countAs: CountAs | null): boolean {
  if (ok || error === null) return false
  if (!countAs) return error !== 'status' || status >= 500 || status === 429
  return countAs.errors.includes(error) || (error === 'status' && countAs.statuses.includes(status))
}
