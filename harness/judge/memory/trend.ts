import { autocorrelation } from '../stats/mann-kendall.ts'
import { type Slope, theilSen } from '../stats/theil-sen.ts'
import type { EnvelopePoint } from './envelope.ts'

/** How a lower envelope rises, per minute at the mean rate of requests. */
export interface Trend extends Slope {
  /** The slopes of the parts that were asked for. */
  readonly parts: readonly number[]
  /** Per request; null where they are not known, or none were served. */
  readonly perRequest: number | null
}

/**
 * Fits the points against the requests served, and against time where those are not known or none were; and parts of the
 * run by the same measure. The interval is that of Theil and Sen at 95 % for independent values, made wider by what
 * neighbours have in common: by the root of (1 + r) / (1 - r), where r is the autocorrelation of the residuals from one
 * point to the next, corrected for its bias in short series; and by Student's quantile over the normal one, for as many
 * values as are left to be independent.
 */
export function trendOf(points: readonly EnvelopePoint[], parts: readonly (readonly EnvelopePoint[])[]): Trend {
  const perMinute = requestsPerMinute(points)
  const line = fitOf(points, perMinute)
  const widening = wideningOf(points.map((point) => point.level - line.slope * placeOf(point, perMinute)))
  return {
    slope: line.slope,
    lower: line.slope - (line.slope - line.lower) * widening,
    upper: line.slope + (line.upper - line.slope) * widening,
    parts: parts.map((part) => fitOf(part, perMinute).slope),
    perRequest: perMinute === null ? null : line.slope / perMinute,
  }
}

function fitOf(points: readonly EnvelopePoint[], perMinute: number | null): Slope {
  return theilSen(
    points.map((point) => placeOf(point, perMinute)),
    points.map(({ level }) => level),
  )
}

/** Minutes; or requests, in those that are served in a minute. */
function placeOf({ seconds, requests }: EnvelopePoint, perMinute: number | null): number {
  return perMinute === null ? seconds / 60 : (requests ?? 0) / perMinute
}

/** Where points lie: at so many requests, in those of a minute; at minutes where they are not known, or none were served. */
export function placesOf(points: readonly EnvelopePoint[]): readonly number[] {
  const perMinute = requestsPerMinute(points)
  return points.map((point) => placeOf(point, perMinute))
}

/** Null where they are not known, or none were served. */
function requestsPerMinute(points: readonly EnvelopePoint[]): number | null {
  if (points.some(({ requests }) => requests === null)) return null
  const [first, last] = [points[0], points.at(-1)]
  const served = (last?.requests ?? 0) - (first?.requests ?? 0)
  return served > 0 ? served / (((last?.seconds ?? 0) - (first?.seconds ?? 0)) / 60) : null
}

/** The most that a value may have in common with the one before, so that something is left to be independent. */
const mostCommon = 0.95

/**
 * Marriott and Pope (1954, Biometrika 41:390): about a fitted line, n values have an autocorrelation that is too low by
 * (2 + 4r) / n. Santer et al. (2000, J. Geophys. Res. 105:7337): so many values as n (1 - r) / (1 + r) are independent.
 */
function wideningOf(residuals: readonly number[]): number {
  const count = residuals.length
  if (count <= 4) return 1
  const common = (autocorrelation(residuals, 1) + 2 / count) / (1 - 4 / count)
  const kept = Math.min(mostCommon, Math.max(0, common))
  const independent = (count * (1 - kept)) / (1 + kept)
  return Math.sqrt(count / independent) * studentOverNormal(Math.max(2, independent - 2))
}

/** How much further out Student's 97.5 % quantile is than the normal one (Abramowitz and Stegun 1964, 26.7.5, two terms). */
function studentOverNormal(freedom: number): number {
  return 1 + 1.2104 / freedom + 1.4401 / freedom ** 2
}
