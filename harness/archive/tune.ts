import type { SearchAnswer } from '../judge/tune/search.ts'
import type { StepVerdict } from '../judge/tune/step.ts'
import type { JsonSchema } from '../kernel/json-schema.ts'
import { type StrengthUnit, strengthUnits } from '../measure/strength-unit.ts'
import { limit } from './arm-schema.ts'
import type { ResultLimit } from './limit.ts'
import {
  count,
  flag,
  listOf,
  number,
  numberOrNull,
  oneOf,
  orNull,
  shape,
  text,
  texts,
  textOrNull,
} from './schema-parts.ts'

/** The number by which a policy was made weaker or stronger. */
interface ResultStrength {
  readonly policy: string
  /** As `--parameter` names it. */
  readonly parameter: string
  /** Of it, wherever its values stand. */
  readonly unit: StrengthUnit
  readonly harder: 'more' | 'less'
  /** What the profile has. */
  readonly from: number
  /** What had to hold. */
  readonly bounds: readonly string[]
  /** The strengths that were tried, in their order. */
  readonly steps: readonly ResultStrengthStep[]
}

/** How strong a policy may be before the target leaves its bounds; between `holds` and `breaks`. It decides nothing. */
export interface ResultTolerance extends ResultStrength, SearchAnswer {
  /** Whether the bounds are the policy's own, or the ceiling of errors, since it has none. */
  readonly boundsOf: 'policy' | 'ceiling'
  /** Those that broke at `breaks`. */
  readonly boundsBroken: readonly string[]
  readonly doubts: readonly string[]
}

/** A policy that left its bounds, and was made weaker until it held them. */
export interface ResultAdjusted extends ResultStrength {
  /** What it was under stress; null where no weaker one was found that holds. */
  readonly to: number | null
  readonly whyNone: string | null
  /** Where it was measured as policies are, after the trials, and whether the bounds held there. */
  readonly measured: readonly ResultStrengthMeasured[]
  /** What to write into the profile, by JSON pointer. */
  readonly written: Readonly<Record<string, string>>
}

export interface ResultStrengthStep {
  readonly value: number
  /** Null where the run ended before it was decided. */
  readonly verdict: StepVerdict
  /** In how many of its trials all bounds held. */
  readonly held: number
  readonly of: number
  readonly trials: readonly ResultStrengthTrial[]
}

export interface ResultStrengthMeasured {
  readonly value: number
  readonly held: boolean
  readonly bounds: readonly ResultLimit[]
}

/** Latencies in ms. */
export interface ResultStrengthTrial {
  /** Null where it says nothing. */
  readonly held: boolean | null
  readonly whyVoid: string | null
  readonly near: boolean
  readonly ok: number
  readonly failed: number
  readonly p50: number | null
  readonly p99: number | null
  /** Of the slices beside it, without the fault. */
  readonly baselineP50: number | null
  readonly bounds: readonly ResultLimit[]
}

const trial = shape<ResultStrengthTrial>({
  held: orNull(flag),
  whyVoid: textOrNull,
  near: flag,
  ok: count,
  failed: count,
  p50: numberOrNull,
  p99: numberOrNull,
  baselineP50: numberOrNull,
  bounds: listOf(limit),
})

const measured = shape<ResultStrengthMeasured>({ value: number, held: flag, bounds: listOf(limit) })

const strength = {
  policy: text,
  parameter: text,
  unit: oneOf(...strengthUnits),
  harder: oneOf('more', 'less'),
  from: number,
  bounds: texts,
  steps: listOf(
    shape<ResultStrengthStep>({
      value: number,
      verdict: orNull(oneOf('held', 'broken', 'void')),
      held: count,
      of: count,
      trials: listOf(trial),
    }),
  ),
} as const

/** Schema of the `tolerance` of a result. */
export const toleranceSchema: JsonSchema = listOf(
  shape<ResultTolerance>({
    ...strength,
    kind: oneOf('found', 'holds', 'breaks', 'unclear'),
    holds: numberOrNull,
    breaks: numberOrNull,
    monotonic: flag,
    precise: flag,
    limit: orNull(oneOf('most', 'least', 'void', 'steps', 'time', 'stopped')),
    boundsOf: oneOf('policy', 'ceiling'),
    boundsBroken: texts,
    doubts: texts,
  }),
)

/** Schema of the `adjusted` of a result. */
export const adjustedSchema: JsonSchema = listOf(
  shape<ResultAdjusted>({
    ...strength,
    to: numberOrNull,
    whyNone: textOrNull,
    measured: listOf(measured),
    written: { type: 'object' },
  }),
)
