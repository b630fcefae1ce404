import { createHistogram } from '../../harness/measure/histogram.ts'
import type { WindowMeasurement } from '../../harness/measure/measurements.ts'

const phase = 'stress.long'
export const stressArm = {
  id: phase,
  phase,
  phaseKind: 'stress',
  kind: 'baseline',
  path: 'direct',
  policy: null,
} as const

/** What a window of a second is like. */
export interface WindowShape extends Partial<WindowMeasurement> {
  /** Of all its successes. */
  readonly ms?: number
}

/** One window of a second after the other; the first begins at 0. */
export function windowAt(index: number, { ms = 10, ok = 100, ...changes }: WindowShape = {}): WindowMeasurement {
  const latency = createHistogram()
  for (let count = 0; count < ok; count++) latency.record(1000 * ms)
  const okLatency = latency.encode()
  latency.destroy()
  return {
    identity: stressArm,
    slice: 0,
    index,
    fromNs: index * 1e9,
    toNs: (index + 1) * 1e9,
    ok,
    failed: 0,
    degraded: 0,
    p50Ms: ms,
    p99Ms: ms,
    memoryKb: null,
    fds: null,
    threads: null,
    cpuCores: null,
    collection: null,
    lows: null,
    okLatency,
    faults: [],
    settling: false,
    series: { offered: ok, bins: [] },
    queue: null,
    ...changes,
  }
}
