import type { Result, ResultComparison, VerdictName } from '../archive/result.ts'
import type { ReferenceAnswer } from '../judge/reference/case.ts'
import type { ReferenceComparison } from '../judge/reference/comparison.ts'
import type { ExitCode } from '../kernel/exit-codes.ts'

/** A result as it takes part in a comparison. */
export interface ComparedResult {
  readonly result: Result
  /** Of the file's bytes. */
  readonly sha256: string
  readonly file?: string
}

/** Where a row's numbers went, or why that cannot be said. */
export type Direction = 'better' | 'worse' | 'same' | 'not comparable'

/** One value for each of the two results. */
export interface Both<Value> {
  readonly base: Value
  readonly next: Value
}

/** One metric in both results. Anyone can compute it again: `formula` is over the numbers that `at` points to. */
export interface ComparisonRow {
  /** The arm, such as `policy.retry/policy-relay`, or `run` for the figures of the whole run. */
  readonly scope: string
  /** The arm by whose figure the scope's is divided; null for an absolute figure. */
  readonly against: string | null
  readonly metric: string
  readonly unit: string
  readonly better: 'more' | 'less'
  readonly base: number | null
  readonly next: number | null
  /** next / base; null where there is none, and between absolute figures of different hosts. */
  readonly ratio: number | null
  /** next - base. */
  readonly difference: number | null
  readonly direction: Direction
  /** Why it is not comparable; else null. */
  readonly why: string | null
  /** Half the range of the metric's logarithm over the arm's slices; null with fewer than two of them. */
  readonly spread: Both<number | null>
  /** JSON pointers into the two result files, in the order of the formula's $1, $2, … */
  readonly at: Both<readonly string[]>
  readonly formula: string
  /** Doubts of either run that make this metric untrustworthy. */
  readonly tainted: readonly string[]
}

/** What a comparison says of each of its two results. */
export interface ComparedRun {
  readonly id: string
  readonly file: string | null
  readonly sha256: string
  readonly startedAt: string
  readonly verdict: VerdictName
  readonly gitSha: string | null
  readonly hostFingerprint: string
}

/** Two results side by side. */
export interface Comparison {
  readonly schema: 'soakrig/comparison@0'
  readonly profile: string
  readonly mode: string
  readonly base: ComparedRun
  readonly next: ComparedRun
  /** Absolute figures are comparable on one host only; ratios within a run are comparable anyway. */
  readonly sameHost: boolean
  /** `same` for one and the same file; `undecided` where nothing could fail. */
  readonly verdict: 'same' | ReferenceAnswer['verdict']
  readonly why: string
  /** 111 where it is worse, 112 where the base is nothing to compare with, 114 where the new run is void or no whole run. */
  readonly exitCode: ExitCode
  /** The results beside the base that tell by how much nights differ. */
  readonly history: readonly Pick<ComparedRun, 'id' | 'file' | 'sha256'>[]
  /** Speed, resources and fragility of the new run against those of the base: what decides. */
  readonly compared: readonly ReferenceComparison[]
  /** What the new run's own gate found of it beside a former build, in the same rounds. */
  readonly exact: readonly ResultComparison[]
  readonly rows: readonly ComparisonRow[]
  /** Ratios of a policy's arm to its baseline, in each run. */
  readonly fragility: readonly ComparisonRow[]
  /** What is in one of the results only. */
  readonly notCompared: readonly { readonly what: string; readonly why: string }[]
  /** What to know of the two runs before trusting any of this. */
  readonly notes: readonly string[]
}
