import type { ResultWindow } from '../archive/result.ts'
import { nsPerMs } from '../kernel/units.ts'
import type { WindowMeasurement } from '../measure/measurements.ts'

/** A window as a line of the windows file has it; `startNs` is the start of the run. */
export function archivedWindow({ identity, ...window }: WindowMeasurement, startNs: number): ResultWindow {
  return {
    phase: identity.phase,
    arm: identity.kind,
    policy: identity.policy,
    slice: window.slice,
    index: window.index,
    fromMs: (window.fromNs - startNs) / nsPerMs,
    toMs: (window.toNs - startNs) / nsPerMs,
    ok: window.ok,
    failed: window.failed,
    degraded: window.degraded,
    p50: window.p50Ms,
    p99: window.p99Ms,
    memoryKb: window.memoryKb,
    fds: window.fds,
    threads: window.threads,
    cpuCores: window.cpuCores,
    lows: window.lows,
    faults: window.faults,
    settling: window.settling,
    histogram: window.okLatency,
  }
}
