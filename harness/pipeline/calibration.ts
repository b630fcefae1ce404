import { type CalibrationKey, contentHash, readControlRuns } from '../archive/calibration-file.ts'
import type { ResultCalibration } from '../archive/gate.ts'
import type { ResultEnvironment } from '../archive/result.ts'
import { calibrate, type ControlRun } from '../judge/calibration/calibration.ts'
import { freshRuns } from '../judge/calibration/expiry.ts'
import type { Profile } from '../profile/profile.ts'

/** What the calibrations of a profile are kept under. */
export function calibrationKey(
  { name, mode }: Profile,
  { hostFingerprint, profileFingerprint }: Pick<ResultEnvironment, 'hostFingerprint' | 'profileFingerprint'>,
): Omit<CalibrationKey, 'of'> {
  return { profile: name, mode: mode.name, hostFingerprint, profileFingerprint }
}

/** The control arms of a key that are not too old, newest first. Rejects with `unreadable-calibration` (104). */
export async function readFreshRuns(
  resultsDir: string,
  key: CalibrationKey,
  now: Date,
): Promise<readonly ControlRun[]> {
  return freshRuns(await readControlRuns(resultsDir, key), now)
}

/** What these control arms come to; null where they are too few. */
export function calibrationOfRuns(runs: readonly ControlRun[]): ResultCalibration | null {
  const calibration = calibrate(runs)
  return calibration === null ? null : { name: contentHash(calibration), ...calibration }
}
