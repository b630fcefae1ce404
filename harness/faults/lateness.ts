import type { EffectFacts } from '../measure/effect.ts'
import { hitShare, type RulesContext } from './expect.ts'
import type { DelayContext, Delays } from './fault.ts'
import { activeFaults } from './faults.ts'
import type { Rule } from './rule.ts'
import { canAct } from './rules.ts'

/** Between which shares exchanges are held up for longer than a limit in ms. */
export type Lateness = (limitMs: number) => { readonly lo: number; readonly hi: number }

/**
 * How often the faults of an arm's rules hold up an exchange for how long, however long the target takes besides: what each
 * of them adds by itself, drawn apart from the others. Null where one of them does not say, or nobody knows whom it hits.
 */
export function latenessOf(
  rules: readonly Rule[],
  context: RulesContext,
  { fired, allAttempts }: Pick<EffectFacts, 'fired' | 'allAttempts'>,
): Lateness | null {
  const hit = hitShare(rules)
  if (hit === null) return null
  const faults = rules.filter(canAct).flatMap((rule) => activeFaults(rule.faults))
  const byKeyword = Map.groupBy(faults, ({ fault }) => fault.keyword)
  const bounds = faults.map(({ fault, settings, direction }) => {
    const own: DelayContext = {
      ...context,
      direction,
      alone: byKeyword.size === 1,
      directions: (byKeyword.get(fault.keyword) ?? []).map((one) => one.direction),
      eligible: (fired[fault.keyword]?.eligible ?? 0) / Math.max(1, allAttempts),
    }
    return fault.delays?.(settings, own) ?? null
  })
  const known = bounds.filter((one) => one !== null)
  if (known.length < bounds.length) return null
  const [least, most] = [known.map((one) => one.least), known.map((one) => one.most)]
  return (limitMs) => ({ lo: hit * shareBeyond(least, limitMs), hi: hit * shareBeyond(most, limitMs) })
}

/** The probability that one delay of each, added up, is longer. */
function shareBeyond([first, ...others]: readonly Delays[], limitMs: number): number {
  if (!first) return limitMs < 0 ? 1 : 0
  return first.reduce((sum, { ms, share }) => sum + (share === 0 ? 0 : share * shareBeyond(others, limitMs - ms)), 0)
}
