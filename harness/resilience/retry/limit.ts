import { failureClasses, failureClassOf } from '../classify.ts'
import { isOwnRefusal, type Outcome } from '../outcome.ts'
import type { RetryRules } from './settings.ts'

/** How many repetitions one operation may have: kinds of failures, each with its number. */
export interface Repetitions {
  readonly limits: readonly number[]
  /** The index of a failure's kind in `limits`; -1 for one that is never repeated. */
  kindOf(failed: Outcome): number
}

/** Makes rules ready to be asked for each failure. */
export function repetitionsOf({ limits, retryOn }: RetryRules): Repetitions {
  if (limits.kind === 'calls') {
    const statuses = new Set(retryOn.statuses)
    const classes = new Set<string | null>(retryOn.classes)
    const again = ({ error, status }: Outcome): boolean =>
      error === 'status' ? statuses.has(status) : classes.has(error)
    return { limits: [limits.maxCalls - 1], kindOf: (failed) => (again(failed) ? 0 : -1) }
  }
  return {
    limits: failureClasses.map((name) => limits[name]),
    // Neither the client's own doing nor the program's mistakes get better by asking again, whatever the budgets are.
    kindOf: (failed) =>
      isOwnRefusal(failed) || failed.error === 'script' ? -1 : failureClasses.indexOf(failureClassOf(failed)),
  }
}

/** The most calls that one operation can come to. */
export function mostCalls({ limits }: Pick<RetryRules, 'limits'>): number {
  return limits.kind === 'calls' ? limits.maxCalls : 1 + limits.transient + limits.flaky + limits.permanent
}
