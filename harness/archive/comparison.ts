import type { JsonSchema } from '../kernel/json-schema.ts'
import { count, flag, listOf, number, numberOrNull, oneOf, orNull, shape, text } from './schema-parts.ts'

/** How two arms of a run differed in one metric. */
export interface ResultComparison {
  readonly policy: string
  readonly against: string
  readonly metric: string
  readonly unit: string
  readonly rounds: number
  readonly base: number | null
  readonly value: number | null
  /** Natural logarithm of the ratio, oriented so that positive is worse. */
  readonly logRatio: number | null
  readonly interval: readonly [number, number] | null
  /** Within this run, over slices: half the range of the log ratios. */
  readonly spread: number | null
  readonly p: number | null
  readonly margin: number | null
  readonly floor: number | null
  readonly mde: number | null
  /**
   * `pass-minor`: surely worse, and surely by less than the margin. `notable`: what gates nothing, and would have failed.
   * `reported`: told and not judged, as against the yardstick, or over all slices taken together.
   */
  readonly verdict: 'same' | 'pass' | 'pass-minor' | 'fail' | 'notable' | 'inconclusive' | 'reported'
  readonly ruler: string
  /** Of the gate only: whether the run may fail by it. */
  readonly gated?: boolean
  /** What p was held to. */
  readonly level?: number
  /** Of those that gate nothing: the share of wrong ones among all that are as notable. */
  readonly falseDiscoveryRate?: number | null
  /** The mean of its rounds with nothing of their slices cut off. */
  readonly overall?: number | null
  /** What may be worse, and what two runs of one build differ by; floor and margin count from there. */
  readonly accepted?: number
  readonly noise?: number
  /** The difference of each round that has both figures. */
  readonly perRound?: readonly number[]
}

export const comparisonSchema: JsonSchema = shape<ResultComparison>(
  {
    policy: text,
    against: text,
    metric: text,
    unit: text,
    rounds: count,
    base: numberOrNull,
    value: numberOrNull,
    logRatio: numberOrNull,
    interval: orNull({ type: 'array', items: number, minItems: 2, maxItems: 2 }),
    spread: numberOrNull,
    p: numberOrNull,
    margin: numberOrNull,
    floor: numberOrNull,
    mde: numberOrNull,
    verdict: oneOf('same', 'pass', 'pass-minor', 'fail', 'notable', 'inconclusive', 'reported'),
    ruler: text,
    gated: flag,
    level: number,
    falseDiscoveryRate: numberOrNull,
    overall: numberOrNull,
    accepted: number,
    noise: number,
    perRound: listOf(number),
  },
  ['gated', 'level', 'falseDiscoveryRate', 'overall', 'accepted', 'noise', 'perRound'],
)
