import { comparedAbove, comparedPercentileMs } from '../measure/compared-latency.ts'
import type { Measurements, SliceSummary } from '../measure/measurements.ts'
import type { Arm } from '../plan/arms.ts'
import type { Plan } from '../plan/plan.ts'
import type { Held } from './held.ts'
import type { TargetLife } from './life.ts'
import type { CarriedSlice } from './slice.ts'

/** Where a slice stands in the schedule. */
export interface SlicePlace {
  readonly round: number
  readonly order: number
  /** Of the gate; null or absent outside of it. */
  readonly group?: number | null
  /** What is counted as slow, in ms; null or absent where nobody knows. */
  readonly slowOverMs?: number | null
  /** Whether what the process holds is read after it, and whether it is the last slice of that process; absent: not. */
  readonly memory?: 'read' | 'last'
}

/** What is kept of a slice by itself. */
export function summaryOf(
  identity: Arm,
  { round, order, group = null, slowOverMs = null }: SlicePlace,
  { startNs, measurement, compared }: CarriedSlice,
  held: Held,
): SliceSummary {
  const { measured, measuredNs, targetCpuMs, use } = measurement
  return {
    round,
    order,
    group,
    identity,
    use,
    startNs,
    durationNs: measuredNs,
    ok: measured.operations.ok,
    failed: measured.operations.failed,
    p50Ms: comparedPercentileMs(compared, 50),
    p95Ms: comparedPercentileMs(compared, 95),
    p99Ms: comparedPercentileMs(compared, 99),
    slow: slowOverMs === null || use === 'throughput' ? null : comparedAbove(compared, slowOverMs),
    targetCpuMs,
    ...held,
  }
}

/** What is told where no target was started. */
export const noTarget: Measurements['target'] = {
  command: [],
  url: null,
  pid: null,
  startTicks: null,
  heapMissing: 'it was not started',
}

/** What is told of the target of a life. */
export function targetOf({ target }: TargetLife, profile: Plan['profile']): Measurements['target'] {
  return {
    command: target.command,
    url: profile.target.kind === 'url' ? target.url : null,
    pid: target.root?.pid ?? null,
    startTicks: target.root?.startTicks ?? null,
    heapMissing: 'missing' in target.heap ? target.heap.missing : null,
  }
}
