import { addControlRun, type CalibrationKey, countOtherKeys, readControlRuns } from '../archive/calibration-file.ts'
import type { ResultCalibration, ResultGate } from '../archive/gate.ts'
import { unclearNights } from '../archive/nights.ts'
import type { ResultComparison, ResultEnvironment } from '../archive/result.ts'
import { baselineP99Of, controlOf, kinships } from '../judge/calibration/control.ts'
import { kinshipOf } from '../judge/calibration/ruler.ts'
import { type GatePlan, planGate } from '../judge/gate.ts'
import type { GateCase } from '../judge/gate-answer.ts'
import type { Verdict } from '../judge/judge.ts'
import { nightsBefore, type UnclearNight } from '../judge/nights.ts'
import type { PairedComparison } from '../judge/paired/compare-arms.ts'
import { canFail, type PairedAnswer } from '../judge/paired/decide.ts'
import { leastShareOf } from '../judge/paired/view.ts'
import { SoakrigError } from '../kernel/errors.ts'
import { hasHeap } from '../target/settings.ts'
import type { DoubtKind } from '../measure/doubts.ts'
import type { Measurements } from '../measure/measurements.ts'
import type { Plan } from '../plan/plan.ts'
import { mostRounds } from '../profile/modes.ts'
import { calibrationKey, calibrationOfRuns, readFreshRuns } from './calibration.ts'
import type { RunOptions } from './options.ts'

/** The gate of a run, with what its rulers rest on. */
export interface RunGate extends GateCase {
  readonly calibration: ResultGate['calibration']
  readonly nights: readonly UnclearNight[]
  readonly key: Omit<CalibrationKey, 'of'>
  /** What there is to say of it before the run begins. */
  readonly notes: readonly string[]
}

/**
 * Opens the gate of a plan with the calibrations that there are; null where it has none. Rejects with `gate-cannot-fail`
 * and `unreadable-calibration` (104).
 */
export async function openGate(
  planned: Plan,
  { hostFingerprint }: Pick<ResultEnvironment, 'hostFingerprint'>,
  { resultsDir, kind }: Pick<RunOptions, 'resultsDir' | 'kind'>,
  now: Date,
): Promise<RunGate | null> {
  const { profile } = planned
  const plan = gatePlanOf(planned)
  if (plan === null) return null
  const key = calibrationKey(profile, hostFingerprint)
  const calibrationOf = async (of: CalibrationKey['of']): Promise<ResultCalibration | null> =>
    calibrationOfRuns(await readFreshRuns(resultsDir, { ...key, of }, now), of).calibration
  const calibration = { process: await calibrationOf('process'), build: await calibrationOf('build') }
  const wish = { resultsDir, profile: profile.name, mode: profile.mode.name, kind, most: nightsBefore }
  return {
    plan,
    calibration,
    nights: profile.mode.name === 'long' ? await unclearNights(wish, now) : [],
    key,
    notes: await otherCalibrations(plan, resultsDir, key),
  }
}

/** That there are calibrations, and none of them for what is measured here. */
async function otherCalibrations(
  plan: GatePlan,
  resultsDir: string,
  key: Omit<CalibrationKey, 'of'>,
): Promise<readonly string[]> {
  const used = kinships.filter((of) => plan.controls.some((control) => kinshipOf(control) === of))
  const counts = used.map(async (of) =>
    (await readControlRuns(resultsDir, { ...key, of })).length > 0 ? 0 : countOtherKeys(resultsDir, { ...key, of }),
  )
  const others = Math.max(0, ...(await Promise.all(counts)))
  if (others === 0) return []
  const what = `${key.mode} of ${key.profile}`
  return [`the calibrations that there are of ${what} are of other settings, another host or an older version`]
}

/**
 * What the gate of a run compares; null where it has none. Throws `gate-cannot-fail` (104) where none of its comparisons could
 * fail the run, however large a difference is.
 */
export function gatePlanOf({ profile, gate }: Plan): GatePlan | null {
  if (gate === null) return null
  const plan = planGate(gate, profile.policies, hasHeap(profile.target) && hasHeap(profile.base ?? profile.target))
  refuseBlind(plan)
  return plan
}

function refuseBlind({ looks, pairings }: GatePlan): void {
  const tests = pairings.reduce((sum, { gated }) => sum + gated.length, 0)
  const share = leastShareOf(pairings.flatMap(({ gated }) => gated))
  if (tests === 0 || canFail(looks, tests, share)) return
  const [before, last = 0] = [looks.slice(0, -1), looks.at(-1)]
  const more = Array.from({ length: mostRounds - last }, (_, index) => last + index + 1)
  const enough = more.find((rounds) => canFail([...before, rounds], tests, share)) ?? mostRounds
  throw new SoakrigError(`the gate cannot fail: ${looks.join(', ')} rounds for ${tests} comparisons`, {
    code: 'gate-cannot-fail',
    exit: 'usage',
    hint: `However large a difference is, chance explains it: take ${enough} rounds or more in "gate", or "gate": false.`,
  })
}

/** Doubts under which the control arms of a run tell of something else than the usual noise of the machine. */
const spoilt: readonly DoubtKind[] = ['no-operations', 'counts-differ', 'machine-exhausted']

/**
 * Whether a run tells of the noise of the machine: one whose gate came to its end, whatever its answer is, since to leave out
 * those of much noise would make the machine look quiet. One that was ended before has fewer rounds than others, which would
 * make it look noisy. A run whose baseline differs from itself was disturbed; only where that is what is measured, in a
 * calibration, it counts, or a machine on which second processes are always slower could never be calibrated.
 */
export function tellsOfNoise(
  { plan }: Pick<GateCase, 'plan'>,
  { gate, doubts }: Pick<Verdict, 'gate' | 'doubts'>,
  calibrating: boolean,
): boolean {
  if (gate === null) return false
  const complete = gate.verdict === 'pass' || gate.verdict === 'fail' || gate.rounds === plan.looks.at(-1)
  const refused = calibrating ? spoilt : [...spoilt, 'baseline-differs']
  return complete && ![...doubts, ...gate.doubts].some(({ kind }) => refused.includes(kind))
}

/** A run that is over, as far as its control arms are kept. */
interface ToldRun {
  readonly id: string
  readonly at: Date
  readonly verdict: Pick<Verdict, 'gate' | 'doubts'>
  readonly measurements: Pick<Measurements, 'slices'>
}

/**
 * Adds what the run's control arms said to what calibrations are made of, where they tell of the noise. The result is
 * archived by then and stays: what kept them from being written is returned, and null where nothing did.
 */
export async function keepControls(
  gate: RunGate | null,
  { resultsDir, kind, sabotage, version }: Pick<RunOptions, 'resultsDir' | 'kind' | 'sabotage' | 'version'>,
  { verdict, measurements, id, at }: ToldRun,
): Promise<unknown> {
  if (gate === null || sabotage !== null || !tellsOfNoise(gate, verdict, kind === 'calibrate')) return null
  try {
    await addControls(gate, measurements, { id, at, resultsDir, version })
    return null
  } catch (error) {
    return error
  }
}

async function addControls(
  { plan, key }: RunGate,
  { slices }: Pick<Measurements, 'slices'>,
  { id, at, resultsDir, version }: Pick<ToldRun, 'id' | 'at'> & Pick<RunOptions, 'resultsDir' | 'version'>,
): Promise<void> {
  for (const of of kinships) {
    const metrics = controlOf(plan, of, slices)
    const run = { id, at: at.toISOString(), ...baselineP99Of(plan, of, slices), metrics }
    if (Object.keys(metrics).length > 0) await addControlRun(resultsDir, { ...key, of }, run, version)
  }
}

/** What a result says of its gate. */
export function resultGate(
  { plan, calibration, nights = [] }: Pick<GateCase, 'plan' | 'nights'> & Pick<RunGate, 'calibration'>,
  answer: PairedAnswer,
): ResultGate {
  const { verdict, rounds, catastrophes } = answer
  return { verdict, rounds, ...plan, catastrophes, calibration, ...(nights.length > 0 && { unclearNights: nights }) }
}

/** A comparison of the gate as a result has it. */
export function resultComparison(comparison: PairedComparison): ResultComparison {
  const { estimate, interval, ...others } = comparison
  const [lo, hi] = interval
  return { ...others, logRatio: estimate, interval: lo === null || hi === null ? null : [lo, hi], spread: null }
}
