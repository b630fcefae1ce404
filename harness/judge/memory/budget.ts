import type { CalibratedSlopes } from './bound.ts'
import type { MemoryKind } from './series.ts'

/** What a slope of memory, files or threads is held to. */
export interface MemoryTerms {
  readonly calibration: CalibratedSlopes | null
  /** What no sample may exceed; null for no ceiling. */
  readonly ceiling: number | null
  /** What the target may grow by in `serviceHours` at the rate of the run. */
  readonly budget: number
  readonly serviceHours: number
}

/** What may be added in the service interval where nothing is said of it: 32 MiB, 64 files, 32 threads. */
export const usualBudgets: Readonly<Record<MemoryKind, number>> = {
  rss: 32 * 1024,
  heap: 32 * 1024,
  fds: 64,
  threads: 32,
}
export const usualServiceHours = 24
