import { significant } from '../kernel/units.ts'
import type { ArmMeasurement, SliceSummary } from '../measure/measurements.ts'
import { figuresOf } from './facts.ts'

/** A metric of one arm against the same of another. */
export interface ArmComparison {
  readonly policy: string
  readonly against: string
  readonly metric: string
  readonly unit: string
  readonly rounds: number
  readonly base: number | null
  readonly value: number | null
  /** Natural logarithm of the ratio, oriented so that positive is worse. */
  readonly logRatio: number | null
  /** Half the range, over its slices, of the logarithm of the metric; the larger of the two arms'. */
  readonly spread: number | null
}

interface Metric {
  readonly name: string
  readonly unit: string
  /** 1 where more is worse, -1 where more is better. */
  readonly worse: 1 | -1
  /** Slices of the other use say nothing of it. */
  readonly use: 'throughput' | 'latency'
  readonly of: (arm: ArmMeasurement) => number | null
  readonly ofSlice: (slice: SliceSummary) => number | null
}

const metrics: readonly Metric[] = [
  {
    name: 'throughput',
    unit: 'operations/s',
    worse: -1,
    use: 'throughput',
    of: (arm) => figuresOf(arm).okPerSecond,
    ofSlice: ({ ok, durationNs }) => (durationNs === 0 ? null : ok / durationNs),
  },
  {
    name: 'p50',
    unit: 'ms',
    worse: 1,
    use: 'latency',
    of: (arm) => figuresOf(arm).judgedLatencyMs.p50,
    ofSlice: ({ p50Ms }) => p50Ms,
  },
  {
    name: 'p99',
    unit: 'ms',
    worse: 1,
    use: 'latency',
    of: (arm) => figuresOf(arm).judgedLatencyMs.p99,
    ofSlice: ({ p99Ms }) => p99Ms,
  },
]

/** Compares an arm with its baseline in every metric. What is null was not measured, or has no ratio. */
export function compareArms(
  arm: ArmMeasurement,
  baseline: ArmMeasurement,
  slices: readonly SliceSummary[],
  rounds: number,
): readonly ArmComparison[] {
  return metrics.map(({ name, unit, worse, use, of, ofSlice }) => {
    const [base, value] = [of(baseline), of(arm)]
    const spreads = [baseline, arm].map(({ identity }) =>
      halfLogRange(
        slices.filter((slice) => slice.identity.id === identity.id && ['both', use].includes(slice.use)).map(ofSlice),
      ),
    )
    const ratio = base !== null && value !== null && base > 0 && value > 0 ? worse * Math.log(value / base) : null
    return {
      policy: arm.identity.id,
      against: baseline.identity.id,
      metric: name,
      unit,
      rounds,
      base: base === null ? null : significant(base),
      value: value === null ? null : significant(value),
      logRatio: ratio === null ? null : significant(ratio),
      spread: spreads.includes(null) ? null : significant(Math.max(...spreads.filter((spread) => spread !== null))),
    }
  })
}

/** Half the range of the logarithms of what is above 0; null of fewer than two. */
export function halfLogRange(values: readonly (number | null)[]): number | null {
  const logs = values.filter((value) => value !== null && value > 0).map((value) => Math.log(value as number))
  return logs.length < 2 ? null : (Math.max(...logs) - Math.min(...logs)) / 2
}
