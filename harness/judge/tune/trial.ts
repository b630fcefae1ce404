import type { ArmMeasurement } from '../../measure/measurements.ts'
import type { Arm } from '../../plan/arms.ts'
import type { Profile } from '../../profile/profile.ts'
import { type ArmVerdict, judgeArm } from '../arm-verdict.ts'
import { baselineFacts, figuresOf } from '../facts.ts'
import { holdThreshold, isBroken, type Limit } from '../limits.ts'
import { isNear } from './near.ts'
import type { Trial } from './step.ts'

/** A strength as it was measured: its arm, and what stood beside it without the fault. */
export interface TrialCase {
  /** With the rules of the strength. */
  readonly arm: Arm
  readonly measurement: ArmMeasurement
  /** Of the same path, from the same moments. */
  readonly baseline: ArmMeasurement
  /** A single worker on the relay's path, where that is the arm's. */
  readonly single: ArmMeasurement | null
  /** Its only policy is that of the arm, with the bounds that are to hold. */
  readonly profile: Profile
}

/** What a trial came to, with the figures that decided it. */
export interface JudgedTrial extends Trial {
  /** Why it says nothing; null where it says something. */
  readonly whyVoid: string | null
  readonly bounds: readonly Limit[]
  readonly verdict: ArmVerdict
}

/** Judges one trial of a strength as any arm of a policy is judged, its relative bounds against the slices beside it. */
export function judgeTrial({ arm, measurement, baseline, single, profile }: TrialCase): JudgedTrial {
  const facts = baselineFacts(baseline, arm.path === 'relay' ? (single ?? undefined) : baseline)
  const clean = figuresOf(baseline)
  const against = { baseline: clean, reference: null, whyNone: 'a search looks for none' }
  const verdict = judgeArm(arm, measurement, facts, profile, [], against)
  const { bounds, figures } = verdict
  const thresholds = profile.policies[0]?.bounds ?? []
  const without = thresholds.map((threshold) => holdThreshold('bound', arm.id, threshold, clean, against))
  const broke = bounds.some(isBroken)
  const whyVoid = whyVoidOf(verdict, broke) ?? (broke ? whyNeverHeld(without) : null)
  return {
    held: whyVoid === null ? !broke : null,
    near: bounds.some((limit, index) => {
      const threshold = thresholds[index]
      return threshold !== undefined && isNear(threshold, limit, figures)
    }),
    whyVoid,
    bounds,
    verdict,
  }
}

/** A fault that broke the bounds needs no further proof than that it acted; one that did not, that it did all it should. */
function whyVoidOf({ measurement, effects, bounds }: ArmVerdict, broke: boolean): string | null {
  const { ok, failed } = measurement.measured.operations
  if (ok + failed === 0) return 'no operation ended in the measured time'
  const missing = effects.find(
    ({ metric, observed, ok: shown, inconclusive }) =>
      // Of little that there was to hit nothing may have been hit, as its probability has it: then there was no fault.
      (metric.startsWith('fired.') && (observed === null || observed === 0)) ||
      (!broke && !shown && inconclusive === undefined),
  )
  if (missing) {
    const { metric, observed, lo, hi, unit } = missing
    return `the fault did not do what it should: ${metric} ${observed ?? 'not observed'} is not in [${lo}, ${hi}] ${unit}`
  }
  const unmeasured = bounds.find(({ actual, limit }) => actual === null || limit === null)
  return unmeasured ? `${unmeasured.expr} could not be judged` : null
}

function whyNeverHeld(without: readonly Limit[]): string | null {
  const never = without.find(isBroken)
  return never ? `${never.expr} did not hold without the fault either: found ${never.actual}` : null
}
