import type { Result, ResultArm, ResultWindowGroup } from '../archive/result.ts'
import type { LimitedFigures } from '../judge/limits.ts'
import { noReference, type ReferenceFigures } from '../judge/thresholds/against.ts'
import { decodeHistogram, type LatencySummary } from '../measure/histogram.ts'
import type { Reference } from './reference.ts'

/** The figures of the archived result that relative thresholds are held against. */
export function referenceFigures(reference: Reference): ReferenceFigures {
  if ('whyNone' in reference) return { ...noReference, whyNone: reference.whyNone }
  const { result } = reference.found
  const find = (id: string): ResultArm | null => armOf(result, id)
  return {
    whyNone: null,
    arm(id) {
      const arm = find(id)
      return arm && figuresOfArm(arm)
    },
    successes(id) {
      const arm = find(id)
      return arm && { ...figuresOfArm(arm), ...latencyOf(arm.okLatencyMs) }
    },
    windows(phase, faults) {
      const own = (result.windowGroups ?? []).filter((group) => group.phase === phase)
      const group = own.find((one) => one.faults.join() === faults.join())
      return group ? figuresOfWindows(group) : null
    },
  }
}

/** The only arm of a phase has its name. */
function armOf({ phases }: Result, id: string): ResultArm | null {
  for (const phase of phases) {
    const arm = phase.arms.find(({ arm: kind, path }) => id === phase.id || id === `${phase.id}/${kind}-${path}`)
    if (arm) return arm
  }
  return null
}

type Latencies = Omit<LatencySummary, 'count'>

function figuresOfArm({ operations, correctedLatencyMs, latencyMs, histogram }: ResultArm): LimitedFigures {
  const { ok, failed, degraded, perSecond } = operations
  const ended = ok + failed
  const counts = { errorRate: ended === 0 ? null : failed / ended, okPerSecond: perSecond, failed, ended, degraded }
  if (correctedLatencyMs) return { ...counts, ...latencyOf(correctedLatencyMs) }
  return { ...counts, judgedLatencyMs: latencyMs, percentileMs: (percent) => percentileOf(histogram, percent) }
}

function figuresOfWindows({ ok, failed, degraded, perSecond, okLatencyMs }: ResultWindowGroup): LimitedFigures {
  const ended = ok + failed
  const errorRate = ended === 0 ? null : failed / ended
  return { errorRate, okPerSecond: perSecond, failed, ended, degraded: degraded ?? null, ...latencyOf(okLatencyMs) }
}

/** Of what a file has no histogram of, it has these. */
function latencyOf(latency: Latencies): Pick<LimitedFigures, 'judgedLatencyMs' | 'percentileMs'> {
  const known = new Map([
    [0, latency.min],
    [50, latency.p50],
    [90, latency.p90],
    [95, latency.p95],
    [99, latency.p99],
    [99.9, latency.p999],
    [100, latency.max],
  ])
  return { judgedLatencyMs: latency, percentileMs: (percent) => known.get(percent) ?? null }
}

function percentileOf(encoded: string, percent: number): number | null {
  const histogram = decodeHistogram(encoded)
  const value = histogram.percentileMs(percent)
  histogram.destroy()
  return value
}
