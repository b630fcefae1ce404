import type { PairedSlice } from './slice.ts'

/** A figure of slices by which arms are compared. */
export interface PairedMetric {
  readonly unit: string
  /** Whether rounds are compared by the logarithm of a ratio, or by a difference of shares. */
  readonly scale: 'ratio' | 'difference'
  /** 1 where more is worse, -1 where more is better. */
  readonly worse: 1 | -1
  /** The change for the worse that a pass has to exclude, in logarithms or shares. */
  readonly margin: number
  /** The least estimate that is worth a failure, however sure it is. */
  readonly floor: number
  /** Null for a slice that says nothing of it. */
  readonly of: (slice: PairedSlice) => number | null
}

const latency = (of: 'p50' | 'p95' | 'p99', margin: number, floor: number): PairedMetric => ({
  unit: 'ms',
  scale: 'ratio',
  worse: 1,
  margin,
  floor,
  of: ({ latencyMs }) => latencyMs?.[of] ?? null,
})

const share = (margin: number, of: (slice: PairedSlice) => number | null): PairedMetric => ({
  unit: 'share',
  scale: 'difference',
  worse: 1,
  margin,
  floor: margin / 2,
  of: (slice) => {
    const count = of(slice)
    const ended = slice.ok + slice.failed
    return count === null || ended === 0 ? null : count / ended
  },
})

/** What arms are compared by. Margins and floors are those of a nightly run. */
export const pairedMetrics = {
  throughput: {
    unit: 'operations/s',
    scale: 'ratio',
    worse: -1,
    margin: -Math.log(0.95),
    floor: 0.02,
    // One that stood still did less than one operation, which has a logarithm.
    of: ({ throughput, ok, durationMs }) =>
      throughput && durationMs > 0 ? (1000 * Math.max(ok, 0.5)) / durationMs : null,
  },
  p50: latency('p50', Math.log(1.05), 0.02),
  p95: latency('p95', Math.log(1.08), 0.04),
  p99: latency('p99', Math.log(1.1), 0.05),
  slow: share(0.005, ({ slow }) => slow),
  errors: share(0.001, ({ failed }) => failed),
  cpu: {
    unit: 'µs/operation',
    scale: 'ratio',
    worse: 1,
    margin: Math.log(1.05),
    floor: 0.02,
    of: ({ cpuMs, ok, failed }) =>
      cpuMs === null || cpuMs <= 0 || ok + failed === 0 ? null : (1000 * cpuMs) / (ok + failed),
  },
} as const satisfies Readonly<Record<string, PairedMetric>>

export type MetricName = keyof typeof pairedMetrics

export const metricNames = Object.keys(pairedMetrics) as readonly MetricName[]
