import { nsPerMs, nsPerSecond, parseQuantity, type QuantityName } from '../kernel/units.ts'
import type { FigureReader } from './threshold-limit.ts'

export type Aggregate = 'p' | 'avg' | 'min' | 'max' | 'med' | 'rate' | 'count' | 'delta' | 'slope'

/** What the operations of an arm, or of windows, came to. */
export const loadMetrics = ['latency', 'errors', 'throughput', 'degraded'] as const
/** What the target used in the stress stage. */
export const resourceMetrics = ['rss', 'fds', 'threads', 'cpu'] as const
export type LoadMetric = (typeof loadMetrics)[number]
export type ResourceMetric = (typeof resourceMetrics)[number]
export type Metric = LoadMetric | ResourceMetric

/** What a metric's expressions are made of. */
export interface MetricGrammar {
  readonly aggregates: readonly Aggregate[]
  /** How a limit is written, in words. */
  readonly limits: string
  readonly examples: readonly [string, ...string[]]
  readonly read: (aggregate: Aggregate) => FigureReader
}

const plainNumber = /^(\d+(\.\d+)?|\.\d+)$/u
const number: FigureReader = (text) => (plainNumber.test(text) ? Number(text) : undefined)

function quantity(name: QuantityName, scale: number): FigureReader {
  return (text) => {
    const parsed = parseQuantity(name, text)
    return 'problem' in parsed ? undefined : parsed.value / scale
  }
}

const sizeKb = quantity('size', 1024)
const share = quantity('share', 1)
const latencyMs: FigureReader = (text) => number(text) ?? quantity('duration', nsPerMs)(text)
const perSecond: FigureReader = (text) => number(text.replace(/\s*\/\s*s$/u, ''))
/** 1, or 100 %, is a whole core. */
const cores: FigureReader = (text) => {
  const percent = /^(?<percent>.+)%$/u.exec(text)?.groups?.['percent']
  const value = number((percent ?? text).trim())
  return value === undefined || percent === undefined ? value : value / 100
}

const hours: Readonly<Record<string, number>> = { s: nsPerSecond / 3600e9, m: 1 / 60, min: 1 / 60, h: 1, d: 24 }

/** An amount per unit of time, as per hour. */
function perHour(amount: FigureReader): FigureReader {
  return (text) => {
    const [, head = '', unit = ''] = /^(.+)\/\s*([a-z]+)$/u.exec(text) ?? []
    const [value, length] = [amount(head.trim()), hours[unit]]
    return value === undefined || length === undefined ? undefined : value / length
  }
}

const shares = {
  aggregates: ['rate', 'count'],
  limits: 'a share, or a number after count',
  read: (aggregate: Aggregate) => (aggregate === 'count' ? number : share),
} as const

function amounts(what: string, amount: FigureReader, examples: MetricGrammar['examples']): MetricGrammar {
  return {
    aggregates: ['max', 'avg', 'delta', 'slope'],
    limits: `${what}, after slope ${what} per s, m, h or d`,
    examples,
    read: (aggregate) => (aggregate === 'slope' ? perHour(amount) : amount),
  }
}

/**
 * What may be asked of each metric, and in which unit its limits are: ms, shares, operations per second, KiB, numbers,
 * cores; a slope is per hour.
 */
export const grammars: Readonly<Record<Metric, MetricGrammar>> = {
  latency: {
    aggregates: ['p', 'avg', 'min', 'max', 'med'],
    limits: 'a duration (a bare number is in ms)',
    examples: ['p(99)<100ms', 'p(95)<=baseline*1.10'],
    read: () => latencyMs,
  },
  errors: { ...shares, examples: ['rate<1%', 'count==0'] },
  throughput: {
    aggregates: ['rate', 'count'],
    limits: 'operations per second, or a number after count',
    examples: ['rate>=100', 'rate>=baseline*0.95'],
    read: (aggregate) => (aggregate === 'count' ? number : perSecond),
  },
  degraded: { ...shares, examples: ['rate<5%'] },
  rss: amounts('a size', sizeKb, ['max<512MiB', 'delta<32MiB', 'slope<1MiB/h']),
  fds: amounts('a number', number, ['max<1000', 'slope<10/h']),
  threads: amounts('a number', number, ['max<100']),
  cpu: {
    aggregates: ['max', 'avg'],
    limits: 'a share of one core, which may be more than one',
    examples: ['avg<80%', 'max<1.5'],
    read: () => cores,
  },
}

/** Whether a metric is of what the target uses, and not of what it answers. */
export function isResource(metric: Metric): metric is ResourceMetric {
  return (resourceMetrics as readonly string[]).includes(metric)
}
