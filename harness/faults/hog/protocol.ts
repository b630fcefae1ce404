import type { FailureReport } from '../../kernel/failure-report.ts'

/** What the conductor tells a process that burns CPU. */
export interface HogCommand {
  readonly kind: 'burn'
  readonly id: number
  /** Of one core. */
  readonly share: number
}

/** What it answers before it begins. */
export type HogReply = { readonly kind: 'burning'; readonly id: number } | ({ readonly kind: 'failed' } & FailureReport)
