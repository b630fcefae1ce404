import type { Problem } from '../../kernel/errors.ts'
import { found, step } from '../../kernel/json.ts'
import { type JsonSchema, objectSchema, quantitySchema } from '../../kernel/json-schema.ts'
import { durationNs, sizeBytes } from '../../kernel/units.ts'
import type { DeadLetterLimits } from '../dead-letters.ts'
import { type ErrorClass, errorClasses } from '../outcome.ts'
import type { CacheLimits } from './answer-cache.ts'

/** Another target that is asked, and how long it may take. */
export interface Alternative {
  readonly target: string
  readonly timeoutNs: number
}

interface CacheSettings extends CacheLimits {
  /** A fresh answer is given without asking the target at all. */
  readonly first: boolean
  /** When everything is forgotten, from the first operation of the client. */
  readonly flushAtNs: readonly number[]
}

/** The answer that is given where there is no other. */
export interface DefaultAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** What is done when the target does not answer as it should. */
export interface FallbackSettings {
  /** Limit of all that the other policies do about the target itself. */
  readonly timeoutNs: number
  /** Failures that are made up for; null for every one. */
  readonly on: readonly (ErrorClass | number)[] | null
  readonly nonIdempotent: boolean
  readonly alternatives: readonly Alternative[]
  readonly cache: CacheSettings | null
  readonly default: DefaultAnswer | null
  readonly deadLetter: DeadLetterLimits | null
}

type RawAlternative = string | { readonly target: string; readonly timeout?: string }

interface RawCache {
  readonly maxEntries?: number
  readonly ttl?: string
  readonly staleWhileError?: string
  readonly first?: boolean
  readonly flushAt?: readonly string[]
}

interface RawDefault {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

interface RawFallback {
  readonly timeout?: string
  readonly on?: readonly (ErrorClass | number)[]
  readonly nonIdempotent?: boolean
  readonly alternatives?: readonly RawAlternative[]
  readonly cache?: RawCache
  readonly default?: RawDefault
  readonly deadLetter?: { readonly maxEntries?: number; readonly maxBytes?: string }
}

const alternative: JsonSchema = {
  type: ['string', 'object'],
  minLength: 1,
  description: 'name of one of the profile\'s "targets" other than the first',
  ...objectSchemaKeys(
    {
      target: { type: 'string', minLength: 1, description: 'its name' },
      timeout: quantitySchema('duration', 'how long it may take, default 5s'),
    },
    ['target'],
  ),
}

const cache = objectSchema(
  {
    maxEntries: { type: 'integer', minimum: 1, maximum: 1_000_000, description: 'answers kept (default 1000)' },
    ttl: quantitySchema('duration', 'oldest answer that is fresh, default 300s'),
    staleWhileError: quantitySchema('duration', 'how much older one may be where there is no other, default 0s'),
    first: { type: 'boolean', description: 'give a fresh answer without asking the target (default false)' },
    flushAt: {
      type: 'array',
      items: quantitySchema('duration', 'from the first operation of the client'),
      description: 'when everything is forgotten, in each load worker',
    },
  },
  { description: 'Good answers of the target to idempotent requests, the least recently used forgotten first.' },
)

const defaultAnswer = objectSchema(
  {
    status: { type: 'integer', minimum: 0, maximum: 599, description: 'default 200' },
    headers: { type: 'object', additionalProperties: { type: 'string' }, description: 'by lower-case name' },
    body: { type: 'string', description: 'empty by default' },
  },
  { description: 'The answer where there is no other.' },
)

const deadLetter = objectSchema(
  {
    maxEntries: { type: 'integer', minimum: 1, maximum: 100_000, description: 'kept by a load worker (default 1000)' },
    maxBytes: quantitySchema('size', 'of these together as JSON, default 4mib'),
  },
  { description: 'Keeps what no target has done, in a file beside the result.' },
)

/** The `fallback` of a client. */
export const fallbackSchema: JsonSchema = {
  ...objectSchema(
    {
      timeout: quantitySchema('duration', 'limit of the target itself, retries and waits included, default 30s'),
      on: {
        type: 'array',
        minItems: 1,
        items: {
          anyOf: [
            { enum: errorClasses.filter((error) => error !== 'aborted') },
            { type: 'integer', minimum: 100, maximum: 599 },
          ],
        },
        description: 'failures that are made up for, by class or status; every one by default',
      },
      nonIdempotent: {
        type: 'boolean',
        description: 'ask others, or give the default, also for requests that are not idempotent (default false)',
      },
      alternatives: { type: 'array', minItems: 1, items: alternative, description: 'who else is asked, in this order' },
      cache,
      default: defaultAnswer,
      deadLetter,
    },
    { description: 'Answers from elsewhere when the target fails: other targets, a cache, a default.' },
  ),
  anyOf: ['alternatives', 'cache', 'default', 'deadLetter'].map((key) => ({ required: [key] })),
}

/** Keys of an object for a value that may be something else too. */
function objectSchemaKeys(properties: Readonly<Record<string, JsonSchema>>, required: readonly string[]): JsonSchema {
  const { type: _, ...keys } = objectSchema(properties, { required })
  return keys
}

/** Reads settings that the schema let pass. */
export function parseFallback(raw: unknown): FallbackSettings {
  const { timeout = '30s', on, nonIdempotent = false, alternatives = [], ...rest } = raw as RawFallback
  const { cache: kept, default: last, deadLetter: letters } = rest
  return {
    timeoutNs: durationNs(timeout),
    on: on ?? null,
    nonIdempotent,
    alternatives: alternatives.map(parseAlternative),
    cache: kept ? parseCache(kept) : null,
    default: last ? { status: last.status ?? 200, headers: last.headers ?? {}, body: last.body ?? '' } : null,
    deadLetter: letters
      ? { maxEntries: letters.maxEntries ?? 1000, maxBytes: sizeBytes(letters.maxBytes ?? '4mib') }
      : null,
  }
}

function parseAlternative(raw: RawAlternative): Alternative {
  const { target, timeout = '5s' } = typeof raw === 'string' ? { target: raw } : raw
  return { target, timeoutNs: durationNs(timeout) }
}

function parseCache({ maxEntries = 1000, ttl = '300s', staleWhileError = '0s', ...rest }: RawCache): CacheSettings {
  const { first = false, flushAt = [] } = rest
  return {
    maxEntries,
    ttlNs: durationNs(ttl),
    staleNs: durationNs(staleWhileError),
    first,
    flushAtNs: flushAt.map((at) => durationNs(at)).sort((a, b) => a - b),
  }
}

/** What the schema cannot say of settings that it let pass. */
export function fallbackProblems(raw: unknown, where: string): Problem[] {
  const { timeout, alternatives = [], cache: kept, deadLetter: letters } = raw as RawFallback
  const names = alternatives.map((one) => (typeof one === 'string' ? one : one.target))
  const nothing = (text: unknown, at: string): Problem => ({
    where: `${where}${at}`,
    message: `found ${found(text)}, allowed: more than nothing`,
  })
  const zero = (text: string | undefined, at: string): Problem[] =>
    text !== undefined && durationNs(text) === 0 ? [nothing(text, at)] : []
  return [
    ...zero(timeout, '/timeout'),
    ...zero(kept?.ttl, '/cache/ttl'),
    ...(sizeBytes(letters?.maxBytes ?? '4mib') === 0 ? [nothing(letters?.maxBytes, '/deadLetter/maxBytes')] : []),
    ...alternatives.flatMap((one, index) =>
      typeof one === 'string' ? [] : zero(one.timeout, `/alternatives${step(index)}/timeout`),
    ),
    ...names.flatMap((name, index) =>
      names.indexOf(name) === index
        ? []
        : [
            {
              where: `${where}/alternatives${step(index)}`,
              message: `found ${found(name)} again, allowed: each target once`,
            },
          ],
    ),
  ]
}
