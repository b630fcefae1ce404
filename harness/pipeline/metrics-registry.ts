import { Counter, Gauge, type Metric, Registry } from 'prom-client'
import { attemptNames, durationBoundsMs } from '../measure/retry-figures.ts'
import { type ArmTotals, latencyBoundsMs, nameIn, type RunTotals, usageOf, worstOf } from './metrics-totals.ts'

type Labels = Readonly<Record<string, string>>
type Sample = readonly [labels: Labels, value: number]

interface Definition {
  readonly kind: 'counter' | 'gauge'
  readonly name: string
  readonly help: string
  readonly labels: readonly string[]
}

/** A metric that each arm has, under a label more: `arm`. */
interface ArmDefinition extends Definition {
  readonly read: (arm: ArmTotals, id: string) => readonly Sample[]
}

interface RunDefinition extends Definition {
  readonly read: (totals: RunTotals) => readonly Sample[]
}

interface HistogramDefinition {
  readonly name: string
  readonly help: string
  readonly boundsMs: readonly number[]
  readonly read: (arm: ArmTotals) => readonly Series[]
}

/** One series of a histogram: what each bucket counts by itself, one for each bound and a last one. */
interface Series {
  readonly labels: Labels
  readonly buckets: readonly number[]
  readonly sumSeconds: number
}

const breakerStates = ['closed', 'open', 'half-open'] as const

/** Those of policies have the names of S18. */
const armMetrics: readonly ArmDefinition[] = [
  {
    kind: 'gauge',
    name: 'circuit_breaker_state',
    help: 'State of a circuit breaker: 1 for the one that it is in; of several load workers the worst',
    labels: ['name', 'state'],
    read: ({ breakers }, id) =>
      [...breakers].flatMap(([own, totals]) => {
        const { state } = worstOf(totals)
        const labelled = (one: string): Labels => ({ name: nameIn(id, own), state: one.replace('-', '_') })
        return breakerStates.map((one): Sample => [labelled(one), one === state ? 1 : 0])
      }),
  },
  {
    kind: 'counter',
    name: 'circuit_breaker_failures_total',
    help: 'Failures of calls that a circuit breaker let through',
    labels: ['name'],
    read: ({ breakers }, id) => [...breakers].map(([own, { failures }]) => [{ name: nameIn(id, own) }, failures]),
  },
  {
    kind: 'counter',
    name: 'retry_attempts_total',
    help: 'Attempts under a retry policy by their number within the operation',
    labels: ['operation', 'attempt'],
    read: ({ retries }) =>
      [...retries].flatMap(([operation, { attempts }]) =>
        attemptNames.map((attempt, index): Sample => [{ operation, attempt }, attempts[index] ?? 0]),
      ),
  },
  {
    kind: 'counter',
    name: 'retry_success_total',
    help: 'Operations that succeeded after a repetition',
    labels: ['operation'],
    read: ({ retries }) => [...retries].map(([operation, { recovered }]) => [{ operation }, recovered]),
  },
  {
    kind: 'gauge',
    name: 'bulkhead_active_calls',
    help: 'Calls at work in a bulkhead',
    labels: ['resource'],
    read: ({ bulkheads }, id) =>
      [...bulkheads].map(([own, totals]) => [{ resource: nameIn(id, own) }, usageOf(totals).active]),
  },
  {
    kind: 'counter',
    name: 'bulkhead_rejected_calls_total',
    help: 'Calls that a bulkhead refused at once',
    labels: ['resource'],
    read: ({ bulkheads }, id) => [...bulkheads].map(([own, { rejected }]) => [{ resource: nameIn(id, own) }, rejected]),
  },
  {
    kind: 'gauge',
    name: 'bulkhead_utilization_ratio',
    help: 'Slots of a bulkhead in use by slots that it has',
    labels: ['resource'],
    read: ({ bulkheads }, id) =>
      [...bulkheads].map(([own, totals]) => [{ resource: nameIn(id, own) }, usageOf(totals).utilization]),
  },
  {
    kind: 'counter',
    name: 'soakrig_operations_total',
    help: 'Operations that have ended',
    labels: ['outcome'],
    read: ({ operations }) => Object.entries(operations).map(([outcome, count]) => [{ outcome }, count]),
  },
  {
    kind: 'counter',
    name: 'soakrig_attempts_total',
    help: 'Requests on the wire',
    labels: [],
    read: ({ attempts }) => [[{}, attempts]],
  },
  {
    kind: 'counter',
    name: 'soakrig_policy_count_total',
    help: 'What client policies count, as policyCounters of the result',
    labels: ['counter'],
    read: ({ policyCounters }) => Object.entries(policyCounters).map(([counter, count]) => [{ counter }, count]),
  },
]

const histograms: readonly HistogramDefinition[] = [
  {
    name: 'retry_duration_seconds',
    help: 'Operations under a retry policy from the first attempt to the end',
    boundsMs: durationBoundsMs,
    read: ({ retries }) =>
      [...retries].map(([operation, { durations }]) => {
        return { labels: { operation }, buckets: durations.buckets, sumSeconds: durations.sumNs / 1e9 }
      }),
  },
  {
    name: 'soakrig_ok_latency_seconds',
    help: 'Measured operations that succeeded, from their start',
    boundsMs: latencyBoundsMs,
    read: ({ okLatency: { buckets, sumMs } }) => [{ labels: {}, buckets, sumSeconds: sumMs / 1e3 }],
  },
]

const runMetrics: readonly RunDefinition[] = [
  {
    kind: 'gauge',
    name: 'soakrig_target_rss_bytes',
    help: 'Memory of the target as last read; of several processes the sum of their shares',
    labels: [],
    read: ({ memoryKb }) => (memoryKb === null ? [] : [[{}, memoryKb * 1024]]),
  },
  {
    kind: 'gauge',
    name: 'soakrig_phase',
    help: 'What the run does: 1, of one phase at a time',
    labels: ['phase'],
    read: ({ phase }) => (phase === null ? [] : [[{ phase }, 1]]),
  },
  {
    kind: 'gauge',
    name: 'soakrig_breaker_alert',
    help: 'Alerts of circuit breakers in force',
    labels: ['name', 'kind'],
    read: ({ alerts }) => alerts.map(({ breaker, kind }) => [{ name: breaker, kind }, 1]),
  },
]

/**
 * The metrics of a run, read as they stand when they are scraped. All labels are bounded: arms and phases by the plan, the
 * names of requests and of what is made for each by a cap.
 */
export function metricsRegistry(totals: RunTotals): Registry {
  const registry = new Registry()
  for (const definition of armMetrics) {
    const labels = [...definition.labels, 'arm']
    addMetric(registry, { ...definition, labels }, () => ofArms(totals, definition.read))
  }
  for (const definition of histograms) addHistogram(registry, definition, totals)
  for (const definition of runMetrics) addMetric(registry, definition, () => definition.read(totals))
  return registry
}

function ofArms({ arms }: RunTotals, read: ArmDefinition['read']): readonly Sample[] {
  return [...arms].flatMap(([arm, own]) => read(own, arm).map(([labels, value]): Sample => [{ ...labels, arm }, value]))
}

function addMetric(registry: Registry, { kind, name, help, labels }: Definition, read: () => readonly Sample[]): void {
  const options = { name, help, labelNames: [...labels], registers: [registry] }
  if (kind === 'counter') {
    const counter: Counter = new Counter({
      ...options,
      collect: () => {
        counter.reset()
        for (const [of, value] of read()) counter.inc(of, value)
      },
    })
    return
  }
  const gauge: Gauge = new Gauge({
    ...options,
    collect: () => {
      gauge.reset()
      // Without labels, a reset one is 0, which is not the same as unknown.
      if (labels.length === 0) gauge.remove()
      for (const [of, value] of read()) gauge.set(of, value)
    },
  })
}

/** The library's own histogram can only be told one value after the other. */
function addHistogram(
  registry: Registry,
  { name, help, boundsMs, read }: HistogramDefinition,
  totals: RunTotals,
): void {
  const valuesOf = (arm: string, { labels, buckets, sumSeconds }: Series) => {
    let upTo = 0
    const own = { ...labels, arm }
    const bounds = [...boundsMs.map((ms) => String(ms / 1000)), '+Inf']
    const counted = bounds.map((le, index) => {
      upTo += buckets[index] ?? 0
      return { metricName: `${name}_bucket`, labels: { ...own, le }, value: upTo }
    })
    return [
      ...counted,
      { metricName: `${name}_sum`, labels: own, value: sumSeconds },
      { metricName: `${name}_count`, labels: own, value: upTo },
    ]
  }
  const get = async () => ({
    name,
    help,
    type: 'histogram',
    aggregator: 'sum',
    values: [...totals.arms].flatMap(([arm, own]) => read(own).flatMap((series) => valuesOf(arm, series))),
  })
  // All that a registry asks of a metric, though its type names its own classes.
  registry.registerMetric({ name, get } as unknown as Metric)
}
