import type { LatencyHistogram } from './histogram.ts'

/** The latencies of a slice by which arms are compared, from the intended start where there is a schedule. */
export interface ComparedLatency {
  readonly ok: LatencyHistogram
  /** Failures at their elapsed time, without what a policy of the client's own refused. */
  readonly failed: LatencyHistogram
}

/**
 * The time in ms in which `percent` of the operations were answered, where one that failed counts as no faster than the slowest
 * that succeeded: one that gives up late is as slow as it was, and one that fails at once makes nothing faster. Null where
 * nothing succeeded.
 */
export function comparedPercentileMs({ ok, failed }: ComparedLatency, percent: number): number | null {
  const slowest = ok.percentileMs(100)
  if (slowest === null) return null
  const rank = (percent / 100) * (ok.count + failed.count)
  if (rank <= ok.count) return ok.percentileMs((100 * rank) / ok.count)
  return Math.max(slowest, failed.percentileMs((100 * (rank - ok.count)) / failed.count) ?? 0)
}

/** How many operations took longer than this, in ms, by the same rule. */
export function comparedAbove({ ok, failed }: ComparedLatency, limitMs: number): number {
  const late = (ok.percentileMs(100) ?? 0) > limitMs ? failed.count : failed.countAbove(limitMs)
  return ok.countAbove(limitMs) + late
}
