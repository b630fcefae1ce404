import { addControlRun, type CalibrationKey } from '../archive/calibration-file.ts'
import type { ResultCalibration, ResultGate } from '../archive/gate.ts'
import type { ResultComparison, ResultEnvironment } from '../archive/result.ts'
import { controlOf, kinships } from '../judge/calibration/control.ts'
import { type GatePlan, planGate } from '../judge/gate.ts'
import type { GateCase } from '../judge/gate-answer.ts'
import type { Verdict } from '../judge/judge.ts'
import type { PairedComparison } from '../judge/paired/compare-arms.ts'
import { canFail, type PairedAnswer } from '../judge/paired/decide.ts'
import { SoakrigError } from '../kernel/errors.ts'
import type { DoubtKind } from '../measure/doubts.ts'
import type { Measurements } from '../measure/measurements.ts'
import type { Plan } from '../plan/plan.ts'
import { mostRounds } from '../profile/modes.ts'
import { calibrationKey, calibrationOfRuns, readFreshRuns } from './calibration.ts'

/** The gate of a run, with what its rulers rest on. */
export interface RunGate extends GateCase {
  readonly calibration: ResultGate['calibration']
  readonly key: Omit<CalibrationKey, 'of'>
}

/**
 * Opens the gate of a plan with the calibrations that there are; null where it has none. Rejects with `gate-cannot-fail`
 * (104) where none of its comparisons could fail the run, and with `unreadable-calibration` (104).
 */
export async function openGate(
  { profile, gate }: Plan,
  env: Pick<ResultEnvironment, 'hostFingerprint' | 'profileFingerprint'>,
  resultsDir: string,
  now: Date,
): Promise<RunGate | null> {
  if (gate === null) return null
  const plan = planGate(gate)
  refuseBlind(plan)
  const key = calibrationKey(profile, env)
  const calibrationOf = async (of: CalibrationKey['of']): Promise<ResultCalibration | null> =>
    calibrationOfRuns(await readFreshRuns(resultsDir, { ...key, of }, now))
  const calibration = { process: await calibrationOf('process'), build: await calibrationOf('build') }
  return { plan, calibration, key }
}

function refuseBlind({ looks, pairings }: GatePlan): void {
  const tests = pairings.reduce((sum, { gated }) => sum + gated.length, 0)
  if (tests === 0 || canFail(looks, tests)) return
  const [before, last = 0] = [looks.slice(0, -1), looks.at(-1)]
  const more = Array.from({ length: mostRounds - last }, (_, index) => last + index + 1)
  const enough = more.find((rounds) => canFail([...before, rounds], tests)) ?? mostRounds
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

/** Adds what the run's control arms said to what calibrations are made of. */
export async function keepControls(
  { plan, key }: RunGate,
  { slices }: Measurements,
  { id, at, resultsDir }: { readonly id: string; readonly at: Date; readonly resultsDir: string },
): Promise<void> {
  for (const of of kinships) {
    const metrics = controlOf(plan, of, slices)
    const run = { id, at: at.toISOString(), metrics }
    if (Object.keys(metrics).length > 0) await addControlRun(resultsDir, { ...key, of }, run)
  }
}

/** What a result says of its gate. */
export function resultGate({ plan, calibration }: Omit<RunGate, 'key'>, answer: PairedAnswer): ResultGate {
  const { verdict, rounds, catastrophes } = answer
  return { verdict, rounds, ...plan, catastrophes, calibration }
}

/** A comparison of the gate as a result has it. */
export function resultComparison(comparison: PairedComparison): ResultComparison {
  const { estimate, interval, ...others } = comparison
  const [lo, hi] = interval
  return { ...others, logRatio: estimate, interval: lo === null || hi === null ? null : [lo, hi], spread: null }
}
