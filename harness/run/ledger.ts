import { addSlice, type ArmMeasurement, emptyArm, type SliceSummary } from '../measure/measurements.ts'
import type { Arm } from '../plan/arms.ts'
import { withRate } from '../plan/models.ts'
import type { LoadModel } from '../workload/model.ts'
import type { Workload } from '../workload/workload.ts'
import type { Held } from './held.ts'
import { Pace } from './pace.ts'
import type { CarriedSlice } from './slice.ts'
import { type SlicePlace, summaryOf } from './summary.ts'

/** What the slices of a run have come to, arm by arm. */
export class Ledger {
  readonly arms = new Map<string, ArmMeasurement>()
  readonly slices: SliceSummary[] = []
  #pace = new Pace()

  /** Rates that are shares begin anew. */
  beginLife(): void {
    this.#pace = new Pace()
  }

  /** What an arm has come to until now. */
  open(arm: Arm, { requests }: Workload): ArmMeasurement {
    const names = requests.map(({ name }) => name)
    const known = this.arms.get(arm.id) ?? emptyArm(arm, names)
    this.arms.set(arm.id, known)
    return known
  }

  /** The load of a slice, its rate a number: a share of what the arm has reached, or of `paceOf` in this life. */
  loadOf(model: LoadModel, arm: ArmMeasurement, paceOf: string | undefined): LoadModel {
    const isShare = model.model === 'open' && model.rate.kind === 'share'
    return isShare && paceOf !== undefined ? withRate(model, this.#pace.of(paceOf)) : withRate(model, arm)
  }

  /** What an arm has come to is gone, but for its slices. */
  forget(id: string): void {
    const arm = this.arms.get(id)
    this.arms.delete(id)
    for (const histogram of [...Object.values(arm?.latencies ?? {}), ...(arm?.requestLatencies.values() ?? [])])
      histogram.destroy()
  }

  /** Adds a slice to an arm that is open. */
  add(arm: Arm, known: ArmMeasurement, place: SlicePlace, carried: CarriedSlice, held: Held): void {
    this.slices.push(summaryOf(arm, place, carried, held))
    for (const histogram of Object.values(carried.compared)) histogram.destroy()
    const before = known.throughput
    addSlice(known, carried.measurement)
    this.#pace.add(arm.id, before, known.throughput)
  }
}
