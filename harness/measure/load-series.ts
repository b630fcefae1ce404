import { nsPerMs } from '../kernel/units.ts'

/**
 * What a load comes to after what triggered its overload is gone. `recovered`: the goodput is back. `metastable`: it is low
 * and nothing gets better, though the cause is gone. `slow-drain`: something gets better, so that it will end. `degraded`:
 * neither back nor low, and nothing gets better. `inconclusive`: it cannot be said.
 */
export const metastableVerdicts = ['recovered', 'slow-drain', 'metastable', 'degraded', 'inconclusive'] as const
export type MetastableVerdict = (typeof metastableVerdicts)[number]

/** What became of a load in one step of time. */
export interface SeriesPoint {
  /** Operations that began, or were to begin. */
  readonly offered: number
  /** Operations that ended in this step with an answer in time. */
  readonly good: number
  /** Requests on the wire. */
  readonly attempts: number
  /** What the target has served, and of that for clients that had gone; null where it does not tell. */
  readonly served: number | null
  readonly wasted: number | null
  /** How long the first of those that wait at the target has waited, at the end of the step; null where it does not tell. */
  readonly queueAgeNs: number | null
}

/** A load over time, in steps of one length from its beginning. */
export interface LoadSeries {
  readonly stepNs: number
  readonly points: readonly SeriesPoint[]
  /** Attempts in bins of `binNs`, from the beginning. */
  readonly binNs: number
  readonly bins: readonly number[]
}

/** About how wide the bins are in which attempts are counted. */
const attemptBinNs = 100 * nsPerMs

/** Into how many bins a window is divided: all are equally wide, so that those of a series follow each other evenly. */
export function binsIn(windowNs: number): number {
  return Math.max(1, Math.round(windowNs / attemptBinNs))
}

/** What a window tells of a series besides its answers. */
export interface WindowSeries {
  readonly offered: number
  /** Attempts in bins from the beginning of the window. */
  readonly bins: readonly number[]
}

/** Of several workers together. */
export function addWindowSeries(a: WindowSeries, b: WindowSeries): WindowSeries {
  const [longer, shorter] = a.bins.length < b.bins.length ? [b.bins, a.bins] : [a.bins, b.bins]
  return {
    offered: a.offered + b.offered,
    bins: longer.map((count, bin) => count + (shorter[bin] ?? 0)),
  }
}

/** What the queue of a target has come to: counts since its start, and how long the first that waits has waited. */
export interface QueueReading {
  readonly served: number
  readonly wasted: number
  readonly oldestNs: number
}
