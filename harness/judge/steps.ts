import { stepEffects } from '../faults/effects.ts'
import type { Doubt } from '../measure/doubts.ts'
import type { ArmVerdict } from './arm-verdict.ts'
import { effectDoubt } from './doubts.ts'
import { type SteppedPhase, toldOf } from './stepped.ts'

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
