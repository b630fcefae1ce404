import type { Problem } from '../kernel/errors.ts'
import { type JsonSchema, objectSchema } from '../kernel/json-schema.ts'
import { nsPerMs, parseQuantity } from '../kernel/units.ts'
import { found, isRecord, step } from '../kernel/json.ts'

/** A limit on one figure of an arm, in k6's grammar. */
export interface Threshold {
  readonly metric: Metric
  readonly aggregate: Aggregate
  /** N of `p(N)`, in [0, 100]; null for the other aggregates. */
  readonly percentile: number | null
  readonly op: Operator
  /** ms for latency, a share for `rate` of errors, per second for `rate` of throughput, a plain number for `count`. */
  readonly limit: number
  /** As it was written. */
  readonly expr: string
}

export type Metric = 'latency' | 'errors' | 'throughput'
export type Aggregate = 'p' | 'avg' | 'min' | 'max' | 'med' | 'rate' | 'count'
export type Operator = '<' | '<=' | '>' | '>=' | '=='

/** Thresholds as a profile holds them, by metric. */
export type RawThresholds = Readonly<Partial<Record<Metric, readonly string[]>>>

/** What a metric's expressions are made of. */
interface Grammar {
  readonly aggregates: readonly Aggregate[]
  readonly limits: string
  readonly examples: readonly [string, ...string[]]
}

const grammars: Readonly<Record<Metric, Grammar>> = {
  latency: {
    aggregates: ['p', 'avg', 'min', 'max', 'med'],
    limits: 'a duration (a bare number is in ms)',
    examples: ['p(99)<100ms', 'max<1s'],
  },
  errors: {
    aggregates: ['rate', 'count'],
    limits: 'a share, or a number after count',
    examples: ['rate<1%', 'count==0'],
  },
  throughput: {
    aggregates: ['rate', 'count'],
    limits: 'operations per second, or a number after count',
    examples: ['rate>=100'],
  },
}

const metrics = Object.keys(grammars) as readonly Metric[]
const operators: readonly Operator[] = ['<', '<=', '>', '>=', '==']
const expression = /^(?<name>[a-z]+)(?:\(\s*(?<percentile>\d+(?:\.\d+)?)\s*\))?\s*(?<op>[<>=]=?)\s*(?<limit>.+)$/u
const plainNumber = /^\d+(\.\d+)?$/u

function spelled(aggregate: Aggregate): string {
  return aggregate === 'p' ? 'p(N)' : aggregate
}

/** Reads one expression such as `p(99)<100ms`; never throws, so that a profile can report every problem at once. */
export function parseThreshold(
  metric: Metric,
  expr: string,
): { readonly threshold: Threshold } | { readonly problem: string } {
  const { aggregates, limits, examples } = grammars[metric]
  const names = aggregates.map(spelled).join(', ')
  const problem = `found ${found(expr)}, allowed: one of ${names}, then one of ${operators.join(' ')}, then ${limits}, such as ${examples.join(' or ')}`
  const parts = expression.exec(expr.trim())?.groups
  const aggregate = aggregates.find((name) => name === parts?.['name'])
  const op = operators.find((sign) => sign === parts?.['op'])
  const percentile = parts?.['percentile'] === undefined ? null : Number(parts['percentile'])
  if (!aggregate || !op || (percentile === null) === (aggregate === 'p')) return { problem }
  const limit = limitOf(metric, aggregate, parts?.['limit'] ?? '')
  if (limit === undefined || (percentile ?? 0) > 100) return { problem }
  return { threshold: { metric, aggregate, percentile, op, limit, expr: expr.trim() } }
}

function limitOf(metric: Metric, aggregate: Aggregate, text: string): number | undefined {
  const number = plainNumber.test(text) ? Number(text) : undefined
  if (aggregate === 'count') return number
  if (metric === 'throughput') return number ?? limitOf(metric, 'count', text.replace(/\s*\/\s*s$/u, ''))
  if (metric === 'latency' && number !== undefined) return number
  const parsed = parseQuantity(metric === 'latency' ? 'duration' : 'share', text)
  if ('problem' in parsed) return undefined
  return metric === 'latency' ? parsed.value / nsPerMs : parsed.value
}

/** Schema of thresholds by metric; the grammar of the expressions is checked by `thresholdProblems`. */
export function thresholdsSchema(description: string): JsonSchema {
  const listOf = (metric: Metric): JsonSchema => ({
    type: 'array',
    items: { type: 'string' },
    description: `Limits on ${metric}, such as ${grammars[metric].examples.join(' or ')}`,
  })
  return objectSchema(Object.fromEntries(metrics.map((metric) => [metric, listOf(metric)])), { description })
}

/** What is wrong with the expressions; whatever is no list of texts is left to the schema. */
export function thresholdProblems(raw: unknown, pointer: string): Problem[] {
  return metrics.flatMap((metric) => {
    const expressions: unknown = isRecord(raw) ? raw[metric] : undefined
    return (Array.isArray(expressions) ? expressions : []).flatMap((expr: unknown, index) => {
      if (typeof expr !== 'string') return []
      const parsed = parseThreshold(metric, expr)
      return 'problem' in parsed ? [{ where: pointer + step(metric) + step(index), message: parsed.problem }] : []
    })
  })
}

/** Reads thresholds that have no problems: latency, errors, throughput, each in the order in which it is written. */
export function parseThresholds(raw: RawThresholds): Threshold[] {
  return metrics.flatMap((metric) =>
    (raw[metric] ?? []).flatMap((expr) => {
      const parsed = parseThreshold(metric, expr)
      return 'threshold' in parsed ? [parsed.threshold] : []
    }),
  )
}
