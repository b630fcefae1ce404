import type { Problem } from '../../kernel/errors.ts'
import { type JsonSchema, objectSchema, quantitySchema } from '../../kernel/json-schema.ts'
import { durationNs } from '../../kernel/units.ts'

const isolations = ['strict', 'shared', 'adaptive'] as const

/** How the work of a client is kept within its slots. Times in ns. */
export interface BulkheadSettings {
  /** Slots of a compartment. */
  readonly maxConcurrent: number
  /** Places in the line of a compartment; 0 for none. */
  readonly maxQueue: number
  /** The longest wait in the line; null for as long as the caller waits. */
  readonly maxWaitNs: number | null
  /** What has a compartment of its own. */
  readonly per: 'client' | 'request'
  readonly isolation: (typeof isolations)[number]
}

interface RawBulkhead {
  readonly preset?: keyof typeof bulkheadPresets
  readonly maxConcurrent?: number
  readonly maxQueue?: number
  readonly maxWait?: string
  readonly per?: BulkheadSettings['per']
  readonly isolation?: BulkheadSettings['isolation']
}

/**
 * The resource types of the SysManage page. Its times were meant for the whole call and bounded the execution only; here
 * they bound the wait, and the work wants a `timeout` beside it.
 */
export const bulkheadPresets = {
  database: { maxConcurrent: 20, maxWait: '10s' },
  agent: { maxConcurrent: 50, maxWait: '30s' },
  externalApi: { maxConcurrent: 10, maxWait: '60s' },
  file: { maxConcurrent: 5, maxWait: '120s' },
} as const satisfies Record<string, RawBulkhead>

export const bulkheadSchema: JsonSchema = objectSchema(
  {
    preset: {
      enum: Object.keys(bulkheadPresets),
      description: 'where maxConcurrent and maxWait come from if not given',
    },
    maxConcurrent: {
      type: 'integer',
      minimum: 1,
      maximum: 1_000_000,
      description: 'slots of a compartment (default 10)',
    },
    maxQueue: {
      type: 'integer',
      minimum: 0,
      maximum: 1_000_000,
      description:
        'calls of a compartment that may wait for a slot (default 100, 0 for none); those that wait for one that it has lent are not among them',
    },
    maxWait: quantitySchema('duration', 'longest wait for a slot, default as long as the caller waits'),
    per: {
      enum: ['client', 'request'],
      description: 'what has a compartment of its own (default client); of requests, the first 100 names',
    },
    isolation: {
      enum: isolations,
      description:
        'strict: own slots only. shared: idle slots of the other requests too, up to 1.2 times its own. adaptive: 1.1 times maxConcurrent while over 90 % of the last 100 calls succeed, else 0.8 times (default strict)',
    },
  },
  { description: 'Limits how much is at work at once; the rest waits in order, or is refused.' },
)

/** What the schema cannot say. */
export function bulkheadProblems(raw: unknown, where: string): readonly Problem[] {
  const { maxWait, isolation, per = 'client' } = raw as RawBulkhead
  const problems: Problem[] = []
  if (isolation === 'shared' && per !== 'request') {
    const message = `found "shared" with per "${per}", allowed: per "request", for a client alone has nobody to share with`
    problems.push({ where: `${where}/isolation`, message })
  }
  if (maxWait !== undefined && durationNs(maxWait) === 0) {
    const message = `found ${JSON.stringify(maxWait)}, allowed: longer than 0; maxQueue 0 is for no wait at all`
    problems.push({ where: `${where}/maxWait`, message })
  }
  return problems
}

/** Reads settings without problems. */
export function parseBulkhead(raw: unknown): BulkheadSettings {
  const own = raw as RawBulkhead
  const preset: RawBulkhead = own.preset === undefined ? {} : bulkheadPresets[own.preset]
  const { maxConcurrent = 10, maxQueue = 100, maxWait, per = 'client', isolation = 'strict' } = { ...preset, ...own }
  return {
    maxConcurrent,
    maxQueue,
    maxWaitNs: maxWait === undefined ? null : durationNs(maxWait),
    per,
    isolation,
  }
}
