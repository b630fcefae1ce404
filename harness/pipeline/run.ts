import type { Result } from '../archive/result.ts'
import { type Archive, createArchive } from '../archive/write.ts'
import { isAbort } from '../kernel/abort.ts'
import { type ExitCode, worstExitCode } from '../kernel/exit-codes.ts'
import { newRunId } from '../kernel/host.ts'
import { nsPerSecond } from '../kernel/units.ts'
import { type Case, judge, type Verdict } from '../judge/judge.ts'
import type { SteppedPhase } from '../judge/stepped.ts'
import { baselinesOf, comparablesOf, type ReferenceFigures } from '../judge/thresholds/against.ts'
import { type ThresholdWatch, watchThresholds } from '../judge/thresholds/watch.ts'
import { type WindowWatch, watchWindows } from '../judge/windows.ts'
import { measuredNsOf } from '../measure/collection.ts'
import type { WindowMeasurement } from '../measure/measurements.ts'
import type { Arm } from '../plan/arms.ts'
import type { Plan } from '../plan/plan.ts'
import { steppedPolicies } from '../plan/timeline.ts'
import { endLeftovers } from '../run/leftovers.ts'
import { openRunDirectory } from '../run/run-directory.ts'
import { openSession, type Session } from '../run/session.ts'
import { checkAddresses } from './addresses.ts'
import { archivedWindow, judgedWindow } from './archived-window.ts'
import { checkEnvironment } from './preflight.ts'
import { abortedBy, codeOf, type Ending, stoppedBy, withFailure } from './ending.ts'
import { keepControls, openGate, type RunGate } from './gate.ts'
import { watchdogLimitNs } from './guards.ts'
import { notMeasuredIn } from './not-measured.ts'
import { archivedLetter } from './dead-letters.ts'
import { hearReadings } from './metrics-alerts.ts'
import type { RunOptions } from './options.ts'
import { measureOverheads, type Overhead } from './overhead.ts'
import { findReference, heldAgainst, type Reference } from './reference.ts'
import { referenceFigures } from './reference-figures.ts'
import { composeResult, environmentOf } from './result.ts'
import { withReference } from './result-reference.ts'
import { type ScenarioWatch, watchScenario } from './scenario.ts'
import { StageRunner } from './stages.ts'

/** What a run leaves. */
export interface RunOutcome {
  readonly result: Result
  readonly file: string
  /** What kept soakrig from going on, before the result was written or after; null for nothing. */
  readonly failure: unknown
  /** What the command ends with: worse than the result's where something failed after that was written. */
  readonly exitCode: ExitCode
}

/**
 * Carries out a plan: baseline and policies, then stress, judged and archived. Once it has started, its result is
 * written whole before it returns, also after a signal, a dead target or a failure of soakrig itself.
 * Rejects, before it has started, with `host-not-allowed`, `gate-cannot-fail`, `unreadable-calibration` (104), `file-limit`,
 * `results-directory`, `run-directory` (106).
 */
export async function carryOut(options: RunOptions): Promise<RunOutcome> {
  const { plan, clock, signal, resultsDir, metrics } = options
  const { profile } = plan
  await checkAddresses(profile, options.allowedHosts)
  checkEnvironment(plan, resultsDir)
  const env = environmentOf(options)
  const gate = await openGate(plan, env, options, clock.date())
  for (const text of gate?.notes ?? []) options.onProgress({ kind: 'note', text })
  const reference = await findReference(options, env)
  const ended = await endLeftovers(resultsDir, clock)
  for (const { role, runId } of ended)
    options.onProgress({ kind: 'note', text: `ended what run ${runId} had left: ${role}` })
  const startedAt = clock.date()
  const startNs = clock.nowNs()
  const id = newRunId()
  const archive = createArchive({ resultsDir, profile: profile.name, mode: profile.mode.name, startedAt, id })
  const directory = await openRunDirectory({ resultsDir, runId: id, clock })
  const windows = watchWindows(steppedPhases(plan).map(({ phase }) => phase))
  let session: Session | undefined
  const thresholds = watchThresholds(profile, () => session?.stop('threshold'))
  const beside = { windows, thresholds, scenario: watchScenario(plan), gate, figures: referenceFigures(reference, env) }
  const started = { id, startedAt, startNs, archive, beside, reference }
  try {
    session = await openSession({
      plan,
      directory,
      clock,
      signal,
      allowedHosts: options.allowedHosts,
      sabotage: options.sabotage,
      onWindow: (window) => hearWindow(window, beside, archive, options, startNs),
      ...(metrics && { onReading: hearReadings(metrics, options.onProgress) }),
      onDeadLetters: (arm, letters) => {
        for (const letter of letters) archive.appendDeadLetter(archivedLetter(letter, arm.id, clock, profile.secrets))
      },
    })
    const ending = await runStages(session, options, beside, () => caseOf(options, session as Session, beside, null))
    const outcome = await conclude(options, started, session, ending)
    if (metrics) metrics.phase = 'done'
    return outcome
  } finally {
    await session?.[Symbol.asyncDispose]()
    await directory.close({ keep: false })
  }
}

/** A run that has started, and where it leaves what it finds. */
interface StartedRun {
  readonly id: string
  readonly startedAt: Date
  readonly startNs: number
  readonly archive: Archive
  readonly beside: Beside
  readonly reference: Reference
}

/** Judges what was measured and writes it down. */
async function conclude(
  options: RunOptions,
  { id, startedAt, startNs, archive, beside, reference }: StartedRun,
  session: Session,
  ending: Ending,
): Promise<RunOutcome> {
  const { plan, clock, signal } = options
  const { gate } = beside
  const stopped = stoppedBy(session, ending)
  const run = await caseOf(options, session, beside, stopped)
  const judged = judge(run)
  const endedBy = abortedBy(stopped, ending.failure)
  const end = {
    id,
    startedAt,
    finishedAt: clock.date(),
    startNs,
    endNs: clock.nowNs(),
    abortedBy: endedBy,
    notMeasured: notMeasuredIn(plan, run, judged, endedBy),
    windows: await archive.closeWindows(),
    deadLetters: archive.closeDeadLetters(),
    gate,
    // A run that was told to end ends now.
    overheads: stopped === null ? await measureOverheads(run.arms) : new Map<string, Overhead>(),
  }
  const compose = (verdict: Verdict): Result => composeResult(options, end, run.measurements, run.windows, verdict)
  const held = heldAgainst(compose(judged), reference)
  const verdict = withFailure(withReference(judged, held, run), ending.failure, signal)
  const result = { ...compose(verdict), reference: held }
  const file = await archive.write(result)
  const unkept = await keepControls(gate, options, { verdict, measurements: run.measurements, id, at: startedAt })
  const failure = isAbort(ending.failure, signal) ? unkept : (ending.failure ?? unkept)
  const { exitCode } = verdict
  return { result, file, failure, exitCode: unkept === null ? exitCode : worstExitCode([exitCode, codeOf(unkept)]) }
}

async function runStages(
  session: Session,
  options: RunOptions,
  beside: Beside,
  judgeNow: () => Promise<Case>,
): Promise<Ending> {
  const { plan, clock, keepGoing } = options
  const { windows, thresholds, figures } = beside
  const watchdog = clock.after(watchdogLimitNs(plan), () => session.stop('watchdog'))
  try {
    const stages = new StageRunner(session, options, beside.gate?.calibration ?? null)
    await stages.measure(async () => ['pass', 'fail'].includes(judge(await judgeNow()).gate?.verdict ?? ''))
    await options.adjuster?.carryOut(session, options, async () => judge(await judgeNow()).arms)
    const before = await judgeNow()
    const bounds = judge(before).arms.flatMap((arm) => arm.bounds)
    const brokeBounds = bounds.some(({ ok, why }) => !ok && why === undefined)
    if (brokeBounds && !keepGoing && plan.stress.length > 0) return { failure: session.failure, brokeBounds: true }
    const baselines = baselinesOf(before.measurements.arms)
    thresholds.holdTo(
      comparablesOf({ arms: before.arms, baselines, windows: () => windows.read(), reference: figures }),
    )
    await stages.stress(options.adjuster?.plan.stress)
    await options.search?.carryOut(session, options)
    return { failure: session.failure, brokeBounds: false }
  } catch (failure) {
    // What went wrong first is why the rest did.
    return { failure: session.failure ?? (session.killed ? null : failure), brokeBounds: false }
  } finally {
    watchdog.cancel()
  }
}

/** What goes on beside a session: who listens to its windows as they close, and what its gate is held to. */
interface Beside {
  readonly windows: WindowWatch
  readonly thresholds: ThresholdWatch
  readonly scenario: ScenarioWatch
  readonly gate: RunGate | null
  /** What relative thresholds are held against. */
  readonly figures: ReferenceFigures
}

async function caseOf(
  { plan: planned, strict, search, adjuster }: RunOptions,
  session: Session,
  { windows, thresholds, scenario, gate, figures }: Beside,
  stopped: Case['stopped'],
): Promise<Case> {
  const plan = adjuster?.plan ?? planned
  const measurements = await session.measurements()
  const stressed = plan.stress.some(
    ({ arm }) => arm.phaseKind === 'stress' && (measurements.arms.get(arm.id)?.slices ?? 0) > 0,
  )
  return {
    profile: plan.profile,
    arms: [...plannedArms(plan), ...(adjuster?.arms ?? []), ...(search?.arms ?? [])],
    ...(adjuster && { replaced: adjuster.replaced }),
    rounds: plan.profile.mode.rounds,
    measurements,
    windows: windows.read(),
    stepped: steppedPhases(plan),
    stressed,
    scenario: stressed ? scenario.read() : null,
    stopped,
    strict,
    gate,
    findings: thresholds.read(),
    reference: figures,
    ...(search && { doubts: search.read().doubts }),
  }
}

/** The phases of stress in which steps put faults in force, and which. */
function steppedPhases({ stress }: Plan): readonly SteppedPhase[] {
  return stress
    .filter(({ moments }) => moments.length > 0)
    .map(({ arm, moments, durationNs }) => ({ phase: arm.phase, policies: steppedPolicies(moments, durationNs) }))
}

/** Every arm of a plan, once. */
function plannedArms({ lives, canary, warmup, stress }: Plan): readonly Arm[] {
  const all = [
    ...(canary ? [canary.arm] : []),
    ...(warmup ? [warmup.load.arm] : []),
    ...(warmup?.single ? [warmup.single.arm] : []),
    ...lives.flatMap(({ arms }) => arms),
    ...stress.map(({ arm }) => arm),
  ]
  return [...new Map(all.map((arm) => [arm.id, arm])).values()]
}

function hearWindow(
  window: WindowMeasurement,
  { windows, thresholds, scenario }: Beside,
  archive: Archive,
  { onProgress, metrics, search }: RunOptions,
  startNs: number,
): void {
  const line = archivedWindow(window, startNs)
  const judged = judgedWindow(line)
  windows.add(judged)
  thresholds.add(judged)
  metrics?.addWindow(window)
  scenario.add(window)
  search?.addWindow(window)
  archive.appendWindow(line)
  const seconds = measuredNsOf(window) / nsPerSecond
  onProgress({
    kind: 'window',
    phase: window.identity.phase,
    okPerSecond: seconds > 0 ? window.ok / seconds : 0,
    failed: window.failed,
    p50Ms: window.p50Ms,
    memoryKb: window.memoryKb,
  })
}
