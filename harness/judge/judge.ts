import { exitCodes, type ExitCode, worstExitCode } from '../kernel/exit-codes.ts'
import { nsPerSecond } from '../kernel/units.ts'
import { type Doubt, doubt } from '../measure/doubts.ts'
import type { Measurements } from '../measure/measurements.ts'
import type { Arm } from '../plan/arms.ts'
import type { Profile } from '../profile/profile.ts'
import { type ArmVerdict, judgeArm } from './arm-verdict.ts'
import { holdCeilings, holdDegradedCeiling } from './ceilings.ts'
import { type ArmComparison, compareArms } from './comparisons.ts'
import { armDoubts, canaryDoubts, latencyDoubts, runDoubts } from './doubts.ts'
import { baselineFacts } from './facts.ts'
import { holdThreshold, type Limit } from './limits.ts'
import { decideGate, type GateCase, gateDoubts, gateReasons } from './gate-answer.ts'
import {
  judgeScenario,
  type ScenarioCase,
  scenarioDoubts,
  scenarioReasons,
  type ScenarioVerdict,
} from './metastable/scenario.ts'
import type { PairedAnswer } from './paired/decide.ts'
import type { SteppedPhase } from './stepped.ts'
import { stepDoubts } from './steps.ts'
import { stressLimits } from './stress.ts'
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
  readonly stopped: 'signal' | 'target' | 'watchdog' | 'failure-budget' | 'bounds' | 'error' | null
  /** Makes an inconclusive run void. */
  readonly strict: boolean
  /** What may fail the run by being worse than something else; absent where nothing may. */
  readonly gate?: GateCase | null
  /** What there is to distrust besides what is found here. */
  readonly doubts?: readonly Doubt[]
}

/** The answer of a run; a function of its case alone. */
export interface Verdict {
  readonly verdict: 'pass' | 'fail' | 'inconclusive' | 'void'
  readonly exitCode: ExitCode
  /** Why it is not a pass, most important first. */
  readonly reasons: readonly string[]
  readonly arms: readonly ArmVerdict[]
  readonly ceilings: readonly Limit[]
  readonly thresholds: readonly Limit[]
  readonly comparisons: readonly ArmComparison[]
  /** Null where the run had no gate. */
  readonly gate: PairedAnswer | null
  readonly doubts: readonly Doubt[]
  /** Null where the profile is no scenario. */
  readonly scenario: ScenarioVerdict | null
}

/** Judges a run: were the effects there (else void), did the target hold its bounds, what is there to distrust. */
export function judge(run: Case): Verdict {
  const { profile, measurements, windows, stressed } = run
  // An arm whose only slice failed has counts of nothing: it was not measured.
  const find = (id: string) => {
    const arm = measurements.arms.get(id)
    return arm && arm.slices > 0 ? arm : undefined
  }
  const facts = baselineFacts(find('baseline/baseline-relay'), find('warmup/baseline-relay'))
  // Where the path is direct no fault has a delay that it is sure of, so that no single worker is needed for its band.
  const direct = baselineFacts(find('baseline/baseline-direct'), find('baseline/baseline-direct'))
  const arms = run.arms.flatMap((arm) => {
    const measurement = find(arm.id)
    const stepped = run.stepped.find(({ phase }) => phase === arm.phase)?.policies ?? []
    return measurement ? [judgeArm(arm, measurement, arm.path === 'relay' ? facts : direct, profile, stepped)] : []
  })
  const clean = arms.filter(
    ({ arm }) =>
      arm.path === 'direct' &&
      arm.kind === 'baseline' &&
      isJudged(arm) &&
      !run.stepped.some(({ phase }) => phase === arm.phase),
  )
  const ceilings = [
    ...holdCeilings(
      profile.ceilings,
      clean.map(({ measurement }) => measurement),
      windows,
      stressed,
    ),
    ...degradedLimits(run, arms),
  ]
  const thresholds = [
    ...clean.flatMap(({ arm, figures }) =>
      profile.thresholds.map((threshold) => holdThreshold('threshold', arm.id, threshold, figures)),
    ),
    ...stressLimits(windows, profile),
  ]
  const scenario = judgeScenario(run.scenario, profile)
  const gate = run.gate ? decideGate(run.gate, measurements.slices) : null
  const doubts = [
    ...canaryDoubts(find('canary/policy-relay')),
    ...armDoubts(arms.filter(({ arm }) => isJudged(arm))),
    ...latencyDoubts([...arms.flatMap(({ bounds }) => bounds), ...thresholds], arms),
    ...stepDoubts(run.stepped, arms, profile.workload.protocol === 'udp'),
    ...(run.stopped === null ? unmeasured(run.arms, arms) : []),
    ...runDoubts(measurements, windows, {
      memoryCeiling: profile.ceilings.rssDeltaKb !== null,
      stressed,
      rounds: run.rounds,
    }),
    // What was ended early had no time to come to anything.
    ...(scenario && run.stopped === null ? scenarioDoubts(scenario) : []),
    ...(gate && run.stopped === null ? gateDoubts(gate, profile.mode.name === 'long') : []),
    ...(run.doubts ?? []),
  ]
  const judged = { arms, ceilings, thresholds, doubts, scenario, gate }
  return { ...answerOf(run, judged), ...judged, comparisons: comparisonsOf(run, arms) }
}

/** A client's policies must do without help where no fault is. */
function degradedLimits({ profile, stepped }: Case, arms: readonly ArmVerdict[]): readonly Limit[] {
  const { degradedRate } = profile.ceilings
  if (degradedRate === undefined) return []
  const without = arms.filter(
    ({ arm }) => isJudged(arm) && arm.rules.length === 0 && !stepped.some(({ phase }) => phase === arm.phase),
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

type Judged = Pick<Verdict, 'arms' | 'ceilings' | 'thresholds' | 'doubts' | 'scenario' | 'gate'>

/** One reason with the exit code that it asks for. */
interface Reason {
  readonly code: ExitCode
  readonly text: string
}

function answerOf(run: Case, judged: Judged): Pick<Verdict, 'verdict' | 'exitCode' | 'reasons'> {
  const reasons = [
    ...endReasons(run),
    ...scriptReasons(run, judged),
    ...limitReasons(judged),
    ...(run.stopped === null ? overloadReasons(judged) : []),
    ...(judged.gate ? gateReasons(judged.gate).map((text) => ({ code: exitCodes.regression, text })) : []),
    ...doubtReasons(run, judged.doubts),
  ]
  const exitCode = worstExitCode(reasons.map(({ code }) => code))
  const order = Object.values(exitCodes)
  const sorted = reasons.toSorted((a, b) => order.indexOf(a.code) - order.indexOf(b.code))
  return { verdict: verdictOf(exitCode, judged.doubts), exitCode, reasons: sorted.map(({ text }) => text) }
}

function endReasons({ stopped, profile, measurements }: Case): Reason[] {
  const exit = measurements.unplannedExit
  const how = exit?.signal ? `by ${exit.signal}` : `with exit code ${exit?.code ?? 'unknown'}`
  const named = exit?.name === undefined ? '' : `${exit.name} `
  const last = exit && exit.tail.length > 0 ? `; its last line: ${exit.tail.at(-1)}` : ''
  return [
    ...(stopped === 'signal'
      ? [{ code: exitCodes.aborted, text: 'ended by a signal; this is what was measured until then' }]
      : []),
    ...(exit ? [{ code: exitCodes.targetDied, text: `the target ${named}ended by itself ${how}${last}` }] : []),
    ...(stopped === 'watchdog' ? [{ code: exitCodes.watchdog, text: watchdogText(profile) }] : []),
    ...(stopped === 'failure-budget' ? [{ code: exitCodes.broken, text: budgetText(profile, measurements) }] : []),
  ]
}

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

function limitReasons({ arms, ceilings, thresholds }: Judged): Reason[] {
  return (
    [...arms.flatMap(({ bounds }) => bounds), ...ceilings, ...thresholds]
      // What could not be measured is a doubt, not a breach.
      .filter(({ ok, actual }) => !ok && actual !== null)
      .map(({ kind, scope, expr, actual }) => ({
        code: exitCodes.broken,
        text: `${kind} of ${scope} broken: ${expr}, found ${actual}`,
      }))
  )
}

function overloadReasons({ scenario }: Judged): Reason[] {
  return scenario ? scenarioReasons(scenario).map((text) => ({ code: exitCodes.broken, text })) : []
}

function doubtReasons({ stopped, strict }: Case, doubts: readonly Doubt[]): Reason[] {
  // A run that was ended early has measured too little to hold its silence against it.
  const early = stopped !== null && stopped !== 'bounds'
  return doubts
    .filter(({ effect }) => (effect === 'void' && !early) || (effect === 'inconclusive' && strict))
    .map(({ kind, detail }) => ({ code: exitCodes.void, text: `${kind}: ${detail}` }))
}

function verdictOf(exitCode: ExitCode, doubts: readonly Doubt[]): Verdict['verdict'] {
  if (exitCode === exitCodes.void) return 'void'
  if (exitCode === exitCodes.aborted) return 'inconclusive'
  if (exitCode !== exitCodes.pass) return 'fail'
  return doubts.some(({ effect }) => effect === 'inconclusive') ? 'inconclusive' : 'pass'
}
