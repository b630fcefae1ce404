import { nsPerSecond } from '../kernel/units.ts'

/** Some 32 years: what comes less often does not come at all, and no clock counts so far without end. */
const longestNs = 1e18

/** The time between two of what may happen so often per second, in ns; `perSecond` above 0, 0 ns for Infinity. */
export function gapOf(perSecond: number): number {
  return Math.min(longestNs, nsPerSecond / perSecond)
}
