import type { Result, ResultArm, ResultWindowGroup } from '../archive/result.ts'
import type { LimitedFigures } from '../judge/limits.ts'
import { medianOf } from '../judge/stats/median.ts'
import { noReference, type ReferenceFigures } from '../judge/thresholds/against.ts'
import { decodeHistogram, type LatencySummary } from '../measure/histogram.ts'
import type { Reference } from './reference.ts'

/**
 * The figures of the archived results that relative thresholds are held against: of several the median of each. They are
 * absolute, so that those of another kind of host are none.
 */
export function referenceFigures(
  reference: Reference,
  { hostFingerprint }: Pick<Result['env'], 'hostFingerprint'>,
): ReferenceFigures {
  if ('whyNone' in reference) return { ...noReference, whyNone: reference.whyNone }
  if (reference.found.some(({ result }) => result.env.hostFingerprint !== hostFingerprint))
    return { ...noReference, whyNone: 'the reference was measured on another host' }
  const figures = reference.found.map(({ result }) => figuresIn(result))
  const middle = (of: (one: Figures) => LimitedFigures | null): LimitedFigures | null =>
    medianFigures(figures.map(of).filter((one) => one !== null))
  return {
    whyNone: null,
    arm: (id) => middle((one) => one.arm(id)),
    successes: (id) => middle((one) => one.successes(id)),
    windows: (phase, faults) => middle((one) => one.windows(phase, faults)),
  }
}

type Figures = Omit<ReferenceFigures, 'whyNone'>

/** The figures of one archived result, as limits are held against them. */
export function figuresIn(result: Result): Figures {
  const find = (id: string): ResultArm | null => armOf(result, id)
  return {
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

/** The median of each figure over the results that have it; null of none. */
function medianFigures(all: readonly LimitedFigures[]): LimitedFigures | null {
  const [first, ...others] = all
  if (first === undefined || others.length === 0) return first ?? null
  const over = (of: (one: LimitedFigures) => number | null): number | null => {
    const known = all.map(of).filter((value) => value !== null)
    return known.length === 0 ? null : medianOf(known)
  }
  const latency = (key: keyof Latencies): number | null => over(({ judgedLatencyMs }) => judgedLatencyMs[key])
  return {
    errorRate: over((one) => one.errorRate),
    okPerSecond: over((one) => one.okPerSecond),
    failed: over((one) => one.failed) ?? first.failed,
    ended: over((one) => one.ended) ?? first.ended,
    degraded: over((one) => one.degraded),
    judgedLatencyMs: {
      min: latency('min'),
      mean: latency('mean'),
      p50: latency('p50'),
      p90: latency('p90'),
      p95: latency('p95'),
      p99: latency('p99'),
      p999: latency('p999'),
      max: latency('max'),
    },
    percentileMs: (percent) => over((one) => one.percentileMs(percent)),
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
  return {
    ...counts,
    judgedLatencyMs: latencyMs,
    percentileMs: (percent) => percentileOf(histogram, percent, latencyMs.max),
  }
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

/** A percentile of an encoded histogram; the largest value itself is known to the summary only, not the edge of its bucket. */
export function percentileOf(encoded: string, percent: number, max: number | null): number | null {
  const histogram = decodeHistogram(encoded)
  const value = histogram.percentileMs(percent)
  histogram.destroy()
  return value === null || max === null ? value : Math.min(value, max)
}
