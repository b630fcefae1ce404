import { lowOf } from '../../measure/lows.ts'
import type { Reading } from './series.ts'

/** How low a series was in one window. */
export interface EnvelopePoint {
  /** The means of the window's readings. */
  readonly seconds: number
  readonly requests: number | null
  readonly level: number
}

export const leastWindowSeconds = 10
/** A run has so many windows at most: the longer they are, the more cycles of the collector are in each. */
export const mostWindows = 60
/** A window of fewer readings than that has no lower end of its own. */
export const leastReadings = 3

/** How long a window is, of readings so far apart; 0 where each of them stands for itself. */
export function windowSecondsOf(runSeconds: number, cadenceSeconds: number): number {
  const seconds = Math.max(leastWindowSeconds, runSeconds / mostWindows)
  return cadenceSeconds * leastReadings > seconds ? 0 : seconds
}

/**
 * The lower envelope: the tenth percentile of each window, which is what remains when garbage has been collected; a
 * collector that runs less often than once in a window is seen as noise. Windows are counted from the first reading;
 * those of few readings are left out.
 */
export function envelopeOf(readings: readonly Reading[], windowSeconds: number): readonly EnvelopePoint[] {
  const begun = readings[0]?.seconds ?? 0
  const windowOf = (seconds: number): number => Math.floor((seconds - begun) / windowSeconds)
  const windows =
    windowSeconds === 0
      ? readings.map((reading) => [reading])
      : [...Map.groupBy(readings, ({ seconds }) => windowOf(seconds)).values()].filter(
          ({ length }) => length >= leastReadings,
        )
  return windows.map(pointOf)
}

function pointOf(readings: readonly Reading[]): EnvelopePoint {
  const known = readings.flatMap(({ requests }) => (requests === null ? [] : [requests]))
  return {
    seconds: meanOf(readings.map(({ seconds }) => seconds)),
    requests: known.length === readings.length ? meanOf(known) : null,
    level: lowOf(readings.map(({ amount }) => amount)) as number,
  }
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
