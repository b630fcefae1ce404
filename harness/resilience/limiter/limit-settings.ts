import type { Problem } from '../../kernel/errors.ts'
import { type JsonSchema, objectSchema, quantitySchema } from '../../kernel/json-schema.ts'
import { durationNs } from '../../kernel/units.ts'
import type { LimitRange } from './limit-algorithm.ts'

/** Where the limit is when nothing is said of it: those of Netflix's concurrency-limits. */
const ranges = {
  aimd: { initial: 20, min: 20, max: 200 },
  gradient2: { initial: 20, min: 20, max: 200 },
  vegas: { initial: 20, min: 1, max: 1000 },
} as const satisfies Record<string, LimitRange>

/** How the limit is found. Times in ns. */
export interface ConcurrencyLimitSettings extends LimitRange {
  readonly algorithm: keyof typeof ranges
  /** An answer that takes longer counts as a drop. */
  readonly slowNs: number
  readonly maxQueue: number
  /** The longest wait in the line; null for as long as the caller waits. */
  readonly maxWaitNs: number | null
}

interface RawConcurrencyLimit {
  readonly algorithm?: ConcurrencyLimitSettings['algorithm']
  readonly initial?: number
  readonly min?: number
  readonly max?: number
  readonly slow?: string
  readonly maxQueue?: number
  readonly maxWait?: string
}

const limit = (description: string): JsonSchema => ({ type: 'integer', minimum: 1, maximum: 100_000, description })

export const concurrencyLimitSchema: JsonSchema = objectSchema(
  {
    algorithm: {
      enum: Object.keys(ranges),
      description:
        'gradient2: by how long answers take now and in the long run. aimd: one more with each answer, nine tenths after a drop. vegas: by how much longer answers take than without load (default gradient2)',
    },
    initial: limit('calls at once in the beginning (default 20)'),
    min: limit('lowest limit (default 20, of vegas 1)'),
    max: limit('highest limit (default 200, of vegas 1000)'),
    slow: quantitySchema('duration', 'aimd: an answer that takes longer counts as a drop, default 5s'),
    maxQueue: {
      type: 'integer',
      minimum: 0,
      maximum: 1_000_000,
      description: 'calls that may wait (default 0: refused at once)',
    },
    maxWait: quantitySchema('duration', 'longest wait, default as long as the caller waits'),
  },
  { description: 'Finds by itself how much may be at work at once; the rest waits in order, or is refused.' },
)

/** What the schema cannot say. */
export function concurrencyLimitProblems(raw: unknown, where: string): readonly Problem[] {
  const { algorithm, initial, min, max } = parseConcurrencyLimit(raw)
  const { slow, maxWait } = raw as RawConcurrencyLimit
  const problems: Problem[] = []
  if (min > max) problems.push({ where: `${where}/min`, message: `found ${min}, allowed: up to max, ${max}` })
  else if (initial < min || initial > max)
    problems.push({ where: `${where}/initial`, message: `found ${initial}, allowed: from min, ${min}, to max, ${max}` })
  if (slow !== undefined && algorithm !== 'aimd')
    problems.push({ where: `${where}/slow`, message: `found with ${algorithm}, allowed: with aimd only` })
  for (const [key, duration] of Object.entries({ slow, maxWait })) {
    if (duration !== undefined && durationNs(duration) === 0)
      problems.push({ where: `${where}/${key}`, message: `found ${JSON.stringify(duration)}, allowed: longer than 0` })
  }
  return problems
}

/** Reads settings without problems. */
export function parseConcurrencyLimit(raw: unknown): ConcurrencyLimitSettings {
  const own = raw as RawConcurrencyLimit
  const { algorithm = 'gradient2', slow = '5s', maxQueue = 0, maxWait } = own
  const { initial, min, max } = { ...ranges[algorithm], ...own }
  const maxWaitNs = maxWait === undefined ? null : durationNs(maxWait)
  return { algorithm, initial, min, max, slowNs: durationNs(slow), maxQueue, maxWaitNs }
}
