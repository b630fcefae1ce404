import type { GateCalibration } from '../calibration/ruler.ts'
import { medianOf } from '../stats/median.ts'
import type { Counterparts } from './counterparts.ts'
import type { Estimand, EstimandMetric } from './estimand.ts'

/** How far a figure of a run may lie from its reference by chance. */
export interface Spread {
  /** Standard error of the difference. */
  readonly error: number
  /** Degrees of freedom of Student's distribution that it is held to; Infinity is never reached. */
  readonly freedom: number
  /** What that was learnt from. */
  readonly by: 'history' | 'calibration'
}

/** From so many results on, what they differ by among themselves tells what a new one may. */
export const leastHistory = 5

/** Whether the references lack a figure that other nights have often enough: those of a pin, say, that left it out. */
export function isLacking({ references, nights }: Counterparts): boolean {
  return references.length === 0 && nights.length >= leastHistory
}

/** A deviation as the median of the deviations tells it (Rousseeuw and Croux 1993, J. Am. Stat. Assoc. 88:1273). */
const perDeviation = 1.4826

/** Variance of the median of so many values, for each that of one of them: 1 of one, and asymptotically pi / 2n. */
function medianVariance(count: number): number {
  return count === 1 ? 1 : Math.PI / (2 * count)
}

/** The spread by what nights differ by, or else by a calibration; null where neither tells. */
export function spreadOf(own: Estimand, former: Counterparts, calibration: GateCalibration): Spread | null {
  return historySpread(own, former) ?? calibratedSpread(own, former.references, calibration)
}

/**
 * The spread of a new run about the median of its references, by what former nights differ by, which are the same results or
 * others: sd * sqrt(1 + pi / 2n) of n references, and sd * sqrt(1 + 1) of a single one, where sd is the larger of the nights'
 * standard deviation and of that which the median of their deviations tells; for the new run, and for a single reference, its
 * own standard error where that is larger. Nights are not normal: with the n - 1 degrees of freedom of normal ones four in a
 * hundred healthy runs would fail where they differ as Student's distribution with 4 has it. A tail like that is the
 * lightest that can be counted on, so that there are no more than 4 degrees, and (n + 1) / 2 of few, which keeps it to one
 * in a hundred (`tests/bench/references.ts`). Null of fewer than five nights.
 */
function historySpread(own: Estimand, { references, nights }: Counterparts): Spread | null {
  const [first, ...others] = references
  const count = nights.length
  if (first === undefined || count < leastHistory) return null
  const values = nights.map(({ value }) => value)
  const mean = values.reduce((sum, value) => sum + value, 0) / count
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1)
  const middle = medianOf(values)
  const robust = (perDeviation * medianOf(values.map((value) => Math.abs(value - middle)))) ** 2
  const spread = Math.max(variance, robust)
  const ofOne = ({ error }: Estimand): number => Math.max(spread, (error ?? 0) ** 2)
  const ofReference = others.length === 0 ? ofOne(first) : spread * medianVariance(references.length)
  return { error: Math.sqrt(ofOne(own) + ofReference), freedom: Math.min(4, (count + 1) / 2), by: 'history' }
}

/**
 * The same where they are too few, by a calibration: sqrt(se_a^2 + se_b^2 + 2 * sigma_b^2) of one, se being the standard
 * errors that the rounds of either tell and sigma_b what runs differ by beyond those; of several, the part of the reference
 * is that of their median. Degrees of freedom by Welch (1947, Biometrika 34:28) and Satterthwaite (1946, Biometrics Bulletin
 * 2:110). Null without a calibration of the metric, or where a run has but one round; and for the speed beside the yardstick,
 * since a calibration tells by how much two runs of one program differ, and two programs may do so by more from night to night.
 */
function calibratedSpread(own: Estimand, references: readonly Estimand[], calibration: GateCalibration): Spread | null {
  const known = isCalibrated(own) ? (calibration.process?.metrics[own.metric] ?? null) : null
  const errors = references.map(({ error }) => error)
  if (known === null || own.error === null || references.length === 0 || errors.includes(null)) return null
  const { between, runs } = known
  const squares = errors.map((error) => (error as number) ** 2)
  const share = medianVariance(references.length)
  const ofReference = (share * squares.reduce((sum, square) => sum + square, 0)) / squares.length
  const rounds = references.reduce((sum, one) => sum + one.rounds - 1, 0)
  const parts = [
    { variance: own.error ** 2, freedom: own.rounds - 1 },
    { variance: ofReference, freedom: rounds },
    { variance: (1 + share) * between ** 2, freedom: runs - 1 },
  ]
  const variance = parts.reduce((sum, part) => sum + part.variance, 0)
  const doubt = parts.reduce((sum, part) => sum + part.variance ** 2 / part.freedom, 0)
  return variance === 0 ? null : { error: Math.sqrt(variance), freedom: variance ** 2 / doubt, by: 'calibration' }
}

type Calibrated = Estimand & { readonly metric: Exclude<EstimandMetric, 'memory' | 'files'> }

/** Whether a calibration could tell what runs differ by in such a figure. */
export function isCalibrated(own: Estimand): own is Calibrated {
  return own.kind !== 'speed' && own.metric !== 'memory' && own.metric !== 'files'
}
