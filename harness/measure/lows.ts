/** How little the target held in a stretch of time, which is what remains when garbage has been collected. */
export interface WindowLows {
  /** Of so many readings. */
  readonly readings: number
  /** KiB. */
  readonly memoryKb: number | null
  readonly fds: number | null
  readonly threads: number | null
  /** How often the target had been started again: what it holds began anew each time. */
  readonly restarts: number
}

/** The lower end of some amounts: their tenth percentile, of less than ten the least; null of none. */
export function lowOf(amounts: readonly (number | null)[]): number | null {
  const known = amounts.filter((amount) => amount !== null).toSorted((a, b) => a - b)
  return known[Math.floor(known.length / 10)] ?? null
}
