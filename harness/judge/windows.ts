import { nsPerMs } from '../kernel/units.ts'
import { clopperPearsonLower } from '../measure/binomial.ts'
import type { WindowMeasurement } from '../measure/measurements.ts'

/** One-sided error of the rule that a single window broke a ceiling. */
const windowAlpha = 0.01

/** Where in the run something was worst. */
export interface WorstWindow {
  readonly value: number
  readonly fromMs: number
  readonly toMs: number
}

/** What the windows of the stress stage come to; kept in constant memory while they pass. */
export interface WindowSummary {
  /** The highest lower confidence bound of a window's error rate. */
  readonly worstErrorRate: WorstWindow | null
  /** Median memory of the first window after the warm-up, and of the highest one; KiB. */
  readonly firstMemoryKb: number | null
  readonly highestMemoryKb: WorstWindow | null
  readonly firstFds: number | null
  readonly lastFds: number | null
  readonly windows: number
  readonly withoutMemory: number
}

/** Follows windows as they close. */
export interface WindowWatch {
  add(window: WindowMeasurement): void
  read(): WindowSummary
}

/** Starts to follow the windows of the stress stage, or of ad hoc load; others are passed over. `originNs` is the start of the run. */
export function watchWindows(originNs: number): WindowWatch {
  let worstErrorRate: WorstWindow | null = null
  let firstMemoryKb: number | null = null
  let highestMemoryKb: WorstWindow | null = null
  let firstFds: number | null = null
  let lastFds: number | null = null
  let windows = 0
  let withoutMemory = 0
  return {
    add({ identity, fromNs, toNs, ok, failed, memoryKb, fds }) {
      if (identity.phaseKind !== 'stress' && identity.phaseKind !== 'load') return
      windows++
      const span = { fromMs: (fromNs - originNs) / nsPerMs, toMs: (toNs - originNs) / nsPerMs }
      const errors = clopperPearsonLower(failed, ok + failed, windowAlpha)
      if (ok + failed > 0 && (worstErrorRate === null || errors > worstErrorRate.value))
        worstErrorRate = { value: errors, ...span }
      firstFds ??= fds
      lastFds = fds ?? lastFds
      if (memoryKb === null) withoutMemory++
      else {
        firstMemoryKb ??= memoryKb
        if (highestMemoryKb === null || memoryKb > highestMemoryKb.value) highestMemoryKb = { value: memoryKb, ...span }
      }
    },
    read: () => ({ worstErrorRate, firstMemoryKb, highestMemoryKb, firstFds, lastFds, windows, withoutMemory }),
  }
}
