import { type Expression, parseExpression } from '../../profile/threshold.ts'

/** What is kept of the latency of a slice, in ms; null where nothing ended. */
export interface SliceQuantiles {
  readonly p50: number | null
  readonly p95: number | null
  readonly p99: number | null
}

/** The latency that a rate must keep in order to hold. */
export interface Slo {
  readonly quantile: keyof SliceQuantiles
  /** In ms. */
  readonly limit: number
  readonly op: '<' | '<='
  /** As it was written. */
  readonly expr: string
}

const allowed = 'med, p(50), p(95) or p(99), then < or <=, then a duration, such as p(99)<100ms'
const quantiles: Readonly<Record<number, keyof SliceQuantiles>> = { 50: 'p50', 95: 'p95', 99: 'p99' }

/** A threshold of latency as a rate can keep it; null for one that is of something else, relative, or about what no slice tells. */
export function sloOf({ metric, aggregate, percentile, op, limit, expr }: Expression): Slo | null {
  const quantile = aggregate === 'med' ? 'p50' : quantiles[percentile ?? -1]
  if (metric !== 'latency' || quantile === undefined || (op !== '<' && op !== '<=')) return null
  return limit.kind === 'fixed' ? { quantile, limit: limit.value, op, expr } : null
}

/** Reads one expression such as `p(99)<100ms`. */
export function parseSlo(expr: string): { readonly slo: Slo } | { readonly allowed: string } {
  const parsed = parseExpression('latency', expr)
  const slo = 'expression' in parsed ? sloOf(parsed.expression) : null
  return slo ? { slo } : { allowed }
}

/** Whether the latency of a slice keeps all of them; where it is not known it keeps none. */
export function keepsAll(slos: readonly Slo[], found: SliceQuantiles): boolean {
  return slos.every(({ quantile, op, limit }) => {
    const actual = found[quantile]
    return actual !== null && (op === '<' ? actual < limit : actual <= limit)
  })
}
