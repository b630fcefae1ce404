import { type JsonSchema, objectSchema, quantitySchema } from '../../kernel/json-schema.ts'
import { durationNs, nsPerSecond } from '../../kernel/units.ts'
import type { Fate, ServiceQueueSettings } from './service-queue.ts'

/** A server of limited capacity, and what it answers to those whom it does not serve. */
export interface CapacitySettings extends ServiceQueueSettings {
  /** HTTP status for whoever is turned away since too many wait. */
  readonly fullStatus: number
  /** What `Retry-After` says then, in whole seconds; null for no such field. */
  readonly retryAfterS: number | null
}

/** The same as a profile holds it. */
export interface RawCapacity {
  readonly perSecond: number
  readonly servers?: number
  readonly distribution?: 'fixed' | 'exponential'
  readonly order?: 'fifo' | 'lifo'
  readonly maxQueue?: number
  readonly maxQueueTime?: string
  readonly expire?: boolean
  readonly fullStatus?: number
  readonly retryAfter?: string
}

/** The field in which a client says how many milliseconds it will wait for the answer, as Envoy does. */
export const deadlineField = 'x-envoy-expected-rq-timeout-ms'

const defaults = { servers: 1, distribution: 'fixed', order: 'fifo', expire: false, fullStatus: 503 } as const

/** JSON Schema of `capacity`. */
export const capacitySchema: JsonSchema = objectSchema(
  {
    perSecond: {
      type: 'number',
      exclusiveMinimum: 0,
      maximum: 1e6,
      description: 'Requests that all servers together serve in a second; one takes servers / perSecond seconds',
    },
    servers: {
      type: 'integer',
      minimum: 1,
      maximum: 10_000,
      default: defaults.servers,
      description: 'Requests that are served at once',
    },
    distribution: {
      enum: ['fixed', 'exponential'],
      default: defaults.distribution,
      description: 'Whether all take the same time, or one drawn from an exponential distribution',
    },
    order: {
      enum: ['fifo', 'lifo'],
      default: defaults.order,
      description: 'Whether whoever waits longest is served next, or whoever came last',
    },
    maxQueue: { type: 'integer', minimum: 0, description: 'Requests that may wait; absent: any number' },
    maxQueueTime: quantitySchema('duration', 'The same, as the time that serving all that wait takes'),
    expire: {
      type: 'boolean',
      default: defaults.expire,
      description: `Whether what has waited for longer than its field ${deadlineField} says is answered 504 instead of being served`,
    },
    fullStatus: {
      enum: [429, 503],
      default: defaults.fullStatus,
      description: 'Answer to whoever comes when no more may wait',
    },
    retryAfter: quantitySchema('duration', 'Retry-After of that answer, in whole seconds, rounded up'),
  },
  { required: ['perSecond'], description: 'It serves so much and no more; what it cannot serve at once waits' },
)

/** Reads `capacity` that has passed `capacitySchema`. Of two limits of the queue the lower one holds. */
export function parseCapacity(raw: RawCapacity): CapacitySettings {
  const { perSecond, servers, distribution, order, expire, fullStatus } = { ...defaults, ...raw }
  const limits = [
    ...(raw.maxQueue === undefined ? [] : [raw.maxQueue]),
    ...(raw.maxQueueTime === undefined ? [] : [Math.floor((durationNs(raw.maxQueueTime) * perSecond) / nsPerSecond)]),
  ]
  return {
    servers,
    serviceNs: (servers / perSecond) * nsPerSecond,
    distribution,
    order,
    maxQueue: limits.length === 0 ? null : Math.min(...limits),
    expire,
    fullStatus,
    retryAfterS: raw.retryAfter === undefined ? null : Math.ceil(durationNs(raw.retryAfter) / nsPerSecond),
  }
}

/** What is answered over HTTP to a request that was not served. */
export interface Refusal {
  readonly status: number
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
}

/** The answers of a server to what it does not serve. */
export function refusalsOf({
  fullStatus,
  retryAfterS,
}: CapacitySettings): Readonly<Record<Exclude<Fate, 'served'>, Refusal>> {
  return {
    expired: { status: 504, body: 'expired by knob', headers: {} },
    rejected: {
      status: fullStatus,
      body: 'full by knob',
      headers: retryAfterS === null ? {} : { 'retry-after': String(retryAfterS) },
    },
  }
}

/** When a request's client stops to wait, by its own field; Infinity where it does not say. */
export function deadlineOf(field: string | readonly string[] | undefined, nowNs: number): number {
  const text = typeof field === 'string' ? field : undefined
  return text !== undefined && /^\d{1,9}$/u.test(text) ? nowNs + Number(text) * 1e6 : Number.POSITIVE_INFINITY
}
