import { nsPerMs, nsPerSecond } from '../kernel/units.ts'
import { clopperPearsonUpper } from '../measure/binomial.ts'
import { bandAlpha, type BaselineFacts, type EffectFacts, longWaitMs, type WaitFacts } from '../measure/effect.ts'
import { createHistogram, type LatencySummary } from '../measure/histogram.ts'
import type { ArmMeasurement } from '../measure/measurements.ts'
import type { Arm } from '../plan/arms.ts'
import type { Profile } from '../profile/profile.ts'

/** The figures of an arm that rules are held against; null where nothing was measured. */
export interface ArmFigures {
  /** All measured operations from their start, failures at their elapsed time. */
  readonly latencyMs: LatencySummary
  readonly histogram: string
  /** What limits are held against: the same, but from the intended start where there is a schedule. */
  readonly judgedLatencyMs: LatencySummary
  /** Percentile in ms of that. */
  readonly percentileMs: (percent: number) => number | null
  /** Share of failed operations among those that ended by themselves. */
  readonly errorRate: number | null
  /** Good operations per second. */
  readonly okPerSecond: number | null
  readonly failed: number
  readonly ended: number
  /** Of those that succeeded, how many something else than the target answered. */
  readonly degraded: number
}

/** The figures of what was measured of an arm. */
export function figuresOf(arm: ArmMeasurement): ArmFigures {
  const all = createHistogram()
  all.add(arm.latencies.ok)
  all.add(arm.latencies.failed)
  const { ok, failed, degraded } = arm.measured.operations
  const ended = ok + failed
  const { corrected } = arm.latencies
  const latencyMs = all.summary()
  const figures = {
    latencyMs,
    judgedLatencyMs: corrected.count > 0 ? corrected.summary() : latencyMs,
    histogram: all.encode(),
    errorRate: ended === 0 ? null : failed / ended,
    okPerSecond: arm.throughput.ns === 0 ? null : (arm.throughput.ok * nsPerSecond) / arm.throughput.ns,
    failed,
    ended,
    degraded,
  }
  all.destroy()
  return {
    ...figures,
    percentileMs: (percent) => {
      if (corrected.count > 0) return corrected.percentileMs(percent)
      const again = createHistogram()
      again.add(arm.latencies.ok)
      again.add(arm.latencies.failed)
      const value = again.percentileMs(percent)
      again.destroy()
      return value
    },
  }
}

/** What faults may know of the undisturbed target; null when one of the two baselines was not measured. */
export function baselineFacts(
  baseline: ArmMeasurement | undefined,
  single: ArmMeasurement | undefined,
): BaselineFacts | null {
  const p50Ms = baseline?.latencies.ok.percentileMs(50) ?? null
  const p99Ms = baseline?.latencies.ok.percentileMs(99) ?? null
  if (!baseline || !single || p50Ms === null || p99Ms === null) return null
  const singleP50Ms = singleMedianMs(single, p50Ms)
  if (singleP50Ms === null) return null
  const { requests, attempts, wire } = baseline.all
  const responses = Object.values(requests).filter((request) => request.responses > 0)
  const means = responses.map((request) => request.bytesReceived / request.responses)
  const sent = wire.bytesSent / Math.max(1, attempts.count)
  return {
    p50Ms,
    p99Ms,
    singleP50Ms,
    // Where nobody waits for an answer there is none.
    responseBytes: means.length === 0 ? { min: 0, max: 0 } : { min: Math.min(...means), max: Math.max(...means) },
    requestBytes: { min: sent, max: sent },
    backgroundShare: clopperPearsonUpper(attempts.failed, attempts.count, bandAlpha),
  }
}

/** The median says something from twenty operations on; of fewer the least does, short of what the baseline allows. */
function singleMedianMs({ latencies: { ok } }: ArmMeasurement, baselineP50Ms: number): number | null {
  if (ok.count >= 20) return ok.percentileMs(50)
  const least = ok.percentileMs(0)
  return least === null ? null : Math.min(least, 0.9 * baselineP50Ms)
}

/** What was seen in an arm, for the bands of its faults and policies. */
export function effectFacts(
  arm: ArmMeasurement,
  planned: Arm,
  profile: Pick<Profile, 'load' | 'workload'>,
): EffectFacts {
  const { operations, attempts } = arm.measured
  return {
    p50Ms: arm.latencies.ok.percentileMs(50),
    operations: operations.ok + operations.failed,
    attempts: attempts.count,
    failedOperations: operations.failed,
    degradedOperations: operations.degraded,
    allDegraded: arm.all.operations.degraded,
    cutOff: operations.cutOff,
    attemptErrors: arm.all.attemptErrors,
    errors: arm.all.errors,
    cancelled: arm.all.attempts.cancelled,
    allAttempts: arm.all.attempts.count,
    staleReconnects: arm.all.wire.staleReconnects,
    injectedDelayErrorP50Ms: arm.latencies.injectedDelayError.percentileMs(50),
    policyCounters: arm.policyCounters,
    policyPeaks: arm.policyPeaks,
    failedP50Ms: arm.latencies.failed.percentileMs(50),
    failedP99Ms: arm.latencies.failed.percentileMs(99),
    timedFailures: arm.latencies.failed.count,
    fired: arm.tallies,
    counters: arm.faultCounters,
    rulesTold: planned.rules.map(({ name }) => name).filter((name) => `${planned.policy ?? ''}/${name}` in arm.rules),
    waits: waitsOf(arm, planned, profile),
    load: {
      processes: profile.load.processes,
      inFlight: arm.workers,
      scripted: profile.workload.script !== null,
      slices: arm.slices,
      sliceNs: planned.sliceNs + profile.workload.timeoutNs + planned.drainNs,
      drainNs: planned.drainNs,
    },
    connectMs: arm.latencies.connect.percentileMs(0),
  }
}

/** A client sees a wait to its end up to its own limit; delays are of all slices, latencies of those that serve latency. */
function waitsOf(
  { latencies, workers, slices, all }: ArmMeasurement,
  { discardNs }: Arm,
  { load, workload }: Pick<Profile, 'load' | 'workload'>,
): WaitFacts {
  if (load.latency !== null || workload.timeoutNs <= longWaitMs * nsPerMs) return { held: 0, seen: 0, unseen: 0 }
  // Those that began in the discard, one after the other.
  const perWorker = Math.floor(discardNs / (longWaitMs * nsPerMs)) + 1
  return {
    held: latencies.injectedDelay.countAbove(longWaitMs),
    // A millisecond less than it was: buckets are rounded.
    seen: latencies.ok.countAbove(longWaitMs - 1) + latencies.failed.countAbove(longWaitMs - 1),
    unseen: workers * slices * perWorker + all.operations.cutOff,
  }
}
