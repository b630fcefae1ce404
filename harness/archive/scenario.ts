import type { JsonSchema } from '../kernel/json-schema.ts'
import { metastableVerdicts } from '../measure/load-series.ts'
import { flag, listOf, number, numberOrNull, oneOf, orNull, shape, text, textOrNull } from './schema-parts.ts'

type VerdictName = (typeof metastableVerdicts)[number]

/** What the overload of a scenario came to; ratios are null where there was nothing to divide by. */
export interface ResultScenario {
  readonly expected: VerdictName
  readonly verdict: VerdictName
  /** Whether the verdict is the expected one, and all figures are in their bands. */
  readonly ok: boolean
  readonly reason: string
  readonly cure: string | null
  /** From the beginning of the series. */
  readonly trigger: { readonly fromMs: number; readonly toMs: number }
  /** Attempts per operation. */
  readonly amplification: {
    readonly before: number | null
    readonly peak: number | null
    readonly end: number | null
    readonly level: 'none' | 'warn' | 'alert'
  }
  /** Good answers per operation: before the trigger, while it lasted, at the end, and that over the first. */
  readonly goodput: {
    readonly before: number | null
    readonly during: number | null
    readonly end: number | null
    readonly ratio: number | null
  }
  /** Share of what the target served at the end that was for clients that had gone. */
  readonly wastedShare: number | null
  readonly synchrony: {
    readonly peakToMean: number
    readonly autocorrelation: number | null
    readonly lagMs: number | null
  } | null
  readonly timeToRecoverMs: number | null
  readonly drainMs: number | null
  readonly bands: readonly {
    readonly figure: string
    readonly lo: number
    readonly hi: number
    readonly actual: number | null
    readonly ok: boolean
  }[]
  /** Step by step from the beginning of the stress segment; null where the target did not tell. */
  readonly series: {
    readonly stepMs: number
    readonly offered: readonly number[]
    readonly good: readonly number[]
    readonly attempts: readonly number[]
    readonly served: readonly (number | null)[]
    readonly wasted: readonly (number | null)[]
    readonly queueAgeMs: readonly (number | null)[]
  }
}

const numbers = listOf(number)
const numbersOrNull = listOf(numberOrNull)

/** Schema of the `scenario` of a result. */
export const scenarioSchema: JsonSchema = shape<ResultScenario>({
  expected: oneOf(...metastableVerdicts),
  verdict: oneOf(...metastableVerdicts),
  ok: flag,
  reason: text,
  cure: textOrNull,
  trigger: shape<ResultScenario['trigger']>({ fromMs: number, toMs: number }),
  amplification: shape<ResultScenario['amplification']>({
    before: numberOrNull,
    peak: numberOrNull,
    end: numberOrNull,
    level: oneOf('none', 'warn', 'alert'),
  }),
  goodput: shape<ResultScenario['goodput']>({
    before: numberOrNull,
    during: numberOrNull,
    end: numberOrNull,
    ratio: numberOrNull,
  }),
  wastedShare: numberOrNull,
  synchrony: orNull(
    shape<NonNullable<ResultScenario['synchrony']>>({
      peakToMean: number,
      autocorrelation: numberOrNull,
      lagMs: numberOrNull,
    }),
  ),
  timeToRecoverMs: numberOrNull,
  drainMs: numberOrNull,
  bands: listOf(
    shape<ResultScenario['bands'][number]>({ figure: text, lo: number, hi: number, actual: numberOrNull, ok: flag }),
  ),
  series: shape<ResultScenario['series']>({
    stepMs: number,
    offered: numbers,
    good: numbers,
    attempts: numbers,
    served: numbersOrNull,
    wasted: numbersOrNull,
    queueAgeMs: numbersOrNull,
  }),
})
