import type { ResultWindow } from '../archive/result.ts'
import { rounded } from '../archive/text.ts'
import type { JudgedWindow } from '../judge/windows.ts'
import { nsPerMs } from '../kernel/units.ts'
import { type PhaseKind, phaseKinds } from '../measure/arm.ts'
import type { WindowMeasurement } from '../measure/measurements.ts'

/**
 * A window as a line of the windows file has it, rounded; `startNs` is the start of the run. Times are whole milliseconds:
 * six digits would make the windows of the second week a second longer or shorter than they are.
 */
export function archivedWindow({ identity, ...window }: WindowMeasurement, startNs: number): ResultWindow {
  const line: ResultWindow = {
    phase: identity.phase,
    arm: identity.kind,
    policy: identity.policy,
    slice: window.slice,
    index: window.index,
    fromMs: Math.round((window.fromNs - startNs) / nsPerMs),
    toMs: Math.round((window.toNs - startNs) / nsPerMs),
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
    ...(window.collection && { collection: window.collection }),
    faults: window.faults,
    settling: window.settling,
    histogram: window.okLatency,
  }
  return rounded(line) as ResultWindow
}

/** What judges are told of a window: what its line says, so that they come to the same by the file. */
export function judgedWindow(line: ResultWindow): JudgedWindow {
  const { phase, fromMs, toMs, histogram, lows = null, collection = null, ...window } = line
  return {
    ...window,
    lows,
    collection,
    identity: { phase, phaseKind: kindOfPhase(phase) },
    fromNs: fromMs * nsPerMs,
    toNs: toMs * nsPerMs,
    okLatency: histogram,
  }
}

/** A phase is named by its kind first. */
function kindOfPhase(phase: string): PhaseKind {
  const [head] = phase.split('.')
  return phaseKinds.find((kind) => kind === head) ?? 'warmup'
}
