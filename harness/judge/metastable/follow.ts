import { binsIn, type LoadSeries, type QueueReading, type SeriesPoint } from '../../measure/load-series.ts'
import type { WindowMeasurement } from '../../measure/measurements.ts'

/** Makes a series of the windows of a phase, as they close. */
export interface SeriesWatch {
  add(window: WindowMeasurement): void
  read(): LoadSeries
}

/** The windows of a segment that are followed. */
export interface FollowedSegment {
  readonly phase: string
  readonly windowNs: number
  readonly durationNs: number
}

/**
 * Follows the windows of a segment that is short enough for all of them to be kept; others are passed over, and so is the
 * last one, which also has what ended in the drain.
 */
export function followSeries({ phase, windowNs, durationNs }: FollowedSegment): SeriesWatch {
  const count = Math.ceil(durationNs / windowNs) - 1
  const points: SeriesPoint[] = []
  const bins: number[] = []
  let before: QueueReading | null = null
  return {
    add({ identity, index, fromNs, toNs, ok, series, queue }) {
      if (identity.phase !== phase || index !== points.length || index >= count || toNs - fromNs < windowNs) return
      points.push({
        offered: series.offered,
        good: ok,
        attempts: series.bins.reduce((sum, count) => sum + count, 0),
        served: grown(before, queue, 'served'),
        wasted: grown(before, queue, 'wasted'),
        queueAgeNs: queue?.oldestNs ?? null,
      })
      bins.push(...series.bins)
      before = queue ?? before
    },
    read: () => ({ stepNs: windowNs, points, binNs: windowNs / binsIn(windowNs), bins }),
  }
}

/** Since the last reading, which may be some windows ago; null without one of both. A target that began anew counts from 0. */
function grown(before: QueueReading | null, now: QueueReading | null, key: 'served' | 'wasted'): number | null {
  if (!before || !now) return null
  return now.served < before.served ? now[key] : now[key] - before[key]
}
