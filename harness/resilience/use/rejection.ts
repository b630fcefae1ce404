import { outcomeOfError } from '../classify.ts'
import { failure, type Outcome } from '../outcome.ts'
import { AttemptError } from './attempt-error.ts'

/** What a policy of one's own rejected with. */
export interface Rejection {
  readonly outcome: Outcome
  /** True where the policy says so and not an attempt of it: it refused the operation, or set it a limit. */
  readonly own: boolean
}

/** Properties by which cockatiel's errors are told, also those of another copy of it. */
const cockatiel = [
  // Of an isolated circuit, too.
  ['isBrokenCircuitError', failure('circuit-open')],
  ['isHydratingCircuitError', failure('circuit-open')],
  ['isBulkheadRejectedError', failure('bulkhead-rejected')],
  ['isTaskCancelledError', failure('timeout')],
] as const

/** Codes of opossum's errors; that of its timeout is Node's own. */
const opossum: Readonly<Record<string, Outcome>> = {
  EOPENBREAKER: failure('circuit-open'),
  ESHUTDOWN: failure('circuit-open'),
  ESEMLOCKED: failure('bulkhead-rejected'),
}

/** A longer chain of causes is not followed. */
const mostCauses = 10

/**
 * The outcome of an operation whose policy rejected: that of the attempt whose error it is or has as its cause; the
 * refusals of cockatiel and opossum; else what `outcomeOfError` makes of it, `script` where that is nothing else. That it
 * gave up an attempt by a signal of its own is a timeout, since nobody else did.
 */
export function rejectionOf(error: unknown): Rejection {
  const attempt = attemptErrorOf(error)
  if (attempt) return { outcome: attempt.outcome, own: false }
  const refusal = refusalOf(error)
  if (refusal) return { outcome: refusal, own: true }
  const outcome = outcomeOfError(error)
  const gaveUp = outcome.error === 'aborted' || (outcome.error === 'script' && nameOf(error) === 'TimeoutError')
  return { outcome: gaveUp ? failure('timeout') : outcome, own: true }
}

function attemptErrorOf(error: unknown): AttemptError | null {
  let at = error
  for (let depth = 0; depth < mostCauses && at instanceof Error; depth++) {
    if (at instanceof AttemptError) return at
    at = at.cause
  }
  return null
}

function refusalOf(error: unknown): Outcome | undefined {
  if (!(error instanceof Error)) return undefined
  const known = cockatiel.find(([property]) => property in error)
  if (known) return known[1]
  const { code } = error as { readonly code?: unknown }
  return typeof code === 'string' && Object.hasOwn(opossum, code) ? opossum[code] : undefined
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : ''
}
