import type { JsonSchema } from '../kernel/json-schema.ts'
import { armKinds } from '../measure/arm.ts'
import type { Collection } from '../measure/collection.ts'
import type { WindowLows } from '../measure/lows.ts'
import type { ResultWindow } from './result.ts'
import { count, flag, number, numberOrNull, oneOf, orNull, shape, text, textOrNull, texts } from './schema-parts.ts'

/** JSON Schema (draft-07) of a line of the windows file. */
export const windowSchema: JsonSchema = shape<ResultWindow>(
  {
    phase: text,
    arm: oneOf(...armKinds),
    policy: textOrNull,
    slice: count,
    index: count,
    fromMs: number,
    toMs: number,
    ok: count,
    failed: count,
    degraded: count,
    p50: numberOrNull,
    p99: numberOrNull,
    memoryKb: numberOrNull,
    fds: numberOrNull,
    threads: numberOrNull,
    cpuCores: numberOrNull,
    lows: orNull(
      shape<WindowLows>({
        readings: count,
        memoryKb: numberOrNull,
        fds: numberOrNull,
        threads: numberOrNull,
        restarts: count,
      }),
    ),
    collection: shape<Collection>({ heapKb: numberOrNull, afterMs: number, recessMs: number }),
    faults: texts,
    settling: flag,
    histogram: text,
  },
  ['lows', 'collection'],
)
