import { describeEnvironment } from '../archive/environment.ts'
import {
  type Result,
  type ResultArm,
  type ResultGenerator,
  type ResultPhase,
  resultSchemaId,
  type ResultSlice,
} from '../archive/result.ts'
import { nsPerMs } from '../kernel/units.ts'
import type { ArmVerdict } from '../judge/arm-verdict.ts'
import { saturatedSlices } from '../judge/doubts.ts'
import type { Verdict } from '../judge/judge.ts'
import type { WindowSummary } from '../judge/windows.ts'
import { createHistogram, type LatencyHistogram, type LatencySummary } from '../measure/histogram.ts'
import type { Measurements, OwnProcess, SliceSummary } from '../measure/measurements.ts'
import { expectedMs, type Plan } from '../plan/plan.ts'
import { hidden } from '../profile/env-references.ts'
import type { Profile } from '../profile/profile.ts'
import { contentsOf } from './contents.ts'
import { metricsOf } from './metrics.ts'
import type { RunOptions } from './options.ts'
import { undecided } from './reference.ts'
import { windowGroupsOf } from './window-groups.ts'

/** How a run went, beside what it measured. */
export interface RunEnd {
  readonly id: string
  readonly startedAt: Date
  readonly finishedAt: Date
  readonly startNs: number
  readonly endNs: number
  /** What ended it early, or null. */
  readonly abortedBy: string | null
  readonly notMeasured: readonly { readonly what: string; readonly why: string }[]
  readonly windows: Result['windows']
}

/** Puts together the result of a run. */
export function composeResult(
  options: RunOptions,
  end: RunEnd,
  measurements: Measurements,
  windows: WindowSummary,
  verdict: Verdict,
): Result {
  const { plan, version, git, sabotage } = options
  const { profile } = plan
  return {
    schema: resultSchemaId,
    tool: { name: 'soakrig', version },
    run: runOf(options, end, verdict),
    env: describeEnvironment({ git, profile: withContents(profile), mode: profile.mode.name }),
    config: { profile: profile.effective, provenance: profile.provenance, warnings: profile.warnings },
    plan: {
      rounds: profile.mode.rounds,
      slices: plan.slicesPerArm,
      sliceMs: profile.mode.sliceNs / nsPerMs,
      order: plan.lives.map(({ slices }) => slices.map(({ arm }) => arm.id)),
      expectedMs: expectedMs(plan),
      notMeasured: end.notMeasured,
    },
    target: targetOf(measurements, profile),
    metrics: metricsOf(verdict, windows, steppedArms(plan)),
    phases: phasesOf(verdict.arms, profile),
    slices: measurements.slices.map((slice) => sliceOf(slice, end.startNs)),
    comparisons: verdict.comparisons.map((comparison) => ({ ...comparison, ...undecided })),
    ceilings: verdict.ceilings,
    thresholds: verdict.thresholds,
    reference: { id: null, file: null, sha256: null, whyNone: 'not looked for' },
    doubts: verdict.doubts,
    generators: measurements.processes.filter(({ role }) => role === 'worker').map(generatorOf),
    ...windowGroupsOf(windows),
    windows: end.windows,
    sabotage,
    simulated: false,
  }
}

/** The arms of stress in which steps put faults in force. */
function steppedArms({ stress }: Plan): readonly string[] {
  return stress.filter(({ moments }) => moments.length > 0).map(({ arm }) => arm.id)
}

/** Only what has contents gets the key, so that the fingerprint of any other profile does not depend on it. */
function withContents({ effective, workload }: Profile): Profile['effective'] {
  const contents = contentsOf(workload)
  return Object.keys(contents).length === 0 ? effective : { ...effective, contents }
}

function runOf({ plan: { profile }, kind, argv, tags }: RunOptions, end: RunEnd, verdict: Verdict): Result['run'] {
  return {
    id: end.id,
    mode: profile.mode.name,
    profile: profile.name,
    kind,
    seed: profile.seed,
    argv,
    tags,
    startedAt: end.startedAt.toISOString(),
    finishedAt: end.finishedAt.toISOString(),
    durationMs: Math.round((end.endNs - end.startNs) / nsPerMs),
    status: end.abortedBy === null ? 'completed' : 'aborted',
    abortedBy: end.abortedBy,
    exitCode: verdict.exitCode,
    verdict: verdict.verdict,
    reasons: verdict.reasons.map((reason) => hidden(reason, profile.secrets)),
  }
}

function generatorOf({ cpuPercent, rssKb, eventLoopDelayP99Ms, saturatedShare, dropped }: OwnProcess): ResultGenerator {
  return { cpuPercent, rssKb, eventLoopDelayP99Ms, dropped, saturated: saturatedShare > saturatedSlices }
}

function targetOf({ target, lives, kills, unplannedExit }: Measurements, { secrets }: Profile): Result['target'] {
  return {
    command: target.command.map((word) => hidden(word, secrets)),
    url: target.url,
    pid: target.pid,
    startTime: target.startTicks,
    restarts: { planned: Math.max(0, lives - 1) + kills, unplanned: unplannedExit ? 1 : 0 },
    exit: unplannedExit && {
      ...unplannedExit,
      tail: unplannedExit.tail.map((line) => hidden(line, secrets)),
    },
  }
}

function phasesOf(arms: readonly ArmVerdict[], profile: Profile): ResultPhase[] {
  const phases = new Map<string, ArmVerdict[]>()
  for (const verdict of arms) phases.set(verdict.arm.phase, [...(phases.get(verdict.arm.phase) ?? []), verdict])
  return [...phases].map(([id, ofPhase]) => ({
    id,
    kind: (ofPhase[0] as ArmVerdict).arm.phaseKind,
    policy: (ofPhase[0] as ArmVerdict).arm.policy,
    arms: ofPhase.map((verdict) => armOf(verdict, profile)),
  }))
}

function armOf(
  { arm, measurement, figures, effects, bounds, reconciliation }: ArmVerdict,
  { secrets }: Profile,
): ResultArm {
  const { all, measured, latencies, tallies, server } = measurement
  const { ok, failed, attempt, queue, connect, firstByte, askedDelay, injectedDelay, injectedDelayError } = latencies
  const scheduled = latencies.corrected.count > 0
  // Where no policy stands between them, an attempt is an operation.
  const attemptLatencyMs = arm.client.length > 0 ? attempt.summary() : merged([ok, failed])
  const delayed = injectedDelay.count > 0
  return {
    arm: arm.kind,
    path: arm.path,
    workers: measurement.workers,
    measuredMs: measurement.measuredNs / nsPerMs,
    schedule: measurement.schedule,
    iterations: measured.iterations,
    operations: { ...measured.operations, perSecond: figures.okPerSecond },
    attempts: measured.attempts,
    all: { iterations: all.iterations, operations: all.operations, attempts: all.attempts },
    errors: all.errors,
    attemptErrors: all.attemptErrors,
    errorTexts: withoutSecrets(measurement.errorTexts, secrets),
    latencyMs: figures.latencyMs,
    correctedLatencyMs: scheduled ? latencies.corrected.summary() : null,
    sendLatenessMs: scheduled ? latencies.sendLateness.summary() : null,
    okLatencyMs: ok.summary(),
    attemptLatencyMs,
    queueMs: queue.summary(),
    connectMs: connect.summary(),
    firstByteMs: firstByte.summary(),
    histogram: figures.histogram,
    requests: requestsOf(measurement),
    wire: all.wire,
    protocolCounters: measurement.protocolCounters,
    resources: {
      target: {
        cpuMs: measurement.targetCpuMs,
        memoryKb: measurement.memoryKb,
        fds: measurement.fds,
        threads: measurement.threads,
      },
      generators: { cpuMs: measurement.generatorCpuMs },
      relay: { cpuMs: measurement.relayCpuMs },
    },
    fired: tallies,
    rules: measurement.rules,
    faultCounters: measurement.faultCounters,
    askedDelayMs: delayed ? askedDelay.summary() : null,
    injectedDelayMs: delayed ? injectedDelay.summary() : null,
    injectedDelayErrorMs: delayed ? injectedDelayError.summary() : null,
    server: { requests: server && 'requests' in server ? server.requests : null },
    reconciliation,
    effects,
    bounds,
    policyCounters: measurement.policyCounters,
    overheadNsPerOperation: null,
  }
}

/** Texts of errors hold what was expected, and so what was taken from the environment. */
function withoutSecrets(texts: Readonly<Record<string, number>>, secrets: Profile['secrets']): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const [text, count] of Object.entries(texts)) {
    const shown = hidden(text, secrets)
    counts[shown] = (counts[shown] ?? 0) + count
  }
  return counts
}

function requestsOf({ measured, latencies, requestLatencies }: ArmVerdict['measurement']): ResultArm['requests'] {
  const names = Object.keys(measured.requests)
  return names.map((name) => {
    const { ok, failed } = measured.requests[name] ?? { ok: 0, failed: 0 }
    // Of a single request the arm's own figures are its figures.
    const own = requestLatencies.get(name)
    const latencyMs = names.length > 1 && own ? own.summary() : merged([latencies.ok, latencies.failed])
    return { name, ok, failed, latencyMs }
  })
}

function merged(histograms: readonly LatencyHistogram[]): LatencySummary {
  const sum = createHistogram()
  for (const histogram of histograms) sum.add(histogram)
  const summary = sum.summary()
  sum.destroy()
  return summary
}

function sliceOf(slice: SliceSummary, startNs: number): ResultSlice {
  const { identity } = slice
  return {
    round: slice.round,
    order: slice.order,
    phase: identity.phase,
    arm: identity.kind,
    policy: identity.policy,
    path: identity.path,
    use: slice.use,
    startMs: (slice.startNs - startNs) / nsPerMs,
    durationMs: slice.durationNs / nsPerMs,
    ok: slice.ok,
    failed: slice.failed,
    slow: null,
    p50: slice.p50Ms,
    p95: slice.p95Ms,
    p99: slice.p99Ms,
    cpuMs: slice.targetCpuMs,
  }
}
