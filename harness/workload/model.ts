import type { Pause } from './workload.ts'

/** A level over time, linear between its points; after the last stage it stays. Plain data. */
export interface Curve {
  readonly from: number
  readonly stages: readonly { readonly durationNs: number; readonly to: number }[]
}

/** Users that each wait for their answer before they ask again. */
export interface ClosedModel {
  readonly model: 'closed'
  /** Users over time, over all processes; a user more starts when the curve has reached its number. */
  readonly workers: Curve
  /** Between the end of one iteration and the beginning of the next. */
  readonly think: Pause
  /** Sockets over all processes; null for as many as users. */
  readonly connections: number | null
  /** The load ends after so many iterations, over all processes; null for none. */
  readonly iterations: number | null
}

/** Arrivals by a schedule, whatever becomes of those before them. */
export interface OpenModel {
  readonly model: 'open'
  /** Iterations per second over time, over all processes; or a share of the throughput that the arm's closed loops reached. */
  readonly rate:
    | { readonly kind: 'absolute'; readonly perSecond: Curve }
    | { readonly kind: 'share'; readonly share: number }
  /** Evenly spaced, or as a Poisson process of the same rate. */
  readonly arrival: 'constant' | 'poisson'
  /** Iterations in flight over all processes, at most; an arrival beyond it is counted as dropped. */
  readonly maxInFlight: number
  /** Sockets over all processes; null for as many as iterations in flight. */
  readonly connections: number | null
  readonly iterations: number | null
}

export type LoadModel = ClosedModel | OpenModel
