import { formatNs, significant } from '../kernel/units.ts'
import type { BreakerStats } from './breaker/breaker.ts'
import type { BulkheadStats } from './bulkhead/stats.ts'
import { type BreakerAlert, summaryOf } from './monitor.ts'

/** What is asked of a bulkhead, which says it of itself. */
export type BulkheadFigures = Pick<BulkheadStats, 'name' | 'active' | 'queued' | 'rejectionRate' | 'utilization'>

/** How operations went; all degraded ones are among those that succeeded. */
export interface OperationFigures {
  readonly total: number
  readonly succeeded: number
  /** Answered by a fallback, a cache or a default. */
  readonly degraded: number
}

/** What health is judged by. */
export interface HealthFigures {
  readonly breakers: readonly BreakerStats[]
  readonly bulkheads: readonly BulkheadFigures[]
  readonly operations: OperationFigures
}

/** The three parts and their mean, each in [0, 1]; a part of which there is nothing to say is 1. */
export interface Health {
  readonly score: number
  readonly status: 'healthy' | 'degraded' | 'critical'
  readonly parts: { readonly breakers: number; readonly bulkheads: number; readonly operations: number }
}

/**
 * Health as the source has it (S17): the mean of 1 - open / total breakers, 1 - the mean rejection rate of the bulkheads, and
 * the share of operations that succeeded, retries included; above .8 healthy, above .6 degraded, else critical. Two things
 * that it left out (P75) lower the score: a half-open breaker counts as half an open one, since nobody knows yet, and an
 * operation that a stand-in answered is no success of its target. Where there is neither, the score is that of the source.
 */
export function healthOf({ breakers, bulkheads, operations }: HealthFigures): Health {
  const { total, open, halfOpen } = summaryOf(breakers)
  const rejections = bulkheads.reduce((sum, { rejectionRate }) => sum + rejectionRate, 0)
  const parts = {
    breakers: total === 0 ? 1 : 1 - (open + halfOpen / 2) / total,
    bulkheads: bulkheads.length === 0 ? 1 : 1 - rejections / bulkheads.length,
    operations: operations.total === 0 ? 1 : (operations.succeeded - operations.degraded) / operations.total,
  }
  // Rounded first and judged after: a mean of exactly .8 must not be above it by an error of binary fractions.
  const score = significant((parts.breakers + parts.bulkheads + parts.operations) / 3, 12)
  return { score, status: score > 0.8 ? 'healthy' : score > 0.6 ? 'degraded' : 'critical', parts }
}

/** So many alerts are told one by one. */
const topAlerts = 5

/** Health as lines of text: the score, each breaker, the first alerts, each bulkhead. */
export function healthText(figures: HealthFigures, alerts: readonly BreakerAlert[]): readonly string[] {
  const { score, status, parts } = healthOf(figures)
  const { breakers, bulkheads, operations } = figures
  const summary = summaryOf(breakers)
  return [
    `health ${score.toFixed(2)} ${status}: breakers ${parts.breakers.toFixed(2)}, bulkheads ${parts.bulkheads.toFixed(2)}, operations ${parts.operations.toFixed(2)}`,
    `operations: ${operations.total}, ${operations.succeeded} succeeded, ${operations.degraded} of them degraded`,
    `breakers: ${summary.closed} closed, ${summary.open} open, ${summary.halfOpen} half-open, mean failure rate ${percent(summary.meanFailureRate)}`,
    ...breakers.map(breakerText),
    `alerts: ${alerts.length === 0 ? 'none' : alerts.length}`,
    ...alerts.slice(0, topAlerts).map((alert) => `  ${alertText(alert)}`),
    ...(alerts.length > topAlerts ? [`  and ${alerts.length - topAlerts} more`] : []),
    `bulkheads: ${bulkheads.length === 0 ? 'none' : bulkheads.length}`,
    ...bulkheads.map(bulkheadText),
  ]
}

function breakerText({ name, state, forced, failureRate, totalCalls, rejected }: BreakerStats): string {
  const how = forced ? `${state} (forced)` : state
  return `  ${name}: ${how}, ${percent(failureRate)} of ${totalCalls} calls failed, ${rejected} refused`
}

/** An alert as text. */
export function alertText({ breaker, kind, value, limit }: BreakerAlert): string {
  return kind === 'open-too-long'
    ? `${breaker}: open for ${formatNs(value)}, more than ${formatNs(limit)}`
    : `${breaker}: ${percent(value)} of its calls failed, more than ${percent(limit)}`
}

function bulkheadText({ name, active, queued, rejectionRate, utilization }: BulkheadFigures): string {
  return `  ${name ?? 'client'}: ${active} active, ${queued} queued, ${percent(rejectionRate)} refused, ${percent(utilization)} in use`
}

function percent(share: number): string {
  return `${significant(100 * share, 3)} %`
}
