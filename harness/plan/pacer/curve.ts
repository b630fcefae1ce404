import { nsPerSecond } from '../../kernel/units.ts'
import type { Curve } from '../../workload/model.ts'

/** A stretch of a curve: level at its beginning, level at its end, and how long it takes. */
export interface Stretch {
  readonly from: number
  readonly to: number
  readonly durationNs: number
}

/** The level at a time, in ns from the beginning; where the curve jumps (a stage of no time), already that after the jump. */
export function levelAt({ from, stages }: Curve, elapsedNs: number): number {
  let level = from
  let startNs = 0
  for (const { durationNs, to } of stages) {
    const takenNs = Math.max(0, elapsedNs) - startNs
    if (takenNs < durationNs) return levelIn({ from: level, to, durationNs }, takenNs)
    level = to
    startNs += durationNs
  }
  return level
}

/**
 * The area under the curve until a time, in level times seconds: of a rate, how many arrivals there are until then.
 * It is computed from the stages for each time anew, so that no error grows with the time.
 */
export function areaUntil({ from, stages }: Curve, elapsedNs: number): number {
  let level = from
  let leftNs = Math.max(0, elapsedNs)
  let doubled = 0
  for (const { durationNs, to } of stages) {
    if (leftNs < durationNs) {
      const now = levelIn({ from: level, to, durationNs }, leftNs)
      return (doubled + (level + now) * leftNs) / doubledUnit
    }
    doubled += (level + to) * durationNs
    level = to
    leftNs -= durationNs
  }
  return (doubled + 2 * level * leftNs) / doubledUnit
}

/**
 * The inverse of `areaUntil`: the time, in whole ns, from which on the area is larger than `area`; Infinity when it never is.
 * While the level is 0 the area stands still, and the time is the end of that: nothing is due while the rate is 0.
 * So of the areas 0, 1, 2 … there are `ceil(areaUntil(t))` whose time is before t, but for the rounding to whole ns.
 */
export function timeOfArea({ from, stages }: Curve, area: number): number {
  let level = from
  let startNs = 0
  let leftDoubled = Math.max(0, area) * doubledUnit
  for (const { durationNs, to } of stages) {
    const own = (level + to) * durationNs
    if (own > leftDoubled) {
      const takenNs = timeIn({ from: level, to, durationNs }, leftDoubled)
      return startNs + Math.min(durationNs, Math.round(takenNs))
    }
    leftDoubled -= own
    level = to
    startNs += durationNs
  }
  return level > 0 ? startNs + Math.round(leftDoubled / (2 * level)) : Number.POSITIVE_INFINITY
}

/** Areas are added up doubled and per ns: of whole levels and whole ns that is a whole number, free of rounding. */
const doubledUnit = 2 * nsPerSecond

/** The level of a stretch, so long after its beginning. */
export function levelIn({ from, to, durationNs }: Stretch, takenNs: number): number {
  return from + ((to - from) * takenNs) / durationNs
}

/**
 * When twice the area of a stretch reaches `doubled`: the root of s·t² + 2·from·t = doubled, s being the slope per ns. It is
 * written so that numbers which are almost equal are never subtracted, and a slope of 0 is no special case.
 */
function timeIn({ from, to, durationNs }: Stretch, doubled: number): number {
  const slope = (to - from) / durationNs
  const divisor = from + Math.sqrt(Math.max(0, from * from + slope * doubled))
  return divisor > 0 ? doubled / divisor : 0
}
