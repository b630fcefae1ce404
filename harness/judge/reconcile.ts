import { missingRequests, rateDrops } from '../faults/expect.ts'
import { faultTable } from '../faults/faults.ts'
import { type Counts, emptyCounts, subtractRecords, type TargetCounts } from '../measure/counts.ts'
import type { ArmMeasurement, ServerCount } from '../measure/measurements.ts'
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

/** How an arm's attempts travel, as far as counts depend on it. */
export interface Travel {
  readonly datagrams: boolean
  /** Several attempts may be in flight on one connection, so that what ends it may have kept any of them from the target. */
  readonly multiplexed: boolean
}

/**
 * The target must have served every attempt but those that a fault is sure to have kept from it, as a reset before the
 * request does: server.requests = attempts - fired, give or take the attempts that ended in between, and those of which
 * a fault cannot tell. Datagrams for which a link had no room count like those. Faults behind the target keep nothing from it.
 */
export function reconcile(
  { rules, at }: Pick<Arm, 'rules' | 'at'>,
  { all, tallies, faultCounters, server }: Pick<ArmMeasurement, 'all' | 'tallies' | 'faultCounters' | 'server'>,
  { datagrams, multiplexed }: Travel,
): Reconciliation {
  const none = { status: 'none', expected: null, difference: null, slack: 0 } as const
  if (server === null) return { ...none, detail: null }
  if ('restarts' in server)
    return { ...none, detail: `the target was started again ${server.restarts} times, and its count with it` }
  const { count: asked, cancelled, resent, errors } = ofTarget(all)
  const missing = at === null ? missingRequests(rules, datagrams) : new Map<string, Missing>()
  const kept = keptBack(multiplexed ? anyOfThem(missing) : missing, tallies, errors)
  const dropped = at === null && datagrams ? of(faultCounters, 'rate.queueDrops') : 0
  const drops = rateDrops(rules)
  const expected = asked - kept.surely - (drops === 'uplink' ? dropped : 0)
  if ('problem' in server) return { status: 'unreadable', expected, difference: null, slack: 0, detail: server.problem }
  const foreignResets = Math.max(0, of(errors, 'reset') - kept.resets)
  const ended = uncertain.reduce((sum, error) => sum + of(errors, error), 0)
  const fewer = cancelled + foreignResets + ended + kept.perhaps + (drops === 'either' ? dropped : 0)
  const more = resent + server.slack + kept.perhapsMore
  const difference = server.requests - expected
  const within = difference >= -fewer && difference <= more
  const status = difference === 0 ? 'exact' : within ? 'within' : 'mismatch'
  return { status, expected, difference, slack: fewer + more, detail: null }
}

function of(counts: Readonly<Record<string, number>>, name: string): number {
  return counts[name] ?? 0
}

/** The attempts that went to the target itself. */
function ofTarget({ attempts, attemptErrors, wire, elsewhere }: Counts): TargetCounts {
  const all = { ...attempts, resent: wire.staleReconnects, errors: attemptErrors }
  return Object.values(elsewhere).reduce<TargetCounts>(
    (left, other) => ({
      count: left.count - other.count,
      failed: left.failed - other.failed,
      cancelled: left.cancelled - other.cancelled,
      resent: left.resent - other.resent,
      errors: subtractRecords(left.errors, other.errors),
    }),
    all,
  )
}

/** What was sent to another target, on whose way no fault acts, against what that one says it served. */
export function reconcileOther(counts: TargetCounts, server: ServerCount): Reconciliation {
  const { count, failed, cancelled, resent, errors } = counts
  const wire = { bytesSent: 0, bytesReceived: 0, connects: 0, staleReconnects: resent }
  const all = { ...emptyCounts([]), attempts: { count, failed, cancelled }, attemptErrors: errors, wire }
  const untouched = { tallies: {}, faultCounters: {} }
  return reconcile({ rules: [], at: null }, { all, server, ...untouched }, { datagrams: false, multiplexed: false })
}

/** Requests that fewer reach the target for each firing of a fault. */
interface Missing {
  readonly least: number
  readonly most: number
}

/**
 * Where one firing on the way may hit what has been delivered, or several, none is sure; those that failed by it have classes
 * of their own. What hits a connection before it is made is as sure as ever.
 */
function anyOfThem(missing: ReadonlyMap<string, Missing>): ReadonlyMap<string, Missing> {
  return new Map(
    [...missing].map(([keyword, { least, most }]) => [
      keyword,
      { least: faultTable[keyword]?.elsewhere === undefined ? Math.min(0, least) : least, most },
    ]),
  )
}

/** Attempts that faults kept from the target: for sure (a repeated one counts as one less), by a reset, and those that may have been. */
function keptBack(
  missing: ReadonlyMap<string, Missing>,
  tallies: ArmMeasurement['tallies'],
  errors: Counts['attemptErrors'],
) {
  const sum = { surely: 0, resets: 0, perhaps: 0, perhapsMore: 0 }
  for (const [keyword, { least, most }] of missing) {
    const all = tallies[keyword]?.fired ?? 0
    // A pool also makes connections for nobody yet: one that is unreachable then keeps no attempt from the target.
    const fired = faultTable[keyword]?.elsewhere === 'dialer' ? Math.min(all, of(errors, keyword)) : all
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
