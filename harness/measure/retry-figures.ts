/** Upper bounds of the buckets in which durations are counted, in ms, each inclusive: those of LoadDensity's histograms. */
export const durationBoundsMs: readonly number[] = [5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000]

/** Durations by bucket, one for each bound and a last one for what is longer, and their sum. */
export interface DurationCounts {
  readonly buckets: number[]
  sumNs: number
}

/** Attempts are told apart up to this number; the further ones are counted together. */
export const attemptNames = ['1', '2', '3', '4', '5', '6+'] as const

/** What a retry policy did for the operations of one request; all of it only grows. */
export interface RetryFigures {
  /** Attempts by their number within the operation, as `attemptNames`: the first, and each repetition once its wait is over. */
  readonly attempts: number[]
  /** Operations that succeeded after a repetition. */
  recovered: number
  /** Of operations from the first attempt to the end, whatever that was. */
  readonly durations: DurationCounts
}

/** Figures of a request for which nothing was done yet. */
export function emptyRetryFigures(): RetryFigures {
  return {
    attempts: attemptNames.map(() => 0),
    recovered: 0,
    durations: { buckets: [...durationBoundsMs.map(() => 0), 0], sumNs: 0 },
  }
}

/** Counts a duration; allocates nothing. */
export function countDuration(counts: DurationCounts, durationNs: number): void {
  const ms = durationNs / 1e6
  let bucket = 0
  while (bucket < durationBoundsMs.length && ms > (durationBoundsMs[bucket] ?? 0)) bucket++
  counts.buckets[bucket] = (counts.buckets[bucket] ?? 0) + 1
  counts.sumNs += durationNs
}

/** Adds figures to others, which change. */
export function addRetryFigures(to: RetryFigures, more: RetryFigures): void {
  for (const [index, count] of more.attempts.entries()) to.attempts[index] = (to.attempts[index] ?? 0) + count
  to.recovered += more.recovered
  const { buckets } = to.durations
  for (const [index, count] of more.durations.buckets.entries()) buckets[index] = (buckets[index] ?? 0) + count
  to.durations.sumNs += more.durations.sumNs
}
