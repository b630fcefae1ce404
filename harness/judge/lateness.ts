import { expectationOf } from '../faults/expect.ts'
import { type Lateness, latenessOf } from '../faults/lateness.ts'
import { nsPerMs } from '../kernel/units.ts'
import { type BaselineFacts, type EffectFacts, timerSlackMs } from '../measure/effect.ts'
import type { Arm } from '../plan/arms.ts'
import type { Profile, Workload } from '../profile/profile.ts'
import type { PolicyContext } from '../resilience/policy.ts'
import { awaitsNothing, isMultiplexed } from '../workload/traits.ts'

/** What client policies may know of the attempts that they are around. */
export type AttemptFacts = Pick<PolicyContext, 'late'> & {
  /** Probability that one fails by the faults; null where nobody knows. */
  readonly injectedShare: number | null
}

/** Late by more than this of the attempts is not what a fault means that says it fails none. */
const negligible = 1e-5

/** An attempt takes as long as this without a fault about as rarely as the slowest hundredth does, and so often at most. */
const ownShare = 0.02
const ownMs = 20

/** How many attempts an arm's faults fail, and make later than a limit. */
export function attemptFacts(
  { rules, at }: Pick<Arm, 'rules' | 'at'>,
  baseline: BaselineFacts,
  facts: EffectFacts,
  { load, workload }: Pick<Profile, 'load' | 'workload'>,
): AttemptFacts {
  const datagrams = workload.protocol === 'udp'
  const { errorShare } = expectationOf(rules, baseline, facts.operations, datagrams)
  if (at !== null || awaitsNothing(workload)) return { injectedShare: errorShare === 0 ? 0 : null }
  const lateness = isMultiplexed(workload)
    ? null
    : latenessOf(rules, { baseline, operations: facts.operations, datagrams }, facts)
  if (lateness === null) return { injectedShare: errorShare }
  const tooLate = lateness(workload.timeoutNs / nsPerMs + timerSlackMs).lo
  const foreseen = errorShare !== null && tooLate <= errorShare + negligible
  const waits =
    facts.load.scripted || [load.throughput, load.latency].some((model) => model && model.connections !== null)
  const most = isPlain(workload) && !waits ? lateness : null
  return { injectedShare: foreseen ? errorShare : null, late: lateBy(lateness, most, workload.timeoutNs, baseline) }
}

/** Of the attempts themselves: late for certain are those that faults hold up, late at most those, and what is slow by itself. */
function lateBy(
  least: Lateness,
  most: Lateness | null,
  timeoutNs: number,
  { p99Ms }: BaselineFacts,
): NonNullable<PolicyContext['late']> {
  const ownMostMs = Math.max(ownMs, 2 * p99Ms)
  return (limitNs) => {
    // The workload's own limit ends them first.
    if (limitNs >= timeoutNs) return null
    const limitMs = limitNs / nsPerMs
    const { lo } = least(limitMs + timerSlackMs)
    const known = most !== null && ownMostMs < limitMs
    return { lo, hi: known ? Math.min(1, most(limitMs - ownMostMs).hi + ownShare) : 1 }
  }
}

/** Whether nothing but one exchange passes the way in an attempt: no handshake that would be held up besides. */
function isPlain({ protocol, connection }: Workload): boolean {
  return protocol === 'udp' || (protocol !== 'websocket' && 'tls' in connection && connection.tls === null)
}
