import { addControlRun, type CalibrationKey, contentHash, readControlRuns } from '../archive/calibration-file.ts'
import type { ResultCalibration, ResultGate } from '../archive/gate.ts'
import type { ResultComparison, ResultEnvironment } from '../archive/result.ts'
import { calibrate, type ControlRun, noiseOf } from '../judge/calibration/calibration.ts'
import { type GatePlan, planGate } from '../judge/gate.ts'
import { controlDifferences, type GateCase } from '../judge/gate-answer.ts'
import type { PairedComparison } from '../judge/paired/compare-arms.ts'
import { canFail, type PairedAnswer } from '../judge/paired/decide.ts'
import { type Ruler, rulerOf } from '../judge/paired/ruler.ts'
import type { Pairing } from '../judge/paired/slice.ts'
import { SoakrigError } from '../kernel/errors.ts'
import { nsPerSecond } from '../kernel/units.ts'
import type { Measurements } from '../measure/measurements.ts'
import type { Plan } from '../plan/plan.ts'

/** The gate of a run, with what its rulers rest on. */
export interface RunGate extends GateCase {
  readonly calibration: ResultGate['calibration']
  readonly key: Omit<CalibrationKey, 'of'>
}

/** A control arm older than this says nothing of the machine any more. */
const expiryNs = 30 * 24 * 3600 * nsPerSecond

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
  const { hostFingerprint, profileFingerprint } = env
  const key = { profile: profile.name, mode: profile.mode.name, hostFingerprint, profileFingerprint }
  const calibrationOf = async (of: CalibrationKey['of']): Promise<ResultCalibration | null> =>
    calibrated(await readControlRuns(resultsDir, { ...key, of }), now)
  const calibration = { process: await calibrationOf('process'), build: await calibrationOf('build') }
  return { plan, ruler: rulerFor(calibration), calibration, key }
}

function refuseBlind({ looks, pairings }: GatePlan): void {
  const tests = pairings.reduce((sum, { gated }) => sum + gated.length, 0)
  if (tests === 0 || canFail(looks, tests)) return
  const enough = Array.from({ length: 60 }, (_, rounds) => rounds + 1).find((rounds) => canFail([rounds], tests))
  throw new SoakrigError(`the gate cannot fail: ${looks.join(', ')} rounds for ${tests} comparisons`, {
    code: 'gate-cannot-fail',
    exit: 'usage',
    hint: `However large a difference is, chance explains it: take ${enough ?? 60} rounds or more in "gate", or "gate": false.`,
  })
}

/** The calibration of the control arms that are not too old; null where there are too few. */
function calibrated(runs: readonly ControlRun[], now: Date): ResultCalibration | null {
  const oldest = now.getTime() - expiryNs / 1e6
  const calibration = calibrate(runs.filter(({ at }) => Date.parse(at) >= oldest))
  return calibration === null ? null : { name: contentHash(calibration), ...calibration }
}

/** The ruler that a result's calibrations are: differences between processes have one of their own. */
export function rulerFor({ process, build }: ResultGate['calibration']): Ruler {
  const [within, between] = [process, build].map((one) => rulerOf(one && noiseOf(one.name, one)))
  return {
    name: [...new Set([within?.name, between?.name])].join('+'),
    measureOf: (metric, pairing) =>
      ((ofBuilds(pairing) ? between : within) ?? rulerOf(null)).measureOf(metric, pairing),
  }
}

/** Between processes, not within one: the arms of builds are known by their names. */
function ofBuilds({ arms, baseArms }: Pairing): boolean {
  return [...arms, ...baseArms].some((arm) => /\/(?:again|base|twin)-/u.test(arm))
}

/** Adds what the run's control arms said to what calibrations are made of. */
export async function keepControls(
  { plan, key }: RunGate,
  { slices }: Measurements,
  { id, at, resultsDir }: { readonly id: string; readonly at: Date; readonly resultsDir: string },
): Promise<void> {
  for (const control of plan.controls) {
    const metrics = controlDifferences(plan, control, slices)
    const of = ofBuilds(control) ? 'build' : 'process'
    const run = { id: `${id}/${control.policy}`, at: at.toISOString(), metrics }
    if (Object.keys(metrics).length > 0) await addControlRun(resultsDir, { ...key, of }, run)
  }
}

/** What a result says of its gate. */
export function resultGate({ plan, calibration }: RunGate, answer: PairedAnswer): ResultGate {
  const { verdict, rounds, catastrophes } = answer
  return { verdict, rounds, ...plan, catastrophes, calibration }
}

/** A comparison of the gate as a result has it. */
export function resultComparison(comparison: PairedComparison): ResultComparison {
  const { estimate, interval, ...others } = comparison
  const [lo, hi] = interval
  return { ...others, logRatio: estimate, interval: lo === null || hi === null ? null : [lo, hi], spread: null }
}
