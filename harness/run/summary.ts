import type { SliceSummary } from '../measure/measurements.ts'
import type { Arm } from '../plan/arms.ts'
import type { CarriedSlice } from './slice.ts'

/** Where a slice stands in the schedule. */
export interface SlicePlace {
  readonly round: number
  readonly order: number
}

/** What is kept of a slice by itself. */
export function summaryOf(
  identity: Arm,
  { round, order }: SlicePlace,
  { startNs, measurement }: CarriedSlice,
): SliceSummary {
  const { latencies, measured, measuredNs, targetCpuMs } = measurement
  return {
    round,
    order,
    identity,
    startNs,
    durationNs: measuredNs,
    ok: measured.operations.ok,
    failed: measured.operations.failed,
    p50Ms: latencies.ok.percentileMs(50),
    p95Ms: latencies.ok.percentileMs(95),
    p99Ms: latencies.ok.percentileMs(99),
    targetCpuMs,
  }
}
