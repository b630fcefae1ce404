import type { Problem } from '../../kernel/errors.ts'
import { isRecord, step } from '../../kernel/json.ts'
import { type JsonSchema, objectSchema, quantitySchema } from '../../kernel/json-schema.ts'
import { quoted } from '../../kernel/suggest.ts'
import { durationNs, shareOf } from '../../kernel/units.ts'
import { type AwsSettings, openAwsBudget } from './aws.ts'
import { type ConcurrentSettings, openConcurrentBudget } from './concurrent.ts'
import { type GrpcSettings, openGrpcBudget } from './grpc.ts'
import type { RetryBudget } from './retry-budget.ts'
import { openTokenBucket, type TokenBucketSettings } from './token-bucket.ts'

export type { RetryBudget } from './retry-budget.ts'

/** A budget of one of its kinds. */
export type BudgetSettings = TokenBucketSettings | GrpcSettings | AwsSettings | ConcurrentSettings

const ttl = quantitySchema('duration', 'how long an attempt counts, 1s to 60s, default 10s')

/** The keys of each kind, with their schemas. */
const keys = {
  tokenBucket: {
    ttl,
    percentCanRetry: {
      type: 'number',
      minimum: 0,
      maximum: 1000,
      description: 'extra attempts per first attempt, default 0.2; above 1 for several each',
    },
    minRetriesPerSecond: {
      type: 'number',
      minimum: 0,
      maximum: 1e6,
      description: 'extra attempts per second that are always allowed, default 10',
    },
  },
  grpc: {
    maxTokens: {
      type: 'number',
      exclusiveMinimum: 0,
      maximum: 1000,
      description: 'tokens of a full bucket, default 10',
    },
    tokenRatio: {
      type: 'number',
      exclusiveMinimum: 0,
      maximum: 1000,
      description: 'what a success gives back, default 0.1',
    },
  },
  aws: {
    capacity: { type: 'integer', minimum: 1, maximum: 1e6, description: 'tokens of a full bucket, default 500' },
    retryCost: { type: 'integer', minimum: 0, maximum: 1e6, description: 'tokens of an extra attempt, default 5' },
    timeoutCost: {
      type: 'integer',
      minimum: 0,
      maximum: 1e6,
      description: 'tokens of an extra attempt after a timeout, default 10',
    },
  },
  concurrent: {
    share: quantitySchema('share', 'extra attempts among all attempts at once, at most; default 20%'),
    minConcurrency: {
      type: 'integer',
      minimum: 0,
      maximum: 1e6,
      description: 'extra attempts at once that are always allowed, default 3',
    },
  },
} as const satisfies Readonly<Record<BudgetSettings['kind'], Readonly<Record<string, JsonSchema>>>>

/** Schema of a budget of extra attempts, which all operations of a client in a process share. */
export const budgetSchema: JsonSchema = objectSchema(
  {
    kind: {
      enum: Object.keys(keys),
      description: 'tokenBucket as in Finagle, grpc as in its A6, aws as in its SDKs, concurrent as in Envoy',
    },
    ...Object.assign({}, ...Object.values(keys)),
  },
  { required: ['kind'], description: 'Limits extra attempts over all operations of a client, in each load process.' },
)

interface RawBudget {
  readonly kind: BudgetSettings['kind']
  readonly ttl?: string
  readonly percentCanRetry?: number
  readonly minRetriesPerSecond?: number
  readonly maxTokens?: number
  readonly tokenRatio?: number
  readonly capacity?: number
  readonly retryCost?: number
  readonly timeoutCost?: number
  readonly share?: string | number
  readonly minConcurrency?: number
}

/** What the schema cannot say of a budget that it let pass: keys of another kind, and Finagle's bounds of its `ttl`. */
export function budgetProblems(raw: unknown, where: string): readonly Problem[] {
  if (!isRecord(raw)) return []
  const { kind, ttl: written } = raw as unknown as RawBudget
  const own = ['kind', ...Object.keys(keys[kind])]
  const strange = Object.keys(raw)
    .filter((key) => !own.includes(key))
    .map((key) => ({ where: where + step(key), message: `found ${key} of another kind, allowed: ${quoted(own)}` }))
  const ttlNs = written === undefined ? 10e9 : durationNs(written)
  if (strange.length > 0 || (ttlNs >= 1e9 && ttlNs <= 60e9)) return strange
  return [{ where: `${where}/ttl`, message: `found ${written}, allowed: 1s to 60s` }]
}

/** Reads a budget without problems, and fills in the defaults of its source. */
export function parseBudget(raw: unknown): BudgetSettings {
  const given = raw as RawBudget
  switch (given.kind) {
    case 'tokenBucket': {
      const { kind, ttl: time = '10s', percentCanRetry = 0.2, minRetriesPerSecond = 10 } = given
      return { kind, ttlNs: durationNs(time), percentCanRetry, minRetriesPerSecond }
    }
    case 'grpc': {
      const { kind, maxTokens = 10, tokenRatio = 0.1 } = given
      return { kind, maxTokens, tokenRatio }
    }
    case 'aws': {
      const { kind, capacity = 500, retryCost = 5, timeoutCost = 10 } = given
      return { kind, capacity, retryCost, timeoutCost }
    }
    case 'concurrent': {
      const { kind, share = 0.2, minConcurrency = 3 } = given
      return { kind, share: shareOf(share), minConcurrency }
    }
  }
}

/** Opens a budget: its state is that of one client. */
export function openBudget(settings: BudgetSettings): RetryBudget {
  switch (settings.kind) {
    case 'tokenBucket':
      return openTokenBucket(settings)
    case 'grpc':
      return openGrpcBudget(settings)
    case 'aws':
      return openAwsBudget(settings)
    case 'concurrent':
      return openConcurrentBudget(settings)
  }
}
