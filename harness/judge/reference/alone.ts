import { significant } from '../../kernel/units.ts'
import { medianOf } from '../stats/median.ts'
import type { Alone } from './comparison.ts'
import type { Estimand } from './estimand.ts'
import type { Spread } from './spread.ts'

/**
 * By how much the arm of a ratio is worse by itself than in its references; null where they do not tell. Beside the yardstick
 * where all of them have the same one, so that a faster machine does not hide it: but only where the spread is that of nights,
 * in which the machine differed as well. A policy that waits gets no faster with the machine, and what a calibration knows
 * of one evening would take that for worse.
 */
export function aloneOf(own: Estimand, references: readonly Estimand[], spread: Spread | null): Alone | null {
  const { alone, aloneBeside: beside } = own
  const same = references.flatMap(({ aloneBeside }) =>
    beside !== undefined && aloneBeside?.against === beside.against ? aloneBeside.value : [],
  )
  if (beside !== undefined && spread?.by === 'history' && same.length === references.length)
    return { worse: significant(beside.value - medianOf(same)), beside: beside.against }
  const known = references.flatMap((one) => one.alone ?? [])
  if (alone === undefined || known.length === 0) return null
  return { worse: significant(alone - medianOf(known)), beside: null }
}
