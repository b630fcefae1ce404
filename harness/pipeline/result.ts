import { describeEnvironment } from '../archive/environment.ts'
import { noComparison } from '../archive/reference.ts'
import {
  type Result,
  type ResultGenerator,
  type ResultLines,
  type ResultPhase,
  resultSchemaId,
  type ResultSlice,
} from '../archive/result.ts'
import { nsPerMs } from '../kernel/units.ts'
import type { ArmVerdict } from '../judge/arm-verdict.ts'
import { saturatedSlices } from '../judge/doubts.ts'
import type { Verdict } from '../judge/judge.ts'
import type { WindowSummary } from '../judge/windows.ts'
import type { Measurements, OwnProcess, SliceSummary } from '../measure/measurements.ts'
import { expectedMs, type Plan } from '../plan/plan.ts'
import { hidden } from '../profile/env-references.ts'
import type { Profile } from '../profile/profile.ts'
import { contentsOf } from './contents.ts'
import { resultGate, type RunGate } from './gate.ts'
import { guardsOf } from './guards.ts'
import { memoryOf } from './memory.ts'
import { metricsOf } from './metrics.ts'
import type { RunOptions } from './options.ts'
import type { Overhead } from './overhead.ts'
import { armOf } from './result-arm.ts'
import { resultComparisons } from './result-comparisons.ts'
import { scenarioOf } from './scenario.ts'
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
  readonly deadLetters: ResultLines | null
  readonly gate: RunGate | null
  /** What the client of an arm costs. */
  readonly overheads: ReadonlyMap<string, Overhead>
}

/** Puts together the result of a run. */
export function composeResult(
  options: RunOptions,
  end: RunEnd,
  measurements: Measurements,
  windows: WindowSummary,
  verdict: Verdict,
): Result {
  const { plan, version, sabotage, search } = options
  const found = search?.read()
  const { profile } = plan
  return {
    schema: resultSchemaId,
    tool: { name: 'soakrig', version },
    run: runOf(options, end, verdict),
    env: environmentOf(options),
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
    metrics: metricsOf(verdict, windows, steppedArms(plan), found?.source),
    phases: phasesOf(verdict.arms, profile, end),
    slices: measurements.slices.map((slice) => sliceOf(slice, end.startNs)),
    comparisons: resultComparisons(verdict),
    ...(end.gate && verdict.gate && { gate: resultGate(end.gate, verdict.gate) }),
    ceilings: verdict.ceilings,
    thresholds: verdict.thresholds,
    reference: noComparison('not looked for', null),
    doubts: verdict.doubts,
    guards: guardsOf(plan, measurements, end),
    generators: measurements.processes.filter(({ role }) => role === 'worker').map(generatorOf),
    ...windowGroupsOf(windows),
    ...memoryOf(verdict.memory),
    ...scenarioOf(verdict.scenario),
    ...found?.result,
    ...(options.adjuster && { adjusted: options.adjuster.read() }),
    windows: end.windows,
    ...(end.deadLetters && { deadLetters: end.deadLetters }),
    sabotage,
    simulated: false,
  }
}

/** Where a run takes place, and with which profile. */
export function environmentOf({ plan: { profile }, git }: Pick<RunOptions, 'plan' | 'git'>): Result['env'] {
  return describeEnvironment({ git, profile: withContents(profile), mode: profile.mode.name })
}

/** The arms of stress in which steps put faults in force. */
function steppedArms({ stress }: Plan): readonly string[] {
  return stress.filter(({ moments }) => moments.length > 0).map(({ arm }) => arm.id)
}

/** Only what has contents gets the key, so that the fingerprint of any other profile does not depend on it. */
function withContents(profile: Profile): Profile['effective'] {
  const contents = contentsOf(profile)
  const { effective } = profile
  return Object.keys(contents).length === 0 ? effective : { ...effective, contents }
}

function runOf(
  { plan: { profile }, kind, argv, tags, strict }: RunOptions,
  end: RunEnd,
  verdict: Verdict,
): Result['run'] {
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
    ...(strict && { strict }),
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

function phasesOf(arms: readonly ArmVerdict[], profile: Profile, end: RunEnd): ResultPhase[] {
  const phases = new Map<string, ArmVerdict[]>()
  for (const verdict of arms) phases.set(verdict.arm.phase, [...(phases.get(verdict.arm.phase) ?? []), verdict])
  return [...phases].map(([id, ofPhase]) => ({
    id,
    kind: (ofPhase[0] as ArmVerdict).arm.phaseKind,
    policy: (ofPhase[0] as ArmVerdict).arm.policy,
    arms: ofPhase.map((verdict) => armOf(verdict, profile, end)),
  }))
}

function sliceOf(slice: SliceSummary, startNs: number): ResultSlice {
  const { identity } = slice
  return {
    round: slice.round,
    order: slice.order,
    ...(slice.group !== null && { group: slice.group }),
    phase: identity.phase,
    arm: identity.kind,
    policy: identity.policy,
    path: identity.path,
    use: slice.use,
    startMs: (slice.startNs - startNs) / nsPerMs,
    durationMs: slice.durationNs / nsPerMs,
    ok: slice.ok,
    failed: slice.failed,
    slow: slice.slow,
    p50: slice.p50Ms,
    p95: slice.p95Ms,
    p99: slice.p99Ms,
    cpuMs: slice.targetCpuMs,
    ...(slice.rssKb !== null && { rssKb: slice.rssKb }),
    ...(slice.heapKb !== null && { heapKb: slice.heapKb }),
  }
}
