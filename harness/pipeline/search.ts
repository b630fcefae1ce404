import type { Result } from '../archive/result.ts'
import type { Clock } from '../kernel/clock.ts'
import type { Doubt } from '../measure/doubts.ts'
import type { WindowMeasurement } from '../measure/measurements.ts'
import type { ProgressListener } from '../measure/progress.ts'
import type { Arm } from '../plan/arms.ts'
import type { Session } from '../run/session.ts'

/** Measures what no plan can know beforehand, since each of its slices follows from those before. */
export interface Search {
  /** Goes through its slices, and returns at once when the session has stopped. */
  carryOut(session: Session, options: SearchOptions): Promise<void>
  addWindow(window: WindowMeasurement): void
  /** Those that it has measured so far. */
  readonly arms: readonly Arm[]
  /** What it has come to, also when it was ended early. */
  read(): SearchAnswer
}

/** What it needs to know of its run. */
export interface SearchOptions {
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly onProgress: ProgressListener
}

/** What a search adds to the result of a run. */
export interface SearchAnswer {
  readonly doubts: readonly Doubt[]
  /** The arm whose figures stand for the run. */
  readonly source: string | null
  readonly result: Pick<Result, 'capacity' | 'tolerance'>
}
