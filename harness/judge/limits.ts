import { significant } from '../kernel/units.ts'
import type { Threshold } from '../profile/profile.ts'
import type { ArmFigures } from './facts.ts'

/** The figures that limits are about. */
export type LimitedFigures = Pick<
  ArmFigures,
  'judgedLatencyMs' | 'percentileMs' | 'errorRate' | 'okPerSecond' | 'failed' | 'ended'
>

/** One limit that was held against what was measured. */
export interface Limit {
  readonly kind: 'bound' | 'threshold' | 'ceiling'
  /** The phase, arm or stage that it is about. */
  readonly scope: string
  readonly expr: string
  /** Null when it could not be measured; then the limit is not kept. */
  readonly actual: number | null
  readonly limit: number
  readonly ok: boolean
  readonly window?: { readonly fromMs: number; readonly toMs: number }
}

/** Holds a threshold of k6's grammar against figures. */
export function holdThreshold(
  kind: Limit['kind'],
  scope: string,
  threshold: Threshold,
  figures: LimitedFigures,
): Limit {
  const found = actualOf(threshold, figures)
  // Rounded first and judged after, so that a verdict can be computed again from the file.
  const actual = found === null ? null : significant(found)
  return {
    kind,
    scope,
    expr: `${threshold.metric}: ${threshold.expr}`,
    actual,
    limit: threshold.limit,
    ok: actual !== null && holds(actual, threshold),
  }
}

function actualOf({ metric, aggregate, percentile }: Threshold, figures: LimitedFigures): number | null {
  switch (metric) {
    case 'latency':
      return latencyOf(aggregate, percentile, figures)
    case 'errors':
      return aggregate === 'count' ? figures.failed : figures.errorRate
    case 'throughput':
      return aggregate === 'count' ? figures.ended - figures.failed : figures.okPerSecond
  }
}

function latencyOf(
  aggregate: Threshold['aggregate'],
  percentile: number | null,
  { judgedLatencyMs: latencyMs, percentileMs }: LimitedFigures,
): number | null {
  switch (aggregate) {
    case 'p':
      return percentileMs(percentile ?? 50)
    case 'avg':
      return latencyMs.mean
    case 'min':
      return latencyMs.min
    case 'max':
      return latencyMs.max
    case 'med':
      return latencyMs.p50
    case 'count':
    case 'rate':
      return latencyMs.count
  }
}

function holds(actual: number, { op, limit }: Threshold): boolean {
  switch (op) {
    case '<':
      return actual < limit
    case '<=':
      return actual <= limit
    case '>':
      return actual > limit
    case '>=':
      return actual >= limit
    case '==':
      return actual === limit
  }
}
