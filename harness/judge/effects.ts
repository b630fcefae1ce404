import { expectationOf, faultEffects } from '../faults/expect.ts'
import { activeFaults } from '../faults/faults.ts'
import type { BaselineFacts, Effect } from '../measure/effect.ts'
import type { ArmMeasurement } from '../measure/measurements.ts'
import type { Arm } from '../plan/arms.ts'
import { clientEffects } from '../resilience/client.ts'
import { effectFacts } from './facts.ts'

/** What must be seen in an arm if its faults and policies did what they should. */
export function effectsOf(arm: Arm, measurement: ArmMeasurement, baseline: BaselineFacts | null): readonly Effect[] {
  const faulted = activeFaults(arm.faults).length > 0
  if (!baseline || (!faulted && arm.client.length === 0)) return []
  const facts = effectFacts(measurement)
  const alone = arm.client.length === 0
  const ofFaults = faulted ? faultEffects(arm.faults, baseline, facts, { clientLatency: alone }) : []
  if (alone) return ofFaults
  const injected = expectationOf(arm.faults, baseline, facts.operations).errorShare
  // A target that fails by itself does so at a rate that is only estimated: no band can be held to it.
  if (baseline.attemptErrorRate > 0) return ofFaults
  return [...ofFaults, ...clientEffects(arm.client, { attemptErrorShare: injected, facts })]
}
