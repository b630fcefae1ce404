import type { LadderAnswer } from '../judge/capacity/ladder.ts'
import type { GeneratorState, StepVerdict } from '../judge/capacity/rate-step.ts'
import type { UslFit } from '../judge/capacity/usl.ts'
import type { JsonSchema } from '../kernel/json-schema.ts'
import { count, flag, listOf, number, numberOrNull, oneOf, orNull, shape, texts, textOrNull } from './schema-parts.ts'

/** How much a target bears: what a search for its highest rate came to. It is reported, and decides nothing. */
export interface ResultCapacity extends LadderAnswer {
  /** The latency that a rate had to keep. */
  readonly slo: readonly string[]
  /** Where throughput bends (Kneedle), over the rates and over the closed loops; null where it does not. */
  readonly knee: { readonly perSecond: number | null; readonly loops: number | null }
  /** The most good operations per second of any slice. */
  readonly mostPerSecond: number | null
  /** The universal scalability law over the closed loops; null where it says nothing, and why. */
  readonly scalability: UslFit | null
  readonly scalabilityWhyNone: string | null
  /** Closed loops and what they got done, in the order in which they were measured. */
  readonly loops: readonly ResultCapacityLoops[]
  /** The rates that were tried, in their order. */
  readonly steps: readonly ResultCapacityStep[]
}

export interface ResultCapacityLoops {
  readonly loops: number
  /** Good operations. */
  readonly perSecond: number
  readonly p50: number | null
  readonly p99: number | null
}

export interface ResultCapacityStep {
  readonly perSecond: number
  /** Null where the run ended before it was decided. */
  readonly verdict: StepVerdict
  readonly slices: readonly ResultCapacitySlice[]
}

/** Rates are per second, of the middle of the slice; latencies in ms, of all of it. */
export interface ResultCapacitySlice {
  readonly seconds: number
  readonly due: number
  readonly sent: number
  readonly ended: number
  readonly ok: number
  readonly errorRate: number | null
  readonly inTime: boolean
  readonly generator: GeneratorState
  readonly p50: number | null
  readonly p95: number | null
  readonly p99: number | null
}

const troubles = ['behind', 'errors', 'slow', 'generator'] as const

const slice = shape<ResultCapacitySlice>({
  seconds: number,
  due: number,
  sent: number,
  ended: number,
  ok: number,
  errorRate: numberOrNull,
  inTime: flag,
  generator: oneOf('fine', 'busy', 'late', 'exhausted'),
  p50: numberOrNull,
  p95: numberOrNull,
  p99: numberOrNull,
})

/** Schema of the `capacity` of a result. */
export const capacitySchema: JsonSchema = shape<ResultCapacity>({
  kind: oneOf('found', 'at-least', 'none'),
  heldPerSecond: numberOrNull,
  brokenPerSecond: numberOrNull,
  limit: oneOf(...troubles, 'max-rate', 'steps', 'time', 'stopped'),
  precise: flag,
  slo: texts,
  knee: shape<ResultCapacity['knee']>({ perSecond: numberOrNull, loops: numberOrNull }),
  mostPerSecond: numberOrNull,
  scalability: orNull(
    shape<UslFit>({
      perLoop: number,
      contention: number,
      coherency: number,
      peakLoops: numberOrNull,
      peakPerSecond: numberOrNull,
      rSquared: numberOrNull,
      error: number,
    }),
  ),
  scalabilityWhyNone: textOrNull,
  loops: listOf(shape<ResultCapacityLoops>({ loops: count, perSecond: number, p50: numberOrNull, p99: numberOrNull })),
  steps: listOf(
    shape<ResultCapacityStep>({
      perSecond: number,
      verdict: orNull(oneOf('held', ...troubles)),
      slices: listOf(slice),
    }),
  ),
})
