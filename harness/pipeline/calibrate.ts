import type { CalibrationKey } from '../archive/calibration-file.ts'
import { type ControlRun, leastRuns } from '../judge/calibration/calibration.ts'
import { expiryOf } from '../judge/calibration/expiry.ts'
import type { CalibrationState, KinshipState } from '../judge/calibration/state.ts'
import { calibrationKey, calibrationOfRuns, readFreshRuns } from './calibration.ts'
import type { RunOptions } from './options.ts'
import { environmentOf } from './result.ts'

/** What is known of the noise of this machine with a profile. Rejects with `unreadable-calibration` (104). */
export async function readCalibration({
  plan,
  git,
  resultsDir,
  clock,
}: Pick<RunOptions, 'plan' | 'git' | 'resultsDir' | 'clock'>): Promise<CalibrationState> {
  const key = calibrationKey(plan.profile, environmentOf({ plan, git }).hostFingerprint)
  const stateOf = async (of: CalibrationKey['of']): Promise<KinshipState> =>
    kinshipState(await readFreshRuns(resultsDir, { ...key, of }, clock.date()), of)
  return { ...key, process: await stateOf('process'), build: await stateOf('build') }
}

function kinshipState(runs: readonly ControlRun[], of: CalibrationKey['of']): KinshipState {
  const { calibration, selfTest } = calibrationOfRuns(runs, of)
  return {
    runs: runs.map(({ id, at }) => ({ id, at })),
    missing: Math.max(0, leastRuns - runs.length),
    calibration,
    expiresAt: calibration && expiryOf(runs),
    selfTest,
  }
}
