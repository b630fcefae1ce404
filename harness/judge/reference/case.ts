import type { GateCalibration } from '../calibration/ruler.ts'
import type { ReferenceComparison } from './comparison.ts'
import type { Estimand, EstimandName } from './estimand.ts'

/** A run, and the former ones that it is held against. */
export interface ReferenceCase {
  readonly own: readonly Estimand[]
  /** What the run might have been expected to tell and does not, and why. */
  readonly absent: readonly AbsentEstimand[]
  /** What its plan left out. */
  readonly leftOut: readonly LeftOut[]
  readonly references: readonly (readonly Estimand[])[]
  /** Former runs that tell by how much nights differ; null where the references do. */
  readonly history: readonly (readonly Estimand[])[] | null
  /** What a few references are held to; null where it was not calibrated. */
  readonly calibration: GateCalibration
  readonly sameHost: boolean
  /** Why nothing of it decides, such as that the run was void; null where it does. */
  readonly advisory: string | null
}

/** A figure that a run does not tell. */
export interface AbsentEstimand extends EstimandName {
  readonly why: string
}

/** A part that a run did not measure by its plan, such as a policy for which its budget has no room. */
export interface LeftOut {
  /** Whose arms it has not: `policy.retry`. */
  readonly phase: string
  readonly why: string
}

/** What has no counterpart. */
export interface NotCompared {
  readonly what: string
  readonly why: string
  /** The run might have failed by it, and did not only because of that: it has no answer. */
  readonly gated?: true
}

/** What a run came to beside former ones. */
export interface ReferenceAnswer {
  /** `undecided` where nothing could fail it. */
  readonly verdict: 'pass' | 'fail' | 'inconclusive' | 'undecided'
  /** Why nothing was decided, or not all of what may fail a run; null where all was. */
  readonly why: string | null
  readonly comparisons: readonly ReferenceComparison[]
  /** What has no counterpart, and why. */
  readonly notCompared: readonly NotCompared[]
}
