import { type CalibrationKey, contentHash, readControlRuns } from '../archive/calibration-file.ts'
import type { ResultCalibration } from '../archive/gate.ts'
import { controlFingerprint } from '../archive/fingerprint.ts'
import type { ResultEnvironment } from '../archive/result.ts'
import { calibrate, type ControlRun } from '../judge/calibration/calibration.ts'
import { freshRuns } from '../judge/calibration/expiry.ts'
import { type SelfTest, selfTest } from '../judge/calibration/self-test.ts'
import type { Profile } from '../profile/profile.ts'
import { contentsOf } from './contents.ts'

/** What the calibrations of a profile are kept under. */
export function calibrationKey(
  { name, mode, effective, workload }: Profile,
  hostFingerprint: ResultEnvironment['hostFingerprint'],
): Omit<CalibrationKey, 'of'> {
  const contents = contentsOf({ workload, policies: [], stressClient: [] })
  const baseline = Object.keys(contents).length === 0 ? effective : { ...effective, contents }
  const fingerprint = controlFingerprint(baseline, mode.name)
  return { profile: name, mode: mode.name, hostFingerprint, controlFingerprint: fingerprint }
}

/** The control arms of a key that are not too old, newest first. Rejects with `unreadable-calibration` (104). */
export async function readFreshRuns(
  resultsDir: string,
  key: CalibrationKey,
  now: Date,
): Promise<readonly ControlRun[]> {
  return freshRuns(await readControlRuns(resultsDir, key), now)
}

/** Control arms, and what they come to. */
interface TestedRuns {
  /** Null where they are too few. */
  readonly calibration: ResultCalibration | null
  /** Null where the runs but one are no calibration. */
  readonly selfTest: SelfTest | null
}

/** What these control arms come to, and what becomes of each by the others. */
export function calibrationOfRuns(runs: readonly ControlRun[], of: CalibrationKey['of']): TestedRuns {
  const known = calibrate(runs)
  if (known === null) return { calibration: null, selfTest: null }
  const tested = selfTest(runs, of)
  if (tested.runs === 0) return { calibration: { name: contentHash(known), ...known }, selfTest: null }
  const counted = { ...known, selfTest: { runs: tested.runs, failed: tested.failed.length } }
  return { calibration: { name: contentHash(counted), ...counted }, selfTest: tested }
}
