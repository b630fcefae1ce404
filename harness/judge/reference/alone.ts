import { significant } from '../../kernel/units.ts'
import { medianOf } from '../stats/median.ts'
import type { Estimand } from './estimand.ts'
import type { Spread } from './spread.ts'

/** By how much the arm of a ratio is worse by itself than in its references. */
export interface Alone {
  /** By the clock; absent where the references do not tell. */
  readonly alone?: number
  /** Beside the yardstick of that name, which all of them have; absent where nights do not tell what is chance. */
  readonly aloneBeside?: { readonly against: string; readonly worse: number }
}

/** So much of what an arm is worse by for its baseline has to be its own: the rest is that the baseline became better. */
const ownShare = 0.5

/**
 * By how much an arm is worse by itself. Beside the yardstick only where the spread is that of nights, in which the machine
 * differed as well: a calibration knows of one evening.
 */
export function aloneOf(own: Estimand, references: readonly Estimand[], spread: Spread | null): Alone {
  const known = references.flatMap(({ alone }) => alone ?? [])
  const beside = spread?.by === 'history' ? besideOf(own, references) : null
  return {
    ...(own.alone !== undefined && known.length > 0 && { alone: significant(own.alone - medianOf(known)) }),
    ...(beside && { aloneBeside: beside }),
  }
}

function besideOf({ aloneBeside: own }: Estimand, references: readonly Estimand[]): Alone['aloneBeside'] | null {
  if (own === undefined) return null
  const { against, value } = own
  const same = references.flatMap(({ aloneBeside }) => (aloneBeside?.against === against ? aloneBeside.value : []))
  return same.length === references.length ? { against, worse: significant(value - medianOf(same)) } : null
}

/**
 * Whether an arm is worse by itself, and not only relative to a baseline that became better. Where both are told, both have to
 * say so: a policy that waits gets nothing of a faster machine, and is worse beside the yardstick without a change, but not
 * by the clock; one that works may be worse by the clock on a slower machine, but not beside the yardstick. Half of the
 * difference is asked for beside the yardstick, since of what is lost a faster machine gives some back by the clock.
 */
export function isWorseAlone({ alone, aloneBeside }: Alone, estimate: number, floor: number): boolean {
  const least = Math.max(floor, ownShare * estimate)
  if (aloneBeside === undefined) return alone === undefined || alone >= least
  return aloneBeside.worse >= least && (alone === undefined || alone >= floor)
}
