import { stepEffects } from '../faults/effects.ts'
import type { Rule } from '../faults/rule.ts'
import { type Doubt } from '../measure/doubts.ts'
import type { ArmMeasurement } from '../measure/measurements.ts'
import type { ArmVerdict } from './arm-verdict.ts'
import { effectDoubt } from './doubts.ts'

/** A phase of stress that was under steps, with the policies that these put in force. */
export interface SteppedPhase {
  readonly phase: string
  readonly policies: readonly SteppedPolicy[]
}

/** A policy that steps put in force. */
export interface SteppedPolicy {
  readonly name: string
  readonly rules: readonly Rule[]
  /** The longest time that it was in force at a stretch. */
  readonly inForceNs: number
}

/** Each policy that steps put in force must have acted; what a target bears under a fault that did not says nothing. */
export function stepDoubts(
  stepped: readonly SteppedPhase[],
  arms: readonly ArmVerdict[],
  datagrams: boolean,
): readonly Doubt[] {
  return stepped.flatMap(({ phase, policies }) =>
    arms
      .filter(({ arm }) => arm.phase === phase)
      .flatMap(({ measurement }) =>
        policies.flatMap(({ name, rules, inForceNs }) =>
          stepEffects(rules, toldOf(name, measurement), { inForceNs, datagrams })
            .filter(({ ok }) => !ok)
            .map((effect) => effectDoubt(`${phase}, steps of ${name}`, effect)),
        ),
      ),
  )
}

/** What each rule of a policy did, by its name. */
function toldOf(policy: string, { rules }: ArmMeasurement): ArmMeasurement['rules'] {
  const own = `${policy}/`
  return Object.fromEntries(
    Object.entries(rules).flatMap(([key, tally]) => (key.startsWith(own) ? [[key.slice(own.length), tally]] : [])),
  )
}
