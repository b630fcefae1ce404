import { faultEffects } from '../faults/effects.ts'
import { canAct } from '../faults/rules.ts'
import { type BaselineFacts, type Effect, effectOf } from '../measure/effect.ts'
import type { ArmMeasurement } from '../measure/measurements.ts'
import type { Arm } from '../plan/arms.ts'
import type { Profile, Workload } from '../profile/profile.ts'
import { clientEffects } from '../resilience/client.ts'
import { awaitsNothing, isMultiplexed } from '../workload/traits.ts'
import { effectFacts } from './facts.ts'
import { attemptFacts } from './lateness.ts'

/** What must be seen in an arm if its faults and policies did what they should. */
export function effectsOf(
  arm: Arm,
  measurement: ArmMeasurement,
  baseline: BaselineFacts | null,
  profile: Pick<Profile, 'load' | 'workload'>,
): readonly Effect[] {
  const { workload } = profile
  // Under steps it is not known how many attempts a client's policies see fail.
  if (arm.phaseKind === 'stress') return []
  const faulted = arm.rules.some(canAct)
  if (!faulted && arm.client.length === 0) return []
  // Without a baseline there is no band to hold it to, and an effect that cannot be checked has not been shown.
  if (!baseline) return [effectOf('baseline p50', 'ms', [0, 0], null)]
  const facts = effectFacts(measurement, arm, profile)
  const alone = arm.client.length === 0
  const datagrams = workload.protocol === 'udp'
  const behindTarget = arm.at !== null
  const ofFaults = faulted
    ? faultEffects(arm.rules, baseline, facts, {
        clientLatency: alone,
        datagrams,
        multiplexed: isMultiplexed(workload),
        oneWay: awaitsNothing(workload),
        behindTarget,
      })
    : []
  if (alone) return ofFaults
  const { backgroundShare } = baseline
  return [
    ...ofFaults,
    ...clientEffects(arm.client, {
      ...attemptFacts(arm, baseline, facts, profile),
      backgroundShare,
      idempotentShare: idempotentShare(workload),
      facts,
    }),
  ]
}

/** Share of the operations that may be repeated. A script does not say beforehand what it sends; what it does not call idempotent is sent once. */
function idempotentShare({ requests }: Workload): number {
  const weightOf = (some: Workload['requests']): number => some.reduce((sum, { weight }) => sum + weight, 0)
  return requests.length === 0 ? 0 : weightOf(requests.filter(({ idempotent }) => idempotent)) / weightOf(requests)
}
