import type { SliceUse } from '../measure/measurements.ts'
import type { Profile } from '../profile/profile.ts'
import type { LoadModel } from '../workload/model.ts'
import type { Arm } from './arms.ts'
import { flattened } from './models.ts'

/** One life of the target: a fresh process, its arms, and its slices in their order. */
export interface Life {
  readonly round: number
  /** Which group of the gate it is for; null for what is measured otherwise. */
  readonly group: number | null
  readonly arms: readonly Arm[]
  readonly slices: readonly PlannedSlice[]
}

/** A slice of an arm, with the model of its load and what it is for. */
export interface PlannedSlice {
  readonly arm: Arm
  readonly model: LoadModel
  readonly use: SliceUse
  /**
   * The arm of whose throughput a rate may be a share: of what it reached in this life, before the first slice that asks.
   * Absent for all that the slice's own arm reached in the run.
   */
  readonly paceOf?: string
}

type Load = Pick<Profile['load'], 'throughput' | 'latency'>

/** A slice for throughput, and for latency too where that has no model of its own. */
export function throughputSlice(arm: Arm, { throughput, latency }: Load): PlannedSlice {
  return { arm, model: flattened(throughput), use: latency === null ? 'both' : 'throughput' }
}

/** The slice for latency, whose rate may be a share of the throughput; none where that has no model of its own. */
export function latencySlices(arm: Arm, { latency }: Load): readonly PlannedSlice[] {
  return latency === null ? [] : [{ arm, model: flattened(latency), use: 'latency' }]
}
