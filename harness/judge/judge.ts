import { exitCodes } from '../kernel/exit-codes.ts'
import { nsPerSecond } from '../kernel/units.ts'
import { type Doubt, doubt } from '../measure/doubts.ts'
import type { ArmMeasurement, Measurements } from '../measure/measurements.ts'
import type { Arm } from '../plan/arms.ts'
import type { Profile } from '../profile/profile.ts'
import { type Answer, answerOf, exitReasons, limitReasons, type Reason, signalReason } from './answer.ts'
import { type ArmVerdict, judgeArm } from './arm-verdict.ts'
import { driftDoubts } from './calibration/drift.ts'
import { holdCeilings, holdDegradedCeiling, unclearDoubts } from './ceilings.ts'
import { type ArmComparison, compareArms } from './comparisons.ts'
import { armDoubts, canaryDoubts, latencyDoubts, runDoubts, yardstickDoubts } from './doubts.ts'
import { baselineFacts } from './facts.ts'
import type { Limit } from './limits.ts'
import { decideGate, type GateCase, gateDoubts, gateReasons } from './gate-answer.ts'
import {
  judgeScenario,
  type ScenarioCase,
  scenarioDoubts,
  scenarioReasons,
  type ScenarioVerdict,
} from './metastable/scenario.ts'
import { judgeMemory, memoryDoubts, memoryReasons, type MemoryVerdict } from './memory/live.ts'
import type { PairedAnswer } from './paired/decide.ts'
import type { SteppedPhase } from './stepped.ts'
import { stepDoubts } from './steps.ts'
import {
  baselinesOf,
  type Comparables,
  comparablesOf,
  noReference,
  type ReferenceFigures,
} from './thresholds/against.ts'
import { holdThresholds, unjudgedDoubts } from './thresholds/hold.ts'
import { noFindings, type ThresholdFindings } from './thresholds/watch.ts'
import type { WindowSummary } from './windows.ts'

/** What is judged: what was planned, what was measured, and how the run ended. */
export interface Case {
  readonly profile: Profile
  /** Every arm that was planned, canary and warm-up included. */
  readonly arms: readonly Arm[]
  readonly rounds: number
  readonly measurements: Measurements
  readonly windows: WindowSummary
  /** Phases of stress that were under steps: their clean windows are judged, not the whole. */
  readonly stepped: readonly SteppedPhase[]
  /** Whether the stress stage was carried out. */
  readonly stressed: boolean
  /** The overload that the profile is about; null where there is none, or it was not carried out. */
  readonly scenario: ScenarioCase | null
  /** Why the run ended early, if it did. */
  readonly stopped: 'signal' | 'target' | 'watchdog' | 'failure-budget' | 'threshold' | 'bounds' | 'error' | null
  /** Arms whose policies were made weaker since: their bounds are held by those that took their place. */
  readonly replaced?: ReadonlySet<string>
  /** Makes an inconclusive run void. */
  readonly strict: boolean
  /** What windows say of thresholds; absent where nobody followed them. */
  readonly findings?: ThresholdFindings
  /** The archived result that relative thresholds are held against; absent where none was looked for. */
  readonly reference?: ReferenceFigures
  /** What may fail the run by being worse than something else; absent where nothing may. */
  readonly gate?: GateCase | null
  /** What there is to distrust besides what is found here. */
  readonly doubts?: readonly Doubt[]
}

/** The answer of a run; a function of its case alone. */
export interface Verdict extends Answer {
  /** What it fails by, with the exit codes; doubts not among them. */
  readonly found: readonly Reason[]
  readonly arms: readonly ArmVerdict[]
  readonly ceilings: readonly Limit[]
  readonly thresholds: readonly Limit[]
  readonly comparisons: readonly ArmComparison[]
  /** Null where the run had no gate. */
  readonly gate: PairedAnswer | null
  readonly doubts: readonly Doubt[]
  /** Null where the profile is no scenario. */
  readonly scenario: ScenarioVerdict | null
  /** Whether the target leaks; null without the sustained load of a long run. */
  readonly memory: MemoryVerdict | null
}

/** Judges a run: were the effects there (else void), did the target hold its bounds, what is there to distrust. */
export function judge(run: Case): Verdict {
  const { profile, measurements, windows, stressed } = run
  // An arm whose only slice failed has counts of nothing: it was not measured.
  const find: FindArm = (id) => {
    const arm = measurements.arms.get(id)
    return arm && arm.slices > 0 ? arm : undefined
  }
  const comparables = comparablesOf({
    arms: run.arms,
    baselines: baselinesOf(measurements.arms),
    windows: () => windows,
    reference: run.reference ?? noReference,
  })
  const arms = judgeArms(run, find, comparables)
  const clean = arms.filter(
    ({ arm }) =>
      arm.path === 'direct' &&
      arm.kind === 'baseline' &&
      isJudged(arm) &&
      !run.stepped.some(({ phase }) => phase === arm.phase),
  )
  const ceilings = [
    ...holdCeilings(profile.ceilings, {
      arms: clean.map(({ measurement }) => measurement),
      slices: measurements.slices,
      windows,
      stressed,
    }),
    ...degradedLimits(run, arms),
  ]
  const held = holdThresholds({ profile, clean, windows, findings: run.findings ?? noFindings, comparables })
  const thresholds = held.limits
  const scenario = judgeScenario(run.scenario, profile)
  const gate = run.gate ? decideGate(run.gate, measurements.slices) : null
  const memory = memoryOf(run)
  const doubts = [
    ...canaryDoubts(find('canary/policy-relay')),
    ...armDoubts(arms.filter(({ arm }) => isJudged(arm) && arm.kind !== 'yardstick')),
    ...yardstickDoubts(arms.filter(({ arm }) => isJudged(arm) && arm.kind === 'yardstick')),
    ...unjudgedDoubts(arms.flatMap(({ bounds }) => bounds)),
    ...unclearDoubts(ceilings),
    // A run that was ended early could not judge what it had not come to.
    ...(run.stopped === null ? held.doubts : []),
    ...latencyDoubts([...arms.flatMap(({ bounds }) => bounds), ...thresholds], arms),
    ...stepDoubts(run.stepped, arms, profile.workload.protocol === 'udp'),
    ...(run.stopped === null ? unmeasured(run.arms, arms) : []),
    ...runDoubts(measurements, windows, {
      memoryCeiling: profile.ceilings.rssDeltaKb !== null || profile.thresholds.some(({ metric }) => metric === 'rss'),
      stressed,
      // Of the comparisons of a gate there are as many as it took.
      rounds: Math.max(run.rounds, gate?.rounds ?? 0),
    }),
    ...answerDoubts(run, { scenario, memory, gate }),
    ...(run.doubts ?? []),
  ]
  const judged = { arms, ceilings, thresholds, doubts, scenario, memory, gate }
  return { ...judgedAnswer(run, judged), ...judged, comparisons: comparisonsOf(run, arms) }
}

type FindArm = (id: string) => ArmMeasurement | undefined

function judgeArms(run: Case, find: FindArm, comparables: Comparables): readonly ArmVerdict[] {
  const facts = baselineFacts(find('baseline/baseline-relay'), find('warmup/baseline-relay'))
  // Where the path is direct no fault has a delay that it is sure of, so that no single worker is needed for its band.
  const direct = baselineFacts(find('baseline/baseline-direct'), find('baseline/baseline-direct'))
  return run.arms.flatMap((arm) => {
    const measurement = find(arm.id)
    const stepped = run.stepped.find(({ phase }) => phase === arm.phase)?.policies ?? []
    const baseline = arm.path === 'relay' ? facts : direct
    if (!measurement) return []
    const verdict = judgeArm(arm, measurement, baseline, run.profile, stepped, comparables.ofArm(arm))
    return [run.replaced?.has(arm.id) ? { ...verdict, bounds: [] } : verdict]
  })
}

/** What was ended early had no time to come to anything. */
function answerDoubts(run: Case, { scenario, memory, gate }: Pick<Judged, 'scenario' | 'memory' | 'gate'>): Doubt[] {
  if (run.stopped !== null) return []
  return [
    ...(scenario ? scenarioDoubts(scenario) : []),
    ...(memory ? memoryDoubts(memory) : []),
    ...(run.gate && gate ? gateDoubts(run.gate, gate, run.profile.mode.name === 'long') : []),
    ...(run.gate ? driftDoubts(run.gate, run.measurements.slices) : []),
  ]
}

/** A smoke run is too short to tell, whatever it finds. */
function memoryOf({ profile, windows, measurements, stressed }: Case): MemoryVerdict | null {
  if (!stressed || profile.mode.name !== 'long') return null
  const memoryCeiling = profile.ceilings.rssDeltaKb !== null
  const { target, scenario } = profile
  const heap = { asked: target.kind === 'command' && target.heap, missing: measurements.target.heapMissing }
  return judgeMemory(windows.lows, { calibration: null, memoryCeiling, heap, overloaded: scenario !== null })
}

/** A client's policies must do without help where no fault is. */
function degradedLimits({ profile, stepped }: Case, arms: readonly ArmVerdict[]): readonly Limit[] {
  const { degradedRate } = profile.ceilings
  if (degradedRate === undefined) return []
  const without = arms.filter(
    ({ arm }) =>
      isJudged(arm) &&
      arm.kind !== 'yardstick' &&
      arm.rules.length === 0 &&
      !stepped.some(({ phase }) => phase === arm.phase),
  )
  return holdDegradedCeiling(
    degradedRate,
    without.map(({ measurement }) => measurement),
  )
}

function isJudged({ phaseKind }: Arm): boolean {
  // Capacity is searched for with load that is meant to be too much.
  return phaseKind !== 'canary' && phaseKind !== 'warmup' && phaseKind !== 'capacity'
}

/** In a run that came to its end, an arm that was planned and has no figures passes nothing. */
function unmeasured(planned: readonly Arm[], measured: readonly ArmVerdict[]): Doubt[] {
  return planned
    .filter((arm) => !measured.some((verdict) => verdict.arm.id === arm.id))
    .map(({ id }) => doubt('no-operations', `${id} was planned and not measured`, ['everything']))
}

/** Each policy arm against the baseline of its path; of a policy under a fault, also against the fault alone. */
function comparisonsOf({ measurements, rounds }: Case, arms: readonly ArmVerdict[]): ArmComparison[] {
  return arms
    .filter(({ arm }) => arm.phaseKind === 'policy' || arm.kind === 'control')
    .flatMap(({ arm, measurement }) => {
      const baseline = measurements.arms.get(`baseline/baseline-${arm.path}`)
      const fault = arm.kind === 'policy' ? measurements.arms.get(`${arm.phase}/fault-${arm.path}`) : undefined
      return [baseline, fault]
        .filter((against) => against !== undefined)
        .flatMap((against) => compareArms(measurement, against, measurements.slices, rounds))
    })
}

type Judged = Pick<Verdict, 'arms' | 'ceilings' | 'thresholds' | 'doubts' | 'scenario' | 'memory' | 'gate'>

function judgedAnswer(run: Case, judged: Judged): Answer & Pick<Verdict, 'found'> {
  const limits = [...judged.arms.flatMap(({ bounds }) => bounds), ...judged.ceilings, ...judged.thresholds]
  const reasons = [
    ...endReasons(run),
    ...scriptReasons(run, judged),
    ...limitReasons(limits),
    ...(run.stopped === null ? overloadReasons(judged) : []),
    ...(judged.memory ? memoryReasons(judged.memory) : []),
    ...(judged.gate ? gateReasons(judged.gate).map((text) => ({ code: exitCodes.regression, text })) : []),
  ]
  return { ...answerOf(run, reasons, judged.doubts), found: reasons }
}

function endReasons({ stopped, profile, measurements }: Case): Reason[] {
  return [
    ...(stopped === 'signal' ? [signalReason] : []),
    ...exitReasons(measurements.unplannedExit),
    ...(stopped === 'watchdog' ? [{ code: exitCodes.watchdog, text: watchdogText(profile) }] : []),
    ...(stopped === 'failure-budget' ? [{ code: exitCodes.broken, text: budgetText(profile, measurements) }] : []),
    ...(stopped === 'threshold' ? [{ code: exitCodes.broken, text: thresholdText }] : []),
  ]
}

const thresholdText = 'a threshold that says so (abortOnFail) ended the run; this is what was measured until then'

function watchdogText({ guards: { watchdogNs } }: Profile): string {
  return watchdogNs === null
    ? 'the run took far longer than planned'
    : `the run took longer than its watchdog allows: ${watchdogNs / nsPerSecond} s`
}

function budgetText({ guards }: Profile, { failureBudget }: Measurements): string {
  const { threshold, windowNs, of } = guards.failureBudget ?? { threshold: 0, windowNs: 0, of: 'operations' }
  const { rate, samples } = failureBudget?.breach ?? { rate: 0, samples: 0 }
  const share = (value: number): string => `${Number((100 * value).toPrecision(3))} %`
  const seconds = windowNs / nsPerSecond
  return `failure budget spent: ${share(rate)} of ${samples} ${of} failed within ${seconds} s, allowed: ${share(threshold)}`
}

/** A user's script, or policy, that throws is broken, whatever share of the operations that is. */
function scriptReasons({ profile: { workload } }: Case, { arms }: Judged): Reason[] {
  const thrown = arms.reduce((sum, { measurement }) => sum + (measurement.all.errors['script'] ?? 0), 0)
  if (thrown === 0) return []
  const texts = arms.flatMap(({ measurement }) => Object.keys(measurement.errorTexts))
  const said = texts.find((text) => text.startsWith('script: '))?.slice('script: '.length)
  const ofPolicy = arms
    .flatMap(({ measurement }) => measurement.policyEvents.kept)
    .find(({ policy, event }) => policy === 'use' && event === 'failed')
  const text =
    workload.script === null || (said === undefined && ofPolicy)
      ? `a policy of your own threw in ${thrown} operations: ${ofPolicy?.reason ?? 'it did not say why'}`
      : `the script threw in ${thrown} iterations: ${said ?? 'it did not say why'}`
  return [{ code: exitCodes.userScript, text }]
}

function overloadReasons({ scenario }: Judged): Reason[] {
  return scenario ? scenarioReasons(scenario).map((text) => ({ code: exitCodes.broken, text })) : []
}
