import { medianOf } from '../stats/median.ts'

/** What is sampled: memory in KiB (resident, or of the heap after a forced collection), or numbers of files and threads. */
export const memoryKinds = ['rss', 'heap', 'fds', 'threads'] as const
export type MemoryKind = (typeof memoryKinds)[number]

/** What was read of a target at one moment. */
export interface MemorySample {
  readonly seconds: number
  /** KiB or a number, as the kind has it; null where it could not be read. */
  readonly amount: number | null
  /** How many requests had been served by then; null where that is not known. */
  readonly requests: number | null
}

/** A part of a run, in seconds from its beginning. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** A sample that could be read. */
export interface Reading extends MemorySample {
  readonly amount: number
}

/** The samples that could be read. */
export function readingsOf(samples: readonly MemorySample[]): readonly Reading[] {
  return samples.filter((sample): sample is Reading => sample.amount !== null)
}

/** The readings that lie in none of the spans, whose ends are part of them. */
export function outside(readings: readonly Reading[], spans: readonly Span[]): readonly Reading[] {
  return readings.filter(({ seconds }) => !spans.some(({ from, to }) => seconds >= from && seconds <= to))
}

/** How far apart samples are, as most of them are; 0 of less than two. */
export function cadenceOf(samples: readonly Pick<MemorySample, 'seconds'>[]): number {
  const moments = samples.map(({ seconds }) => seconds)
  return medianOf(moments.slice(1).map((moment, index) => moment - (moments[index] as number)))
}

/** A wait of that many cadences is one too long. */
const lateCadences = 2.5

/** A wait that is longer than this is one in which nothing was read: never one that is shorter than a window. */
export function longestWait(cadence: number, windowSeconds: number): number {
  return Math.max(windowSeconds, lateCadences * cadence)
}

/** For how long nothing was read, from the beginning of the run to its end; a late sample is not missing. */
export function missingSeconds(
  readings: readonly Pick<Reading, 'seconds'>[],
  { cadence, longest }: { readonly cadence: number; readonly longest: number },
  [begun, end]: readonly [number, number],
): number {
  const moments = [begun, ...readings.map(({ seconds }) => seconds), end]
  return moments
    .slice(1)
    .map((moment, index) => moment - (moments[index] as number))
    .filter((wait) => wait > longest)
    .reduce((sum, wait) => sum + wait - cadence, 0)
}

/** Of the samples, so many may have fewer requests than the one before: the count began anew. More, and it is no count. */
const mostRestarts = 0.02

/** What the samples say of requests: a running total, one that began anew in between, or nothing of the kind. */
export function countOf(samples: readonly MemorySample[]): 'total' | 'restarted' | 'none' {
  const known = samples.flatMap(({ requests }) => (requests === null ? [] : [requests]))
  if (known.length < samples.length) return 'none'
  const falls = known.filter((requests, index) => index > 0 && requests < (known[index - 1] as number)).length
  if (falls === 0) return 'total'
  return falls <= Math.max(1, mostRestarts * known.length) ? 'restarted' : 'none'
}
