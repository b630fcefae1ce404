import { type MetricName, pairedMetrics } from './metrics.ts'
import type { Pairing } from './slice.ts'

/** What one metric is held to. All of it in the unit of its differences: logarithms of ratios, or shares. */
export interface Measure {
  /** What two runs of the same build differ by on this machine, beyond what their rounds tell; added to every bound. */
  readonly noise: number
  /** The least estimate that fails. */
  readonly floor: number
  /** The change for the worse that a pass excludes. */
  readonly margin: number
}

/** A ruler: what each metric is held to, and where that comes from. */
export interface Ruler {
  /** Hash of the calibration, or `uncalibrated`. */
  readonly name: string
  measureOf(metric: MetricName, pairing: Pairing): Measure
}

/** What is known of the noise of a machine: per metric, what is more than the standard ruler allows for. */
export interface CalibratedNoise {
  readonly name: string
  readonly metrics: Readonly<Partial<Record<MetricName, { readonly noise: number; readonly floor: number }>>>
}

/**
 * The ruler of a run. Without a calibration nothing is known of what two runs of the same build differ by, so that only an
 * effect of half the margin or more fails, as the standard floors have it; with one the larger of the two floors holds.
 */
export function rulerOf(calibration: CalibratedNoise | null): Ruler {
  return {
    name: calibration?.name ?? 'uncalibrated',
    measureOf(metric) {
      const { margin, floor } = pairedMetrics[metric]
      const known = calibration?.metrics[metric]
      return { margin, noise: known?.noise ?? 0, floor: Math.max(floor, known?.floor ?? 0, known?.noise ?? 0) }
    },
  }
}
