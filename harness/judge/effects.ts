import { expectationOf, faultEffects } from '../faults/expect.ts'
import { activeFaults } from '../faults/faults.ts'
import { type BaselineFacts, type Effect, effectOf } from '../measure/effect.ts'
import type { ArmMeasurement } from '../measure/measurements.ts'
import type { Arm } from '../plan/arms.ts'
import type { Workload } from '../profile/profile.ts'
import { clientEffects } from '../resilience/client.ts'
import { effectFacts } from './facts.ts'

/** What must be seen in an arm if its faults and policies did what they should. */
export function effectsOf(
  arm: Arm,
  measurement: ArmMeasurement,
  baseline: BaselineFacts | null,
  { requests }: Workload,
): readonly Effect[] {
  const faulted = activeFaults(arm.faults).length > 0
  if (!faulted && arm.client.length === 0) return []
  // Without a baseline there is no band to hold it to, and an effect that cannot be checked has not been shown.
  if (!baseline) return [effectOf('baseline p50', 'ms', [0, 0], null)]
  const facts = effectFacts(measurement)
  const alone = arm.client.length === 0
  const ofFaults = faulted ? faultEffects(arm.faults, baseline, facts, { clientLatency: alone }) : []
  if (alone) return ofFaults
  const weightOf = (some: Workload['requests']): number => some.reduce((sum, { weight }) => sum + weight, 0)
  // A script does not say beforehand what it sends; what it does not call idempotent is sent once.
  const idempotentShare =
    requests.length === 0 ? 0 : weightOf(requests.filter(({ idempotent }) => idempotent)) / weightOf(requests)
  const injectedShare = expectationOf(arm.faults, baseline, facts.operations).errorShare
  return [
    ...ofFaults,
    ...clientEffects(arm.client, { injectedShare, backgroundShare: baseline.backgroundShare, idempotentShare, facts }),
  ]
}
