import { adaptive } from './adaptive.ts'
import { decorrelatedJitter } from './decorrelated-jitter.ts'
import { equalJitter } from './equal-jitter.ts'
import { exponential } from './exponential.ts'
import { fixed } from './fixed.ts'
import { fullJitter } from './full-jitter.ts'
import { linear } from './linear.ts'
import { none } from './none.ts'
import { openSelecting, type Selection } from './selecting.ts'
import type { RetryDelays, RetryStrategy, SharedDelays } from './strategy.ts'

/** The strategies that stand by themselves, by keyword. */
export const strategies = {
  none,
  fixed,
  linear,
  exponential,
  fullJitter,
  equalJitter,
  decorrelatedJitter,
  adaptive,
} as const satisfies Readonly<Record<string, RetryStrategy>>

export type StrategyName = keyof typeof strategies

/** A strategy and its delays: plain data. */
export interface StrategySettings extends RetryDelays {
  readonly strategy: StrategyName
}

/** Several strategies, one of which each operation takes. */
export interface SelectingSettings extends Selection {
  readonly strategy: 'selecting'
  readonly options: readonly StrategySettings[]
  /** The longest of all of theirs. */
  readonly maxDelayNs: number
}

/** Opens a strategy: what it learns is that of one client. */
export function openStrategy(settings: StrategySettings | SelectingSettings): SharedDelays {
  if (settings.strategy !== 'selecting') return strategies[settings.strategy].open(settings)
  return openSelecting(settings.options.map(openStrategy), settings)
}
