import type { Clock } from '../kernel/clock.ts'
import type { ProgressListener } from '../measure/progress.ts'
import type { Plan } from '../plan/plan.ts'
import type { Sabotage } from '../run/sabotage.ts'
import type { RunTotals } from './metrics-totals.ts'
import type { ReferenceChoice } from './reference-flag.ts'
import type { Search } from './search.ts'
import type { PolicyAdjuster } from './tune-adjust.ts'

/** The commit of the build under test. */
export interface GitState {
  readonly sha: string
  readonly dirty: boolean
}

/** What a measuring command is told, besides its plan. */
export interface RunOptions {
  readonly plan: Plan
  /** The command: soak, baseline, policies, stress, load, capacity or tune. */
  readonly kind: string
  readonly clock: Clock
  /** Aborts when the user wants the run to end: it is drained, judged and archived as far as it came. */
  readonly signal: AbortSignal
  readonly resultsDir: string
  readonly allowedHosts: readonly string[]
  /** Goes on to the stress stage although a policy broke its bounds. */
  readonly keepGoing: boolean
  /** Makes an inconclusive run void. */
  readonly strict: boolean
  /** What to hold the run against; absent: what is pinned, else the median of the last ten. */
  readonly reference?: ReferenceChoice | undefined
  /** Refuses to begin without one. */
  readonly requireReference?: boolean
  readonly sabotage: Sabotage | null
  readonly version: string
  readonly argv: readonly string[]
  readonly tags: Readonly<Record<string, string>>
  readonly git: GitState | null
  readonly onProgress: ProgressListener
  /** Told how the run goes, once a second, where somebody watches. */
  readonly metrics?: RunTotals
  /** Makes policies that left their bounds weaker, before the stress stage; absent: they stay as they are. */
  readonly adjuster?: PolicyAdjuster
  /** Measures after what was planned, where the command is one that searches. */
  readonly search?: Search
}
