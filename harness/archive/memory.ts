import type { HeapVerdict } from '../judge/memory/live.ts'
import type { MemoryKind } from '../judge/memory/series.ts'
import type { JsonSchema } from '../kernel/json-schema.ts'
import { count, listOf, number, numberOrNull, oneOf, orNull, shape, text, textOrNull } from './schema-parts.ts'

/** Whether the target leaked in the sustained load of a long run; recomputed from the lines of its windows file. */
export interface ResultMemory {
  /** Why nothing was judged; null where it was. */
  readonly notJudged: string | null
  /** What was looked at: since the target was started, or started again. */
  readonly fromMs: number | null
  readonly toMs: number | null
  readonly requests: number
  /** How often the target had been started again by then. */
  readonly restarts: number
  readonly serviceHours: number
  /** What the bounds rest on; null for the standard ones. */
  readonly calibration: string | null
  /** Why nothing is said of its heap, and whether it is what grows; absent where nobody looked, or nothing was judged. */
  readonly heap?: HeapVerdict
  readonly kinds: readonly ResultMemoryKind[]
}

/** One kind of what a target holds; amounts in its unit. */
export interface ResultMemoryKind {
  readonly kind: MemoryKind
  readonly unit: string
  readonly verdict: 'pass' | 'fail' | 'inconclusive' | 'void'
  readonly reason: string
  readonly slopePerMin: number | null
  /** Of the slope per minute, at 95 %. */
  readonly interval: readonly [number, number] | null
  readonly slopePerRequest: number | null
  /** The slopes per minute of either half of what there was without faults after the first third of the run. */
  readonly thirds: readonly number[] | null
  /** What the slope per minute was held to. */
  readonly bound: number | null
  /** What the slope comes to in the service interval, and what it may come to. */
  readonly projected: number | null
  readonly budget: number
  readonly peak: number | null
  /** From `fromMs`: how much was left out as warm-up, and from when on it looked steady. */
  readonly cutSeconds: number
  readonly steadySeconds: number | null
  /** Stretches of time after the warm-up and without faults, a line was fitted to the lower ends of which. */
  readonly samples: number
  readonly mannKendallP: number | null
}

const pair: JsonSchema = { type: 'array', items: number, minItems: 2, maxItems: 2 }

/** Schema of the `memory` of a result. */
export const memorySchema: JsonSchema = shape<ResultMemory>(
  {
    notJudged: textOrNull,
    fromMs: numberOrNull,
    toMs: numberOrNull,
    requests: count,
    restarts: count,
    serviceHours: number,
    calibration: textOrNull,
    heap: shape<HeapVerdict>({ missing: textOrNull, growth: orNull(oneOf('heap', 'outside')) }),
    kinds: listOf(
      shape<ResultMemoryKind>({
        kind: oneOf('rss', 'fds', 'threads', 'heap'),
        unit: text,
        verdict: oneOf('pass', 'fail', 'inconclusive', 'void'),
        reason: text,
        slopePerMin: numberOrNull,
        interval: orNull(pair),
        slopePerRequest: numberOrNull,
        thirds: orNull(listOf(number)),
        bound: numberOrNull,
        projected: numberOrNull,
        budget: number,
        peak: numberOrNull,
        cutSeconds: number,
        steadySeconds: numberOrNull,
        samples: count,
        mannKendallP: numberOrNull,
      }),
    ),
  },
  ['heap'],
)
