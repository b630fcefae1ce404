import type { PairedSlice, Pairing, Round } from './slice.ts'

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
  /** What of a round counts: each slice, or what the process of an arm came to at its end. */
  readonly taken: 'each' | 'last'
  /** So much of the differences of a round's pairs of slices is cut off at either end before their mean is taken. */
  readonly cut: number
  /** Null for a slice that says nothing of it. */
  readonly of: (slice: PairedSlice) => number | null
}

/**
 * A stall of the machine that lasts as long as a hundredth of a slice is all of its p99, and one slice in ten has one somewhere: with
 * four slices of either arm, one of them is in a quarter of the pairs.
 */
const stalled = 0.3

const latency = (of: 'p50' | 'p95' | 'p99', margin: number, floor: number): PairedMetric => ({
  cut: stalled,
  taken: 'each',
  unit: 'ms',
  scale: 'ratio',
  worse: 1,
  margin,
  floor,
  of: ({ latencyMs }) => latencyMs?.[of] ?? null,
})

const share = (margin: number, of: (slice: PairedSlice) => number | null): PairedMetric => ({
  taken: 'each',
  cut: 0,
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

const held = (of: (slice: PairedSlice) => number | null | undefined): PairedMetric => ({
  unit: 'KiB',
  scale: 'ratio',
  worse: 1,
  margin: Math.log(1.1),
  floor: 0.05,
  taken: 'last',
  cut: 0,
  of: (slice) => of(slice) ?? null,
})

/** What arms are compared by. Margins and floors are those of a nightly run. */
export const pairedMetrics = {
  throughput: {
    unit: 'operations/s',
    scale: 'ratio',
    worse: -1,
    margin: -Math.log(0.95),
    floor: 0.02,
    taken: 'each',
    cut: 0,
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
    taken: 'each',
    cut: 0,
    of: ({ cpuMs, ok, failed }) =>
      cpuMs === null || cpuMs <= 0 || ok + failed === 0 ? null : (1000 * cpuMs) / (ok + failed),
  },
  rss: held(({ rssKb }) => rssKb),
  heap: held(({ heapKb }) => heapKb),
} as const satisfies Readonly<Record<string, PairedMetric>>

export type MetricName = keyof typeof pairedMetrics

const memoryMetrics = ['rss', 'heap'] as const

export const metricNames = Object.keys(pairedMetrics) as readonly MetricName[]

/**
 * The metrics by which two groups of arms are compared: those of what processes hold only where slices of theirs tell it, as
 * there is nothing to tell between arms that ask the same process.
 */
export function metricsOf(rounds: readonly Round[], { arms, baseArms }: Pairing): readonly MetricName[] {
  const own = (slice: PairedSlice): boolean => arms.includes(slice.arm) || baseArms.includes(slice.arm)
  const tells = (slice: PairedSlice): readonly MetricName[] =>
    memoryMetrics.filter((metric) => pairedMetrics[metric].of(slice) !== null)
  const told = new Set(rounds.flatMap(({ slices }) => slices.filter(own).flatMap(tells)))
  return metricNames.filter((metric) => pairedMetrics[metric].taken === 'each' || told.has(metric))
}

/** However large a process is: so much more is no small part of it, KiB. */
const mostAddedKb = 32 * 1024

/**
 * What a metric of memory is held to where the base holds so much: a margin of no more than 32 MiB, and a floor of no more
 * either, unless it is the calibrated one.
 */
export function heldTo<Measure extends { readonly margin: number; readonly floor: number; readonly noise: number }>(
  measure: Measure,
  metric: MetricName,
  baseKb: number | null,
): Measure {
  const { taken, floor } = pairedMetrics[metric]
  if (taken === 'each' || baseKb === null) return measure
  const most = Math.log1p(mostAddedKb / baseKb)
  const least = measure.floor > floor ? measure.floor : Math.max(measure.noise, Math.min(floor, most))
  return { ...measure, margin: Math.min(measure.margin, most), floor: least }
}
