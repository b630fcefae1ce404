import type { Outcome } from '../outcome.ts'

/**
 * What all operations of a client may spend on extra attempts: repetitions, and hedges. Each `begun` is followed by one
 * `ended` that was not `retried`, and each `withdraw` that was granted by one `returned`, also where an attempt was given up
 * (as `aborted`) or never begun.
 */
export interface RetryBudget {
  /** A first attempt begins. */
  begun(nowNs: number): void
  /**
   * An attempt has ended, or an operation where its attempts are not told apart; `retried` says whether it was an extra one,
   * and `after` what failed before that: what was withdrawn for.
   */
  ended(outcome: Outcome, retried: boolean, nowNs: number, after?: Outcome | null): void
  /** Asks for one more attempt after this failure, or beside what runs where that is null; false where it is refused. */
  withdraw(outcome: Outcome | null, nowNs: number): boolean
  /** An extra attempt that was withdrawn for has ended, or will not be made. */
  returned(nowNs: number): void
}
