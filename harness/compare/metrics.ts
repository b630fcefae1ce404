import type { ResultSlice } from '../archive/result.ts'

/** A figure that is computed from numbers in a result file. */
export interface Metric {
  readonly name: string
  readonly unit: string
  readonly better: 'more' | 'less'
  /** JSON pointers to the numbers, from the arm or from the result's `metrics`. */
  readonly terms: readonly [string, ...string[]]
  /** The figure from the numbers, $1 being the first. */
  readonly formula: string
  /** Null where there is none, for lack of operations for example. */
  readonly of: (terms: readonly number[]) => number | null
  /** The same of one slice, up to a factor. */
  readonly ofSlice?: (slice: ResultSlice) => number | null
  /** The words by which doubts taint it. */
  readonly taints: readonly string[]
}

function plain(name: string, unit: string, better: Metric['better'], term: string, more: Partial<Metric> = {}): Metric {
  return { name, unit, better, terms: [term], formula: '$1', of: ([value]) => value ?? null, taints: [name], ...more }
}

function percentile(name: 'p50' | 'p90' | 'p99'): Metric {
  const ofSlice = name === 'p90' ? {} : { ofSlice: (slice: ResultSlice) => slice[name] }
  return plain(name, 'ms', 'less', `/latencyMs/${name}`, { taints: ['latency', 'latency comparisons'], ...ofSlice })
}

const latencies = [percentile('p50'), percentile('p90'), percentile('p99')]

const throughput = plain('requestsPerSecond', '1/s', 'more', '/operations/perSecond', {
  taints: ['throughput'],
  ofSlice: ({ ok, durationMs }) => (durationMs === 0 ? null : ok / durationMs),
})

/** What is compared of an arm. */
export const armMetrics: readonly Metric[] = [
  throughput,
  ...latencies,
  {
    name: 'errorRate',
    unit: 'share',
    better: 'less',
    terms: ['/operations/failed', '/operations/ok'],
    formula: '$1 / ($1 + $2)',
    of: ([failed = 0, ok = 0]) => (failed + ok === 0 ? null : failed / (failed + ok)),
    taints: ['errorRate'],
  },
  {
    name: 'cpuUsPerRequest',
    unit: 'µs',
    better: 'less',
    terms: ['/resources/target/cpuMs', '/all/attempts/count'],
    formula: '1000 * $1 / $2',
    of: ([cpuMs = 0, attempts = 0]) => (attempts === 0 ? null : (1000 * cpuMs) / attempts),
    taints: ['cpuUsPerRequest'],
  },
]

/** What is compared of a policy's arm relative to its baseline. */
export const relativeMetrics: readonly Metric[] = [throughput, ...latencies]

/** What is compared of the whole run. */
export const runMetrics: readonly Metric[] = [
  plain('requestsPerSecond', '1/s', 'more', '/requestsPerSecond', { taints: ['throughput'] }),
  ...latencies.map(({ ofSlice: _, ...metric }) => metric),
  plain('errorRate', 'share', 'less', '/errorRate'),
  plain('cpuUsPerRequest', 'µs', 'less', '/cpuUsPerRequest'),
  plain('rssDeltaKb', 'KiB', 'less', '/rssDeltaKb'),
  plain('fdDelta', 'fds', 'less', '/fdDelta'),
]
