import type { ResultSlice } from '../archive/result.ts'

/**
 * What a latency counts from: the send (service time), or the intended start (corrected). They are two metrics of two
 * names, and are never compared with each other.
 */
export type LatencyStart = 'send' | 'intended'

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
  /** The same of one slice, up to a factor; null for a slice that does not serve it. */
  readonly ofSlice?: (slice: ResultSlice) => number | null
  /** Of latencies only. */
  readonly from?: LatencyStart
  /** The words by which doubts taint it. */
  readonly taints: readonly string[]
}

function plain(name: string, unit: string, better: Metric['better'], term: string, more: Partial<Metric> = {}): Metric {
  return { name, unit, better, terms: [term], formula: '$1', of: ([value]) => value ?? null, taints: [name], ...more }
}

function percentile(name: 'p50' | 'p90' | 'p99', from: LatencyStart): Metric {
  const [named, place] =
    from === 'send' ? [name, '/latencyMs'] : [`corrected${name.toUpperCase()}`, '/correctedLatencyMs']
  return plain(named, 'ms', 'less', `${place}/${name}`, {
    taints: ['latency', 'latency comparisons'],
    // Slices have no p90.
    ofSlice: (slice) => (slice.use === 'throughput' || name === 'p90' ? null : slice[name]),
    from,
  })
}

function latencies(from: LatencyStart): Metric[] {
  return [percentile('p50', from), percentile('p90', from), percentile('p99', from)]
}

const throughput = plain('requestsPerSecond', '1/s', 'more', '/operations/perSecond', {
  taints: ['throughput'],
  ofSlice: ({ use, ok, durationMs }) => (use === 'latency' || durationMs === 0 ? null : ok / durationMs),
})

const shares: readonly Metric[] = [
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

/** What is compared of an arm. */
export function armMetrics(from: LatencyStart): readonly Metric[] {
  return [throughput, ...latencies(from), ...shares]
}

/** What is compared of a policy's arm relative to its baseline. */
export function relativeMetrics(from: LatencyStart): readonly Metric[] {
  return [throughput, ...latencies(from)]
}

/** What is compared of the whole run. */
export function runMetrics(from: LatencyStart): readonly Metric[] {
  return [
    plain('requestsPerSecond', '1/s', 'more', '/requestsPerSecond', { taints: ['throughput'] }),
    ...latencies(from),
    plain('errorRate', 'share', 'less', '/errorRate'),
    plain('cpuUsPerRequest', 'µs', 'less', '/cpuUsPerRequest'),
    plain('rssDeltaKb', 'KiB', 'less', '/rssDeltaKb'),
    plain('fdDelta', 'fds', 'less', '/fdDelta'),
  ]
}
