import { significant } from '../../kernel/units.ts'
import { type MetricName, metricNames, pairedMetrics } from '../paired/metrics.ts'
import type { CalibratedNoise } from '../paired/ruler.ts'
import { normalQuantile, toleranceFactor } from '../stats/distributions.ts'
import { medianOf, quantileOf } from '../stats/median.ts'
import { locate } from '../stats/walsh.ts'

/** What two measurements have in common when they are of the same build: one process, or the build alone. */
export type Kinship = 'process' | 'build'

/** The control arm of one run: two measurements of the same build, of which one is held against the other. */
export interface ControlRun {
  readonly id: string
  /** In ISO 8601. */
  readonly at: string
  /** The p99 of the baseline in ms, its geometric mean over rounds; absent where it had none. */
  readonly baselineP99Ms?: number
  /** The differences of its rounds. */
  readonly metrics: Readonly<Partial<Record<MetricName, readonly number[]>>>
}

/** What one run says of one metric. */
interface ControlEstimate {
  readonly estimate: number
  /** Its standard error, as the run's rounds tell. */
  readonly error: number
  /** Standard deviation of the differences of its rounds. */
  readonly deviation: number
}

/** What is known of one metric's noise. All in the unit of its differences. */
export interface MetricCalibration {
  /** Runs that have it. */
  readonly runs: number
  /** Mean of their estimates. */
  readonly bias: number
  /** Standard deviation of their estimates, and how much of it is not explained by what differed within them. */
  readonly deviation: number
  readonly between: number
  /** Median over runs of the standard deviation of a round's difference. */
  readonly perRound: number
  /** What is added to every bound of an interval: what two runs of one build may differ by. */
  readonly noise: number
  /** The least estimate that fails. */
  readonly floor: number
}

/** The noise of one machine with one profile, as its control arms tell. */
export interface Calibration {
  readonly runs: number
  /** What is slow: the median over runs of the baseline's p99; absent where too few runs tell it. */
  readonly slowOverMs?: number
  readonly metrics: Readonly<Partial<Record<MetricName, MetricCalibration>>>
}

/** Fewer runs are no calibration: the tolerance factor of so few would hide any change. */
export const leastRuns = 10

/** So many of the newest runs count. */
export const mostRuns = 60

/** One-sided error of the between-run part of the noise: that of one test of a whole family. */
const noiseAlpha = 0.01

/** Calibrates from the newest control arms, in any order; null where there are too few. */
export function calibrate(runs: readonly ControlRun[]): Calibration | null {
  const newest = newestOf(runs)
  const metrics = Object.fromEntries(
    metricNames.flatMap((metric) => {
      const known = newest.flatMap(({ metrics: { [metric]: values = [] } }) => estimateOf(values) ?? [])
      return known.length < leastRuns ? [] : [[metric, calibrationOf(metric, known)]]
    }),
  )
  if (Object.keys(metrics).length === 0) return null
  const p99s = newest.flatMap(({ baselineP99Ms }) => baselineP99Ms ?? [])
  const slow = p99s.length < leastRuns ? {} : { slowOverMs: significant(medianOf(p99s)) }
  return { runs: newest.length, ...slow, metrics }
}

/** The runs that count, newest first. */
export function newestOf(runs: readonly ControlRun[]): readonly ControlRun[] {
  return runs.toSorted((a, b) => later(a.at, b.at) || later(a.id, b.id)).slice(0, mostRuns)
}

/** Sorts the later one first, and has the same order for the same runs. */
function later(a: string, b: string): number {
  return a === b ? 0 : a < b ? 1 : -1
}

/**
 * The noise is the bias and what runs differ by beyond their own errors, at one side's 99 %. The floor holds 99 % of what
 * healthy runs will come to with 95 % confidence, by the normal distribution's tolerance factor, or by the fence of three
 * quartile distances above the third quartile, whichever is larger.
 */
function calibrationOf(metric: MetricName, known: readonly ControlEstimate[]): MetricCalibration {
  const estimates = known.map(({ estimate }) => estimate)
  const bias = mean(estimates)
  const variance = estimates.reduce((sum, estimate) => sum + (estimate - bias) ** 2, 0) / (estimates.length - 1)
  const between = Math.sqrt(Math.max(0, variance - mean(known.map(({ error }) => error ** 2))))
  const sizes = estimates.map(Math.abs).toSorted((a, b) => a - b)
  const [low, high] = [quantileOf(sizes, 0.25), quantileOf(sizes, 0.75)]
  const fence = high + 3 * (high - low)
  const tolerance = Math.abs(bias) + factorOf(estimates.length) * Math.sqrt(variance)
  return {
    runs: estimates.length,
    bias: significant(bias),
    deviation: significant(Math.sqrt(variance)),
    between: significant(between),
    perRound: significant(
      quantileOf(
        known.map(({ deviation }) => deviation).toSorted((a, b) => a - b),
        0.5,
      ),
    ),
    noise: significant(Math.abs(bias) + normalQuantile(1 - noiseAlpha) * between),
    floor: significant(Math.max(pairedMetrics[metric].floor, tolerance, fence)),
  }
}

const factors: number[] = []

/** The tolerance factor of so many runs; kept, since it takes milliseconds and a self-test asks for it a hundred times. */
function factorOf(count: number): number {
  return (factors[count] ??= toleranceFactor(count))
}

const estimates = new WeakMap<readonly number[], ControlEstimate>()

/** Null for fewer rounds than a deviation takes. Kept, since a self-test asks for it once for each of the other runs. */
function estimateOf(values: readonly number[]): ControlEstimate | null {
  if (values.length < 2) return null
  const known = estimates.get(values) ?? estimateFrom(values)
  estimates.set(values, known)
  return known
}

function estimateFrom(values: readonly number[]): ControlEstimate {
  const center = mean(values)
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - center) ** 2, 0) / (values.length - 1))
  return { estimate: locate(values).estimate, error: deviation / Math.sqrt(values.length), deviation }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** The ruler's part of a calibration, by the name that results give it. */
export function noiseOf(name: string, { metrics }: Calibration): CalibratedNoise {
  return {
    name,
    metrics: Object.fromEntries(
      Object.entries(metrics).map(([metric, { noise, floor }]) => [metric, { noise, floor }]),
    ),
  }
}
