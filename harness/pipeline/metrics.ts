import type { ResultMetrics } from '../archive/result.ts'
import { rssDeltaKb } from '../judge/ceilings.ts'
import type { Verdict } from '../judge/judge.ts'
import type { WindowSummary } from '../judge/windows.ts'
import { rssSlopeKbPerMin } from './memory.ts'

/**
 * The phase whose figures stand for the run: the last stress segment without faults, or the load; else the direct baseline;
 * where there is nothing else, stress under steps, given by its arms, whose figures those of the faults are mixed with. Of a
 * search, the phase that it names.
 */
export function metricsOf(
  { arms, memory }: Verdict,
  windows: WindowSummary,
  stepped: readonly string[],
  named?: string | null,
): ResultMetrics {
  const segments = arms.filter(({ arm }) => arm.phaseKind === 'stress' || arm.phaseKind === 'load')
  const source =
    arms.find(({ arm }) => arm.phase === named) ??
    segments.findLast(({ arm }) => !stepped.includes(arm.id)) ??
    arms.find(({ arm }) => arm.id === 'baseline/baseline-direct') ??
    segments.at(-1)
  const growth = growthOf(windows, memory)
  if (!source) return { ...noFigures, ...growth }
  const { arm, figures, measurement } = source
  const { operations, attempts } = measurement.measured
  const { count: _, ...latencyMs } = figures.latencyMs
  const cpuMs = measurement.targetCpuMs
  const { count: corrected, ...correctedLatencyMs } = measurement.latencies.corrected.summary()
  return {
    source: arm.id,
    requestsPerSecond: figures.okPerSecond,
    operations: operations.count,
    attempts: attempts.count,
    failed: operations.failed,
    errorRate: figures.errorRate,
    degradedRate: figures.ended === 0 ? null : operations.degraded / figures.ended,
    latencyMs,
    correctedLatencyMs: corrected === 0 ? null : correctedLatencyMs,
    cpuUsPerRequest: cpuMs === null ? null : (1000 * cpuMs) / Math.max(1, measurement.all.attempts.count),
    ...growth,
  }
}

/** How much the target grew in its windows. */
export function growthOf(
  windows: WindowSummary,
  memory: Verdict['memory'],
): Pick<ResultMetrics, 'rssDeltaKb' | 'rssSlopeKbPerMin' | 'fdDelta'> {
  const { firstFds, lastFds } = windows
  return {
    rssDeltaKb: rssDeltaKb(windows),
    rssSlopeKbPerMin: rssSlopeKbPerMin(memory),
    fdDelta: firstFds === null || lastFds === null ? null : lastFds - firstFds,
  }
}

const noLatency = { min: null, mean: null, p50: null, p90: null, p95: null, p99: null, p999: null, max: null }

/** Of a run in which nothing was measured. */
const noFigures = {
  source: null,
  requestsPerSecond: null,
  operations: 0,
  attempts: 0,
  failed: 0,
  errorRate: null,
  degradedRate: null,
  latencyMs: noLatency,
  correctedLatencyMs: null,
  cpuUsPerRequest: null,
}
