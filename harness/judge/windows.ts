import { nsPerMs, nsPerSecond } from '../kernel/units.ts'
import { createHistogram, decodeHistogram, type LatencyHistogram } from '../measure/histogram.ts'
import type { ArmIdentity } from '../measure/arm.ts'
import { measuredNsOf } from '../measure/collection.ts'
import type { WindowMeasurement } from '../measure/measurements.ts'
import type { LimitedFigures } from './limits.ts'
import { followLows, type LowSeries } from './memory/lows.ts'
import { noParts, type PartSums, withPart } from './stats/design-effect.ts'
import { watchErrors, type WorstWindow, worseOf } from './worst-window.ts'

/** A window as its file has it: judged are its rounded figures, so that the file comes to the same. Times are from the start of the run. */
export interface JudgedWindow extends Pick<
  WindowMeasurement,
  | 'slice'
  | 'index'
  | 'fromNs'
  | 'toNs'
  | 'ok'
  | 'failed'
  | 'degraded'
  | 'memoryKb'
  | 'fds'
  | 'threads'
  | 'cpuCores'
  | 'lows'
  | 'collection'
  | 'faults'
  | 'settling'
  | 'okLatency'
> {
  readonly identity: Pick<ArmIdentity, 'phase' | 'phaseKind'>
}

/** The windows of a phase that were under the same policies, none for clean load, taken together. */
export interface WindowGroup {
  readonly phase: string
  readonly faults: readonly string[]
  readonly windows: number
  readonly ok: number
  readonly failed: number
  readonly degraded: number
  /** Together, in ns. */
  readonly durationNs: number
  /** Of the successes only: windows hold no others. */
  readonly okLatency: LatencyHistogram
}

/** What the windows of the stress stage come to; kept in constant memory while they pass. */
export interface WindowSummary {
  /** The highest lower confidence bound of a clean window's error rate: all of them hold together, as surely as one. */
  readonly worstErrorRate: WorstWindow | null
  /** Median memory of the first window after the warm-up, and of the highest one; KiB. */
  readonly firstMemoryKb: number | null
  readonly highestMemoryKb: WorstWindow | null
  readonly firstFds: number | null
  readonly lastFds: number | null
  readonly windows: number
  readonly withoutMemory: number
  /** By phase and policies in force all the time; of the phases that have steps. */
  readonly groups: readonly WindowGroup[]
  /** How failures lie among the windows of a phase without a fault, by phase. */
  readonly errors: ReadonlyMap<string, PartSums>
  /** How little the target held in the sustained load, which comes last; null without stress. */
  readonly lows: LowSeries | null
}

/** Follows windows as they close. */
export interface WindowWatch {
  add(window: JudgedWindow): void
  read(): WindowSummary
}

/**
 * Starts to follow the windows of the stress stage, or of ad hoc load; others are passed over. `stepped` names the phases
 * that have steps, whose windows are also kept in groups.
 */
export function watchWindows(stepped: readonly string[]): WindowWatch {
  const errors = watchErrors()
  let firstMemoryKb: number | null = null
  let highestMemoryKb: WorstWindow | null = null
  let firstFds: number | null = null
  let lastFds: number | null = null
  let windows = 0
  let withoutMemory = 0
  const groups = new Map<string, WindowGroup>()
  const spreads = new Map<string, PartSums>()
  const lows = followLows()
  return {
    add(window) {
      const { identity, fromNs, toNs, ok, failed, memoryKb, fds, faults, settling } = window
      if (identity.phaseKind !== 'stress' && identity.phaseKind !== 'load') return
      windows++
      const span = { fromMs: fromNs / nsPerMs, toMs: toNs / nsPerMs }
      if (identity.phaseKind === 'stress') lows.add({ ...window, ...span, phase: identity.phase })
      if (faults.length === 0 && ok + failed > 0) errors.add(failed, ok + failed, span)
      if (faults.length === 0 && !settling) {
        const sums = spreads.get(identity.phase) ?? noParts
        spreads.set(identity.phase, withPart(sums, failed, ok + failed))
      }
      if (stepped.includes(identity.phase) && !settling) addTo(groups, window)
      firstFds ??= fds
      lastFds = fds ?? lastFds
      if (memoryKb === null) withoutMemory++
      else {
        firstMemoryKb ??= memoryKb
        highestMemoryKb = worseOf(highestMemoryKb, { value: memoryKb, ...span })
      }
    },
    read: () => ({
      worstErrorRate: errors.read(),
      firstMemoryKb,
      highestMemoryKb,
      firstFds,
      lastFds,
      windows,
      withoutMemory,
      groups: [...groups.values()],
      errors: spreads,
      lows: lows.read(),
    }),
  }
}

function addTo(groups: Map<string, WindowGroup>, window: JudgedWindow): void {
  const { identity, faults } = window
  const key = JSON.stringify([identity.phase, faults])
  const known = groups.get(key)
  const okLatency = known?.okLatency ?? createHistogram()
  const own = decodeHistogram(window.okLatency)
  okLatency.add(own)
  own.destroy()
  groups.set(key, {
    phase: identity.phase,
    faults,
    windows: (known?.windows ?? 0) + 1,
    ok: (known?.ok ?? 0) + window.ok,
    failed: (known?.failed ?? 0) + window.failed,
    degraded: (known?.degraded ?? 0) + window.degraded,
    durationNs: (known?.durationNs ?? 0) + measuredNsOf(window),
    okLatency,
  })
}

/** What the windows of a phase without a fault are called where a limit is about them. */
export const cleanScope = (phase: string): string => `${phase}, windows without a fault`

/** What windows come to together. */
export type WindowCounts = Pick<WindowGroup, 'ok' | 'failed' | 'degraded' | 'durationNs' | 'okLatency'>

/** The figures of windows, for limits to be held against. */
export function figuresOfGroup({ ok, failed, degraded, durationNs, okLatency }: WindowCounts): LimitedFigures {
  const ended = ok + failed
  return {
    judgedLatencyMs: okLatency.summary(),
    percentileMs: (percent) => okLatency.percentileMs(percent),
    errorRate: ended === 0 ? null : failed / ended,
    okPerSecond: durationNs === 0 ? null : (ok * nsPerSecond) / durationNs,
    failed,
    ended,
    degraded,
  }
}
