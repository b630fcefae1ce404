import type { Result } from '../archive/result.ts'
import { type Archive, createArchive } from '../archive/write.ts'
import { isAbort } from '../kernel/abort.ts'
import { isSoakrigError, messageOf } from '../kernel/errors.ts'
import { worstExitCode } from '../kernel/exit-codes.ts'
import { newRunId } from '../kernel/host.ts'
import { nsPerSecond } from '../kernel/units.ts'
import { type Case, judge, type Verdict } from '../judge/judge.ts'
import type { SteppedPhase } from '../judge/stepped.ts'
import { comparablesOf, type ReferenceFigures } from '../judge/thresholds/against.ts'
import { type ThresholdWatch, watchThresholds } from '../judge/thresholds/watch.ts'
import { type WindowWatch, watchWindows } from '../judge/windows.ts'
import type { WindowMeasurement } from '../measure/measurements.ts'
import type { Arm } from '../plan/arms.ts'
import type { Plan } from '../plan/plan.ts'
import { steppedPolicies } from '../plan/timeline.ts'
import { endLeftovers } from '../run/leftovers.ts'
import { openRunDirectory } from '../run/run-directory.ts'
import { openSession, type Session } from '../run/session.ts'
import { checkAddresses } from './addresses.ts'
import { archivedWindow } from './archived-window.ts'
import { checkEnvironment } from './preflight.ts'
import { keepControls, openGate, type RunGate, tellsOfNoise } from './gate.ts'
import { watchdogLimitNs } from './guards.ts'
import { notMeasuredIn } from './not-measured.ts'
import { archivedLetter } from './dead-letters.ts'
import { hearReadings } from './metrics-alerts.ts'
import type { RunOptions } from './options.ts'
import { inOneLine } from './one-line.ts'
import { measureOverheads, type Overhead } from './overhead.ts'
import { findReference, type Reference, withReference } from './reference.ts'
import { referenceFigures } from './reference-figures.ts'
import { composeResult, environmentOf } from './result.ts'
import { type ScenarioWatch, watchScenario } from './scenario.ts'
import { StageRunner } from './stages.ts'

/** What a run leaves. */
export interface RunOutcome {
  readonly result: Result
  readonly file: string
  /** What kept soakrig from going on, after the result was written. */
  readonly failure: unknown
}

/** What a run has come to when it ends, however it ends. */
interface Ending {
  readonly failure: unknown
  readonly brokeBounds: boolean
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
  const gate = await openGate(plan, env, resultsDir, clock.date())
  const reference = await findReference(options, env)
  const ended = await endLeftovers(resultsDir, clock)
  for (const { role, runId } of ended)
    options.onProgress({ kind: 'note', text: `ended what run ${runId} had left: ${role}` })
  const startedAt = clock.date()
  const startNs = clock.nowNs()
  const id = newRunId()
  const archive = createArchive({ resultsDir, profile: profile.name, mode: profile.mode.name, startedAt, id })
  const directory = await openRunDirectory({ resultsDir, runId: id, clock })
  const windows = watchWindows(
    startNs,
    steppedPhases(plan).map(({ phase }) => phase),
  )
  let session: Session | undefined
  const thresholds = watchThresholds(profile, startNs, () => session?.stop('threshold'))
  const beside = { windows, thresholds, scenario: watchScenario(plan), gate, figures: referenceFigures(reference) }
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
    const { result, file } = await conclude(options, started, session, ending)
    if (metrics) metrics.phase = 'done'
    return { result, file, failure: isAbort(ending.failure, signal) ? null : ending.failure }
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
): Promise<Pick<RunOutcome, 'result' | 'file'>> {
  const { plan, clock, signal, resultsDir } = options
  const { gate } = beside
  const stopped = stoppedBy(session, ending)
  const run = await caseOf(options, session, beside, stopped)
  const verdict = withFailure(judge(run), ending.failure, signal)
  const endedBy = abortedBy(stopped, ending.failure)
  const end = {
    id,
    startedAt,
    finishedAt: clock.date(),
    startNs,
    endNs: clock.nowNs(),
    abortedBy: endedBy,
    notMeasured: notMeasuredIn(plan, run, verdict, endedBy),
    windows: await archive.closeWindows(),
    deadLetters: archive.closeDeadLetters(),
    gate,
    // A run that was told to end ends now.
    overheads: stopped === null ? await measureOverheads(run.arms) : new Map<string, Overhead>(),
  }
  const result = withReference(composeResult(options, end, run.measurements, run.windows, verdict), reference)
  const file = await archive.write(result)
  if (gate && options.sabotage === null && tellsOfNoise(gate, verdict, options.kind === 'calibrate'))
    await keepControls(gate, run.measurements, { id, at: startedAt, resultsDir })
  return { result, file }
}

async function runStages(
  session: Session,
  options: RunOptions,
  { windows, thresholds, figures }: Beside,
  judgeNow: () => Promise<Case>,
): Promise<Ending> {
  const { plan, clock, keepGoing } = options
  const watchdog = clock.after(watchdogLimitNs(plan), () => session.stop('watchdog'))
  try {
    const stages = new StageRunner(session, options)
    await stages.measure(async () => ['pass', 'fail'].includes(judge(await judgeNow()).gate?.verdict ?? ''))
    const before = await judgeNow()
    const bounds = judge(before).arms.flatMap((arm) => arm.bounds)
    const brokeBounds = bounds.some(({ ok, why }) => !ok && why === undefined)
    if (brokeBounds && !keepGoing && plan.stress.length > 0) return { failure: session.failure, brokeBounds: true }
    const measured = before.measurements.arms
    thresholds.holdTo(comparablesOf({ arms: before.arms, measured, windows: () => windows.read(), reference: figures }))
    await stages.stress()
    await options.search?.carryOut(session, options)
    return { failure: session.failure, brokeBounds: false }
  } catch (failure) {
    // What went wrong first is why the rest did.
    return { failure: session.failure ?? (session.killed ? null : failure), brokeBounds: false }
  } finally {
    watchdog.cancel()
  }
}

function stoppedBy(session: Session, { failure, brokeBounds }: Ending): Case['stopped'] {
  if (session.stopped) return session.stopped
  if (failure !== null) return 'error'
  return brokeBounds ? 'bounds' : null
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
  { plan, strict, search }: RunOptions,
  session: Session,
  { windows, thresholds, scenario, gate, figures }: Beside,
  stopped: Case['stopped'],
): Promise<Case> {
  const measurements = await session.measurements()
  const stressed = plan.stress.some(
    ({ arm }) => arm.phaseKind === 'stress' && (measurements.arms.get(arm.id)?.slices ?? 0) > 0,
  )
  return {
    profile: plan.profile,
    arms: [...plannedArms(plan), ...(search?.arms ?? [])],
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

/** A failure of soakrig itself, or of the start of the target, decides like any other reason. */
function withFailure(verdict: Verdict, failure: unknown, signal: AbortSignal): Verdict {
  if (failure === null || isAbort(failure, signal)) return verdict
  const code = isSoakrigError(failure) ? failure.exitCode : 1
  return {
    ...verdict,
    exitCode: worstExitCode([verdict.exitCode, code]),
    verdict: 'fail',
    reasons: [inOneLine(messageOf(failure)), ...verdict.reasons],
  }
}

function abortedBy(stopped: Case['stopped'], failure: unknown): string | null {
  if (stopped !== 'error') return stopped
  return isSoakrigError(failure) ? failure.code : 'bug'
}

function hearWindow(
  window: WindowMeasurement,
  { windows, thresholds, scenario }: Beside,
  archive: Archive,
  { onProgress, metrics, search }: RunOptions,
  startNs: number,
): void {
  windows.add(window)
  thresholds.add(window)
  metrics?.addWindow(window)
  scenario.add(window)
  search?.addWindow(window)
  archive.appendWindow(archivedWindow(window, startNs))
  const seconds = (window.toNs - window.fromNs) / nsPerSecond
  onProgress({
    kind: 'window',
    phase: window.identity.phase,
    okPerSecond: seconds > 0 ? window.ok / seconds : 0,
    failed: window.failed,
    p50Ms: window.p50Ms,
    memoryKb: window.memoryKb,
  })
}
