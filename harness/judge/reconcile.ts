import { missingRequests } from '../faults/expect.ts'
import type { ArmMeasurement } from '../measure/measurements.ts'
import type { Arm } from '../plan/arms.ts'

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
const uncertain = [
  'connect',
  'refused',
  'closed',
  'timeout',
  'tls',
  'protocol',
  'lost',
  'exhausted',
  'dns',
  'unreachable',
] as const

/**
 * The target must have served every attempt but those that a fault is sure to have kept from it, as a reset before the
 * request does: server.requests = attempts - fired, give or take the attempts that ended in between, and those of which
 * a fault cannot tell. Faults behind the target keep nothing from it.
 */
export function reconcile(
  { rules, at }: Pick<Arm, 'rules' | 'at'>,
  { all, tallies, server }: ArmMeasurement,
  datagrams: boolean,
): Reconciliation {
  const none = { status: 'none', expected: null, difference: null, slack: 0 } as const
  if (server === null) return { ...none, detail: null }
  if ('restarts' in server)
    return { ...none, detail: `the target was started again ${server.restarts} times, and its count with it` }
  const kept = keptBack(at === null ? missingRequests(rules, datagrams) : [], tallies)
  const expected = all.attempts.count - kept.surely
  if ('problem' in server) return { status: 'unreadable', expected, difference: null, slack: 0, detail: server.problem }
  const foreignResets = Math.max(0, (all.attemptErrors['reset'] ?? 0) - kept.resets)
  const ended = uncertain.reduce((sum, error) => sum + (all.attemptErrors[error] ?? 0), 0)
  const fewer = all.attempts.cancelled + foreignResets + ended + kept.perhaps
  const more = all.wire.staleReconnects + server.slack + kept.perhapsMore
  const difference = server.requests - expected
  const within = difference >= -fewer && difference <= more
  const status = difference === 0 ? 'exact' : within ? 'within' : 'mismatch'
  return { status, expected, difference, slack: fewer + more, detail: null }
}

/** Attempts that faults kept from the target: for sure (a repeated one counts as one less), by a reset, and those that may have been. */
function keptBack(
  missing: Iterable<readonly [keyword: string, share: { readonly least: number; readonly most: number }]>,
  tallies: ArmMeasurement['tallies'],
) {
  const sum = { surely: 0, resets: 0, perhaps: 0, perhapsMore: 0 }
  for (const [keyword, { least, most }] of missing) {
    const fired = tallies[keyword]?.fired ?? 0
    if (least !== most) {
      sum.perhaps += Math.max(0, most) * fired
      sum.perhapsMore += Math.max(0, -least) * fired
      continue
    }
    sum.surely += least * fired
    if (keyword === 'reset') sum.resets += fired
  }
  return sum
}
