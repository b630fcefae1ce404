import { found } from '../kernel/json.ts'
import { type LimitTerm, parseLimit, relativesOf } from './threshold-limit.ts'
import { type Aggregate, grammars, isResource, type Metric } from './threshold-metrics.ts'

/** A limit on one figure of an arm, of windows or of the target, in k6's grammar. */
export interface Threshold {
  readonly metric: Metric
  readonly aggregate: Aggregate
  /** N of `p(N)`, in [0, 100]; null for the other aggregates. */
  readonly percentile: number | null
  readonly op: Operator
  /** In the metric's unit, see `grammars`. */
  readonly limit: LimitTerm
  /** As it was written. */
  readonly expr: string
  /** Every window of the stress stage of this length must hold it; null: what it is about as a whole. */
  readonly windowNs: number | null
  /** Ends the run as soon as it breaks, but not before a segment of stress has lasted so long; null: it does not. */
  readonly abortAfterNs: number | null
}

export type Operator = '<' | '<=' | '>' | '>=' | '==' | '!='

/** An expression that has been read. */
export type Expression = Omit<Threshold, 'windowNs' | 'abortAfterNs'>

// k6 has both spellings of equality, and they mean the same.
const operators: Readonly<Record<string, Operator>> = {
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
  '==': '==',
  '===': '==',
  '!=': '!=',
}
const expression =
  /^(?<name>[a-z]+)(?:\(\s*(?<percentile>\d+(?:\.\d+)?)\s*\))?\s*(?<op>[<>]=?|={2,3}|!=)\s*(?<limit>.+)$/u
const relatives = 'such a figure of baseline or reference (baseline*1.1, baseline+5), or max() or min() of several'

function spelled(aggregate: Aggregate): string {
  return aggregate === 'p' ? 'p(N)' : aggregate
}

/** Reads one expression such as `p(99)<100ms`; never throws, so that a profile can report every problem at once. */
export function parseExpression(
  metric: Metric,
  expr: string,
): { readonly expression: Expression } | { readonly problem: string } {
  const { aggregates, read } = grammars[metric]
  const problem = { problem: `found ${found(expr)}, allowed: ${allowed(metric)}` }
  const parts = expression.exec(expr.trim())?.groups
  const aggregate = aggregates.find((name) => name === parts?.['name'])
  const op = operators[parts?.['op'] ?? '']
  const percentile = parts?.['percentile'] === undefined ? null : Number(parts['percentile'])
  if (!aggregate || !op || !fits(aggregate, percentile, op)) return problem
  const limit = parseLimit(parts?.['limit'] ?? '', read(aggregate))
  if (limit === undefined || (isResource(metric) && relativesOf(limit).length > 0)) return problem
  return { expression: { metric, aggregate, percentile, op, limit, expr: expr.trim() } }
}

function fits(aggregate: Aggregate, percentile: number | null, op: Operator): boolean {
  // What is fitted to a course has no exact value.
  if (aggregate === 'slope' && op !== '<' && op !== '<=') return false
  return aggregate === 'p' ? percentile !== null && percentile <= 100 : percentile === null
}

/** What an expression of a metric may be, in words. */
function allowed(metric: Metric): string {
  const { aggregates, limits, examples } = grammars[metric]
  const names = aggregates.map(spelled).join(', ')
  const signs = `${Object.keys(operators).join(' ')}${aggregates.includes('slope') ? ' (after slope < <=)' : ''}`
  const more = isResource(metric) ? '' : `, or ${relatives}`
  return `one of ${names}, then one of ${signs}, then ${limits}${more}, such as ${examples.join(' or ')}`
}
