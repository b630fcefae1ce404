/** What a limit starts at, and what it stays within; each at least 1. */
export interface LimitRange {
  readonly initial: number
  readonly min: number
  readonly max: number
}

/** Finds how much may be at work at once. Pure but for its own state. */
export interface LimitAlgorithm {
  /** The limit now; a slot is a whole one of it. */
  readonly limit: number
  /**
   * One end of work, or a window of them: how long it took without the wait before it, how many were at work when it began
   * (itself included), and whether it was too much, refused by the target or not answered.
   */
  sample(tookNs: number, inFlight: number, dropped: boolean): void
}

/** The limit within its range. */
export function within(limit: number, { min, max }: LimitRange): number {
  return Math.min(max, Math.max(min, limit))
}
