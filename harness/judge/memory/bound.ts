import type { MemoryKind } from './series.ts'

/** A rise per minute that a healthy target stays below in runs of a length. */
export type LengthBound = readonly [minutes: number, perMinute: number]

/** What is known of how healthy targets rise on this machine. */
export interface CalibratedSlopes {
  readonly name: string
  /** By length of run, ascending; at least one. */
  readonly bounds: readonly LengthBound[]
}

const mib = 1024

/**
 * Where nothing is calibrated. Memory (KiB per minute): the slope that one in a hundred healthy runs exceeds by simulation,
 * for RSS of 20 and 30 minutes twice that, so that caches which fill late are in it too (`tests/bench/memory-verdicts.ts`).
 * Numbers: eight files or four threads that come once, for good, in half a run.
 */
const standard: Readonly<Record<MemoryKind, readonly LengthBound[]>> = {
  rss: [
    [5, 8 * mib],
    [10, 1.8 * mib],
    [12, 1.1 * mib],
    [20, 0.56 * mib],
    [30, 0.26 * mib],
  ],
  heap: [
    [5, 0.58 * mib],
    [10, 0.08 * mib],
    [20, 0.03 * mib],
    [30, 0.02 * mib],
  ],
  fds: [
    [10, 1.6],
    [20, 0.8],
  ],
  threads: [
    [10, 0.8],
    [20, 0.4],
  ],
}

/**
 * How much a target may rise per minute in a run of this length. Between the lengths that are known the bound is a power of
 * the length. In longer runs it falls with the length, as the slope of a rise that comes once does; in shorter ones it grows
 * as between the first two. What is calibrated scales the standard course.
 */
export function slopeBound(kind: MemoryKind, minutes: number, calibration: CalibratedSlopes | null): number {
  const usual = standardBound(standard[kind], minutes)
  if (!calibration) return usual
  const scales = calibration.bounds.map(([length, perMinute]): LengthBound => [
    length,
    perMinute / standardBound(standard[kind], length),
  ])
  return usual * scaleAt(scales, minutes)
}

/** How much better growth that goes on has to explain a run of a length than growth that decays. */
const persistence = { short: { minutes: 12, least: -0.3 }, long: { minutes: 20, least: 0.2 } }

/**
 * What `persistenceOf` has to be of a leak. From 20 minutes on, what fills in up to three quarters of the run is told from what
 * leaks. In 12 minutes noise hides the difference: so that a leak of 100 B per request is found in them, only what surely
 * decays is no leak (`tests/bench/memory-verdicts.ts`).
 */
export function leastPersistence(minutes: number): number {
  const { short, long } = persistence
  const share = Math.log(minutes / short.minutes) / Math.log(long.minutes / short.minutes)
  return short.least + (long.least - short.least) * Math.min(1, Math.max(0, share))
}

function standardBound(course: readonly LengthBound[], minutes: number): number {
  const [lastMinutes, last] = course.at(-1) as LengthBound
  if (minutes >= lastMinutes) return (last * lastMinutes) / minutes
  const at = Math.max(
    1,
    course.findIndex(([length]) => length > minutes),
  )
  return between(course[at - 1] as LengthBound, course[at] as LengthBound, minutes)
}

/** Between two lengths; that of the nearest outside of all. */
function scaleAt(scales: readonly LengthBound[], minutes: number): number {
  const at = scales.findIndex(([length]) => length > minutes)
  if (at <= 0) return (scales.at(at) as LengthBound)[1]
  return between(scales[at - 1] as LengthBound, scales[at] as LengthBound, minutes)
}

function between([fromMinutes, from]: LengthBound, [toMinutes, to]: LengthBound, minutes: number): number {
  return from * (to / from) ** (Math.log(minutes / fromMinutes) / Math.log(toMinutes / fromMinutes))
}
