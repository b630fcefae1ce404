import { emptyTarget } from '../measure/counts.ts'
import type { BaselineFacts, Effect } from '../measure/effect.ts'
import type { ArmMeasurement } from '../measure/measurements.ts'
import type { Arm } from '../plan/arms.ts'
import type { Profile } from '../profile/profile.ts'
import { isMultiplexed } from '../workload/traits.ts'
import { effectsOf } from './effects.ts'
import { type ArmFigures, figuresOf } from './facts.ts'
import { type Against, holdThreshold, type Limit, nothing } from './limits.ts'
import { type Reconciliation, reconcile, reconcileOther } from './reconcile.ts'
import { onTheWay, type SteppedPolicy } from './stepped.ts'

/** What one arm came to: its figures, whether its effect showed, and whether the target held what it promised. */
export interface ArmVerdict {
  readonly arm: Arm
  readonly measurement: ArmMeasurement
  readonly figures: ArmFigures
  readonly effects: readonly Effect[]
  readonly bounds: readonly Limit[]
  readonly reconciliation: Reconciliation
  /** Of other targets that its client names, by name, whether it has asked them or not. */
  readonly others: Readonly<Record<string, Reconciliation>>
}

/** Judges one arm, in which steps may have put policies in force. Bounds are those of its policy, and hold for its policy arm only. */
export function judgeArm(
  arm: Arm,
  measurement: ArmMeasurement,
  baseline: BaselineFacts | null,
  profile: Profile,
  stepped: readonly SteppedPolicy[] = [],
  against: Against = nothing,
): ArmVerdict {
  const { policies, workload } = profile
  const figures = figuresOf(measurement)
  const policy = arm.kind === 'policy' ? policies.find(({ name }) => name === arm.policy) : undefined
  // The arm of stress has no rules of its own: steps bring them.
  const { tallies, ...acting } =
    stepped.length > 0 ? { ...onTheWay(stepped, measurement), at: null } : { ...arm, tallies: measurement.tallies }
  const judged = arm.phaseKind !== 'canary' && arm.phaseKind !== 'warmup'
  return {
    arm,
    measurement,
    figures,
    effects: judged ? effectsOf(arm, measurement, baseline, profile) : [],
    bounds: (policy?.bounds ?? [])
      // Those with a window are about stress.
      .filter(({ windowNs }) => windowNs === null)
      .map((bound) => holdThreshold('bound', arm.id, bound, figures, against)),
    reconciliation: reconcile(
      acting,
      { ...measurement, tallies },
      {
        datagrams: workload.protocol === 'udp',
        multiplexed: isMultiplexed(workload),
      },
    ),
    others: Object.fromEntries(
      Object.entries(measurement.otherServers).map(([name, server]) => [
        name,
        reconcileOther(measurement.all.elsewhere[name] ?? emptyTarget(), server),
      ]),
    ),
  }
}
