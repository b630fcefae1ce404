/**
 * How an attempt or an operation ended. A closed list: these are the keys of `errors` in a result. `dns`: no address was
 * found; `unreachable`: there is no way to it; `tls`: the handshake failed; `check`: an assertion did not hold; `lost`: a
 * datagram had no answer in time; `exhausted`: this machine has no port, file or buffer left; `script`: the user's script
 * threw. The last six are the client's own: `aborted` by whoever asked, the others refused by a policy.
 */
export const errorClasses = [
  'dns',
  'unreachable',
  'connect',
  'refused',
  'reset',
  'closed',
  'timeout',
  'tls',
  'protocol',
  'status',
  'body',
  'check',
  'lost',
  'exhausted',
  'script',
  'circuit-open',
  'bulkhead-rejected',
  'pool-timeout',
  'rate-limited',
  'budget-exhausted',
  'aborted',
] as const
export type ErrorClass = (typeof errorClasses)[number]

/** Where the answer to an operation came from when it was not its target: such an operation is ok, and degraded. */
export const standIns = ['fallback', 'cache', 'default'] as const
export type StandIn = (typeof standIns)[number]

/** The end of an attempt or of an operation. Shared constants where possible: nothing is allocated per attempt. */
export interface Outcome {
  readonly ok: boolean
  readonly error: ErrorClass | null
  /** HTTP status where one was received, else 0. */
  readonly status: number
  /**
   * How long the answer asks its client to wait before the next call (`Retry-After`), in ns; 0 where it does not, Infinity
   * where it asks for no next call.
   */
  readonly retryAfterNs: number
  /** Null for the target's own answer. */
  readonly standIn: StandIn | null
}

/** An answer of the target, as it should be. */
export const success: Outcome = { ok: true, error: null, status: 0, retryAfterNs: 0, standIn: null }

const failures = new Map(errorClasses.map((error) => [error, failed(error, 0, 0)]))
const answers = new Map(standIns.map((standIn) => [standIn, { ...success, standIn }]))
/** One for each status, so that a target that fails all the time costs no more than one that does not. */
const statuses = new Map<number, Outcome>()

/** The failure of a class; `status` is that of the answer where there was one. */
export function failure(error: ErrorClass, status = 0): Outcome {
  if (error === 'status') return statusFailure(status)
  return status === 0 ? (failures.get(error) as Outcome) : failed(error, status, 0)
}

/** An answer with a status that is a failure; `retryAfterNs` is what it asks for, 0 for nothing. */
export function statusFailure(status: number, retryAfterNs = 0): Outcome {
  if (retryAfterNs > 0) return failed('status', status, retryAfterNs)
  const known = statuses.get(status)
  if (known) return known
  const made = failed('status', status, 0)
  statuses.set(status, made)
  return made
}

/** An answer that is not the target's. */
export function answerOf(standIn: StandIn): Outcome {
  return answers.get(standIn) as Outcome
}

/** Whether the target itself has answered as it should. */
export function isSuccess({ ok, standIn }: Outcome): boolean {
  return ok && standIn === null
}

/** Whether it says nothing of the target: a policy of the client's own refused it, or it was aborted. */
export function isOwnRefusal({ error }: Outcome): boolean {
  switch (error) {
    case 'circuit-open':
    case 'bulkhead-rejected':
    case 'pool-timeout':
    case 'rate-limited':
    case 'budget-exhausted':
    case 'aborted':
      return true
    default:
      return false
  }
}

function failed(error: ErrorClass, status: number, retryAfterNs: number): Outcome {
  return { ok: false, error, status, retryAfterNs, standIn: null }
}
