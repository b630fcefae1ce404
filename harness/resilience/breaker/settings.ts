import type { Problem } from '../../kernel/errors.ts'
import { found } from '../../kernel/json.ts'
import { type JsonSchema, objectSchema, quantitySchema } from '../../kernel/json-schema.ts'
import { durationNs, parseQuantity, shareOf } from '../../kernel/units.ts'
import type { ErrorClass } from '../outcome.ts'
import type { BreakerSettings } from './breaker.ts'
import { countableClasses } from './count-as.ts'
import type { WindowSpan } from './window.ts'

/** A breaker as a profile holds it. */
export interface RawBreaker {
  readonly name?: string
  readonly per?: 'client' | 'request'
  readonly failureThreshold?: number | null
  readonly failureRate?: number | string | null
  readonly minimumCalls?: number
  readonly window?: number | string
  readonly slowCall?: { readonly longerThan: string; readonly rate?: number | string }
  readonly openFor?: string
  readonly successThreshold?: number
  readonly halfOpen?: { readonly probes?: number; readonly lease?: string }
  readonly countAs?: { readonly errors?: readonly ErrorClass[]; readonly statuses?: readonly number[] }
}

const defaults = {
  failureThreshold: 5,
  failureRate: 0.5,
  minimumCalls: 10,
  window: '10s',
  slowRate: 0.5,
  openFor: '30s',
  successThreshold: 3,
} as const

/** Probes are looked through one by one. */
const mostProbes = 1000

const count = (description: string, maximum: number): JsonSchema => ({
  type: 'integer',
  minimum: 1,
  maximum,
  description,
})

const listOf = (items: JsonSchema): JsonSchema => ({ type: 'array', items, minItems: 1 })

const failureRate = quantitySchema(
  'share',
  'opens at this share of failures in the window, default 50%; null for never',
)

/** Schema of `circuitBreaker`. */
export const breakerSchema: JsonSchema = objectSchema(
  {
    name: { type: 'string', minLength: 1, maxLength: 100, description: 'its name in events, default "client"' },
    per: {
      enum: ['client', 'request'],
      description: 'one for all requests (default), or one for each by its name, for the first 100 names',
    },
    failureThreshold: {
      ...count('opens after so many failures in a row, default 5; null for never', 1_000_000),
      type: ['integer', 'null'],
    },
    failureRate: { ...failureRate, anyOf: [...(failureRate['anyOf'] as JsonSchema[]), { type: 'null' }] },
    minimumCalls: count('calls in the window before a share of them counts, default 10', 1_000_000),
    window: {
      ...count('what shares are of: a duration such as "10s" (default), or a number of calls', 1_000_000),
      type: ['string', 'integer'],
    },
    slowCall: objectSchema(
      {
        longerThan: quantitySchema('duration', 'what takes longer is slow'),
        rate: quantitySchema('share', 'opens at this share of slow calls in the window, default 50%'),
      },
      { required: ['longerThan'], description: 'Opens for slow calls too; without it, however long they take.' },
    ),
    openFor: quantitySchema('duration', 'how long nothing passes, default 30s'),
    successThreshold: count('probes that must succeed to close it again, default 3', mostProbes),
    halfOpen: objectSchema(
      {
        probes: count('probes in flight at once, default successThreshold', mostProbes),
        lease: quantitySchema('duration', 'after so long the place of a probe goes to another, default openFor'),
      },
      { description: 'How it looks whether the target is back.' },
    ),
    countAs: {
      ...objectSchema(
        {
          errors: { ...listOf({ enum: countableClasses }), description: 'classes of errors; "status" for any status' },
          statuses: { ...listOf({ type: 'integer', minimum: 100, maximum: 599 }), description: 'statuses of answers' },
        },
        { description: 'What is a failure; default all errors, and of statuses those from 500 on and 429.' },
      ),
      minProperties: 1,
    },
  },
  { description: 'Refuses calls at once while the target fails.' },
)

/** What the schema cannot say of a breaker that it let pass. */
export function breakerProblems(raw: unknown, where: string): readonly Problem[] {
  const { window = defaults.window, slowCall, halfOpen, openFor, failureRate: rate } = raw as RawBreaker
  const parsed = typeof window === 'string' ? parseQuantity('duration', window) : null
  const malformed = parsed && 'problem' in parsed ? `${parsed.problem}, or a number of calls` : null
  return [
    ...neverOpens(raw as RawBreaker, where),
    ...(malformed === null ? [] : [{ where: `${where}/window`, message: malformed }]),
    ...(malformed === null && typeof window === 'string' ? notNothing(window, `${where}/window`) : []),
    ...notNothing(openFor, `${where}/openFor`),
    ...notNothing(halfOpen?.lease, `${where}/halfOpen/lease`),
    ...noShare(rate, `${where}/failureRate`),
    ...noShare(slowCall?.rate, `${where}/slowCall/rate`),
    ...tooManyCalls(raw as RawBreaker, where),
  ]
}

function neverOpens({ failureThreshold, failureRate: rate, slowCall }: RawBreaker, where: string): readonly Problem[] {
  if (failureThreshold !== null || rate !== null || slowCall) return []
  const message =
    'found failureThreshold null, failureRate null and no slowCall, with which it never opens, allowed: at least one of them'
  return [{ where, message }]
}

function tooManyCalls({ window, minimumCalls = 1 }: RawBreaker, where: string): readonly Problem[] {
  if (typeof window !== 'number' || minimumCalls <= window) return []
  const message = `found ${minimumCalls}, allowed: at most the window of ${window}`
  return [{ where: `${where}/minimumCalls`, message }]
}

/** Reads a breaker that the schema let pass and that has no problems. */
export function parseBreaker(raw: unknown): BreakerSettings {
  const {
    name = null,
    per = 'client',
    countAs,
    successThreshold = defaults.successThreshold,
    ...rest
  } = raw as RawBreaker
  const openForNs = durationNs(rest.openFor ?? defaults.openFor)
  const { probes = successThreshold, lease } = rest.halfOpen ?? {}
  return {
    name,
    per,
    ...rulesOf(rest),
    openForNs,
    successThreshold,
    halfOpen: { probes, leaseNs: lease === undefined ? openForNs : durationNs(lease) },
    countAs: countAs ? { errors: countAs.errors ?? [], statuses: countAs.statuses ?? [] } : null,
  }
}

/** When it opens. */
function rulesOf(raw: RawBreaker) {
  const { failureThreshold = defaults.failureThreshold, failureRate: rate = defaults.failureRate, slowCall } = raw
  const window = spanOf(raw.window ?? defaults.window)
  const fewest = window.kind === 'calls' ? Math.min(defaults.minimumCalls, window.count) : defaults.minimumCalls
  return {
    failureThreshold,
    failureRate: rate === null ? null : shareOf(rate),
    slowCall: slowCall
      ? { longerThanNs: durationNs(slowCall.longerThan), rate: shareOf(slowCall.rate ?? defaults.slowRate) }
      : null,
    minimumCalls: raw.minimumCalls ?? fewest,
    window,
  }
}

function spanOf(window: number | string): WindowSpan {
  return typeof window === 'number' ? { kind: 'calls', count: window } : { kind: 'time', ns: durationNs(window) }
}

function notNothing(duration: string | undefined, where: string): readonly Problem[] {
  if (duration === undefined || durationNs(duration) > 0) return []
  return [{ where, message: `found ${found(duration)}, allowed: more than nothing` }]
}

function noShare(share: number | string | null | undefined, where: string): readonly Problem[] {
  if (share === undefined || share === null || shareOf(share) > 0) return []
  return [{ where, message: `found ${found(share)}, allowed: more than nothing` }]
}
