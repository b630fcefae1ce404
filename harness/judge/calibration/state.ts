import type { GateCalibration } from './ruler.ts'
import type { SelfTest } from './self-test.ts'

/** What is known of the noise of a machine with one profile and mode. */
export interface CalibrationState {
  readonly profile: string
  readonly mode: string
  readonly hostFingerprint: string
  readonly controlFingerprint: string
  /** Of differences within one process of the target. */
  readonly process: KinshipState
  /** Of differences between processes of one build. */
  readonly build: KinshipState
}

/** The same of one kind of differences. */
export interface KinshipState {
  /** Those that count, newest first. */
  readonly runs: readonly { readonly id: string; readonly at: string }[]
  /** How many more it takes to be a calibration. */
  readonly missing: number
  readonly calibration: GateCalibration['build']
  /** When too few of the runs are left that are not too old, in ISO 8601; null where there is no calibration. */
  readonly expiresAt: string | null
  /** Null where the runs but one are no calibration. */
  readonly selfTest: SelfTest | null
}
