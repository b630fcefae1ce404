import type { SliceUse } from './measurements.ts'

/** A plan as `--dry-run` shows it. */
export interface PlanSummary {
  readonly profile: string
  readonly mode: string
  readonly seed: number
  readonly expectedMs: number
  /** What it was to fit into; the least that can be measured may take longer. */
  readonly budgetMs: number
  readonly slicesPerArm: number
  /** What may fail the run by being worse: after how many rounds there may be an answer; null where nothing may. */
  readonly gate: { readonly looks: readonly number[] } | null
  readonly lives: readonly {
    readonly round: number
    /** Of the gate; null outside of it. */
    readonly group: number | null
    readonly slices: readonly { readonly arm: string; readonly use: SliceUse; readonly durationMs: number }[]
  }[]
  readonly stress: readonly {
    readonly name: string
    readonly load: string
    readonly durationMs: number
    /** When steps change what is in force, and which policies then are. */
    readonly steps: readonly { readonly atMs: number; readonly faults: readonly string[] }[]
  }[]
  readonly notMeasured: readonly { readonly what: string; readonly why: string }[]
}
