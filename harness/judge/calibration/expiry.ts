import { nsPerMs, nsPerSecond } from '../../kernel/units.ts'
import { type ControlRun, leastRuns } from './calibration.ts'

/** A control arm older than this says nothing of the machine any more. */
const lastsMs = (30 * 24 * 3600 * nsPerSecond) / nsPerMs

/** Those of the control arms that are not too old, newest first. */
export function freshRuns(runs: readonly ControlRun[], now: Date): readonly ControlRun[] {
  return runs
    .filter(({ at }) => Date.parse(at) >= now.getTime() - lastsMs)
    .toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at))
}

/** When so many of these fresh runs have grown old that the rest is no calibration, in ISO 8601; null where it is none now. */
export function expiryOf(fresh: readonly ControlRun[]): string | null {
  const last = fresh[leastRuns - 1]
  return last ? new Date(Date.parse(last.at) + lastsMs).toISOString() : null
}
