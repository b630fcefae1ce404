import type { Problem } from '../../kernel/errors.ts'
import { type JsonSchema, objectSchema, quantitySchema } from '../../kernel/json-schema.ts'
import { durationNs } from '../../kernel/units.ts'
import type { PoolLimits } from './limits.ts'

/** A pool as a profile says it. How long a connection may take to be made, the workload's own timeout says. */
export type PoolSettings = Omit<PoolLimits, 'connectTimeoutNs' | 'checkTimeoutNs'>

/** A pool as a profile holds it. */
export interface RawPool {
  readonly min?: number
  readonly max?: number
  readonly acquireTimeout?: string
  readonly idleTimeout?: string
  readonly maxLifetime?: string
  readonly order?: 'lifo' | 'fifo'
  readonly refillPerSecond?: number
  readonly connectsPerSecond?: number
}

/** A pool as a program holds it. */
export interface ProgramPool extends RawPool {
  /** How long making a connection, and the answer to a check, may take (default 5s each). */
  readonly connectTimeout?: string
  readonly checkTimeout?: string
}

const perSecond = (description: string): JsonSchema => ({ type: 'number', exclusiveMinimum: 0, description })

const properties: Readonly<Record<string, JsonSchema>> = {
  min: {
    type: 'integer',
    minimum: 0,
    maximum: 10_000,
    description: 'connections that each load process keeps, made before the first request (default 0)',
  },
  max: {
    type: 'integer',
    minimum: 1,
    maximum: 10_000,
    description: 'connections of each load process, at most, those being made included (default 10)',
  },
  acquireTimeout: quantitySchema(
    'duration',
    'how long an attempt may wait for its turn; making its connection does not count. Default 5s',
  ),
  idleTimeout: quantitySchema(
    'duration',
    'a connection unused for so long is closed while there are more than min, default 60s',
  ),
  maxLifetime: quantitySchema(
    'duration',
    'a connection older than this is not used again; drawn between 90 % and all of it. Default: none',
  ),
  order: {
    enum: ['lifo', 'fifo'],
    description:
      'the idle connection used last is taken first, so that those not needed end (lifo, default), or the one unused for longest',
  },
  refillPerSecond: perSecond('connections made per second to have min again after a loss, at most (default 10)'),
  connectsPerSecond: perSecond(
    'connections made per second at all, but for the first min, at most (default: no limit)',
  ),
}

export const poolSchema = objectSchema(properties, {
  description: 'A pool of connections, one for each load process.',
})

export const programPoolSchema = objectSchema(
  {
    ...properties,
    connectTimeout: quantitySchema('duration', 'how long making a connection may take, default 5s'),
    checkTimeout: quantitySchema('duration', 'how long the answer to a check may take, default 5s'),
  },
  { description: 'A pool of connections.' },
)

const times = ['acquireTimeout', 'idleTimeout', 'maxLifetime', 'connectTimeout', 'checkTimeout'] as const

/** A maximum below the minimum, and times of nothing. */
export function poolProblems(raw: unknown, where: string): readonly Problem[] {
  const { min = 0, max = 10, ...others } = raw as ProgramPool
  const none = times.filter((key) => others[key] !== undefined && durationNs(others[key]) === 0)
  return [
    ...(max < min ? [{ where: `${where}/max`, message: `found ${max}, allowed: at least min, which is ${min}` }] : []),
    ...none.map((key) => ({
      where: `${where}/${key}`,
      message: `found ${JSON.stringify(others[key])}, allowed: over 0`,
    })),
  ]
}

/** Only drivers that give a connection to one attempt at a time can take it from a pool. */
export function poolWorkloadProblems(
  { protocol, version, pipelining, keepAlive }: Readonly<Record<string, unknown>>,
  where: string,
): readonly Problem[] {
  const allowed = 'allowed: only where a connection carries one attempt at a time'
  if (protocol === 'udp') return [{ where, message: `found a pool of udp, which has no connections, ${allowed}` }]
  if (protocol === 'grpc' || version === '2')
    return [{ where, message: `found a pool of ${protocol === 'grpc' ? 'gRPC' : 'HTTP/2'} connections, ${allowed}` }]
  if (typeof pipelining === 'number' && pipelining > 1)
    return [{ where, message: `found a pool beside pipelining ${pipelining}, ${allowed}` }]
  if (keepAlive === false) return [{ where, message: 'found a pool beside keepAlive false, allowed: with keepAlive' }]
  return []
}

export function parsePool(raw: unknown): PoolSettings {
  const settings = raw as RawPool
  const { min = 0, max = 10, order = 'lifo', refillPerSecond = 10, connectsPerSecond } = settings
  const { acquireTimeout = '5s', idleTimeout = '60s', maxLifetime } = settings
  return {
    min,
    max,
    acquireTimeoutNs: durationNs(acquireTimeout),
    idleTimeoutNs: durationNs(idleTimeout),
    maxLifetimeNs: maxLifetime === undefined ? Number.POSITIVE_INFINITY : durationNs(maxLifetime),
    order,
    refillPerSecond,
    connectsPerSecond: connectsPerSecond ?? Number.POSITIVE_INFINITY,
  }
}
