import type { ArmMeasurement } from '../measure/measurements.ts'

/** What the client sent against what the target says it served. */
export interface Reconciliation {
  readonly status: 'exact' | 'within' | 'mismatch' | 'unreadable' | 'none'
  readonly expected: number | null
  readonly difference: number | null
  /** Attempts that the target may or may not have seen. */
  readonly slack: number
  readonly detail: string | null
}

/** Failed attempts that may have ended before the target saw them, or after. */
const uncertain = ['connect', 'refused', 'closed', 'timeout', 'tls', 'protocol', 'lost', 'exhausted'] as const

/**
 * The target must have served every attempt but those whose exchange the relay reset before forwarding it:
 * server.requests = attempts - fired.reset, give or take the attempts that ended in between.
 */
export function reconcile({ all, tallies, server }: ArmMeasurement): Reconciliation {
  if (server === null) return { status: 'none', expected: null, difference: null, slack: 0, detail: null }
  const fired = tallies['reset']?.fired ?? 0
  const expected = all.attempts.count - fired
  if ('problem' in server) return { status: 'unreadable', expected, difference: null, slack: 0, detail: server.problem }
  const foreignResets = Math.max(0, (all.attemptErrors['reset'] ?? 0) - fired)
  const fewer =
    all.attempts.cancelled + foreignResets + uncertain.reduce((sum, error) => sum + (all.attemptErrors[error] ?? 0), 0)
  const more = all.wire.staleReconnects + server.slack
  const difference = server.requests - expected
  const within = difference >= -fewer && difference <= more
  const status = difference === 0 ? 'exact' : within ? 'within' : 'mismatch'
  return { status, expected, difference, slack: fewer + more, detail: null }
}
