import { isSoakrigError, messageOf, SoakrigError } from './errors.ts'
import type { ExitName } from './exit-codes.ts'

/** A failure as it goes from a process of ours to the conductor. */
export interface FailureReport {
  readonly code: string
  readonly exit: ExitName
  readonly message: string
  readonly hint: string | null
}

/** What a process says of a failure that keeps it from going on; anything but our own errors is a bug. */
export function reportOf(error: unknown): FailureReport {
  if (!isSoakrigError(error)) return { code: 'bug', exit: 'bug', message: messageOf(error), hint: null }
  return { code: error.code, exit: error.exit, message: error.message, hint: error.hint ?? null }
}

/** The failure again, at its receiver; `who` cannot go on. */
export function failureOf(who: string, { code, exit, message, hint }: FailureReport): SoakrigError {
  return new SoakrigError(`the ${who} cannot go on: ${message}`, { code, exit, ...(hint !== null && { hint }) })
}
