import { type JsonSchema, objectSchema, quantitySchema } from '../../kernel/json-schema.ts'
import { budgetSchema } from '../budget/budget.ts'
import { transientStatuses } from '../classify.ts'
import { errorClasses } from '../outcome.ts'
import { strategies } from './strategies.ts'

/** Settings of a retry by name, in the form of a profile; other keys override them (SysManage's predefined policies). */
export const presets = {
  network: { maxCalls: 5, baseDelay: '1s', maxDelay: '30s', factor: 2, jitter: 0.1 },
  database: { maxCalls: 3, baseDelay: '500ms', maxDelay: '10s', factor: 2, jitter: 0.1 },
  api: { maxCalls: 4, baseDelay: '2s', maxDelay: '60s', factor: 1.5, jitter: 0.1, retryOn: [429, 502, 503, 504] },
} as const

/** What is never repeated, whatever a profile says: the program's own mistakes, and what the caller wanted. */
const unnamed: readonly string[] = ['status', 'script', 'aborted']

const delays: Readonly<Record<string, JsonSchema>> = {
  baseDelay: quantitySchema('duration', 'delay before the first repetition, default 50ms'),
  maxDelay: quantitySchema('duration', 'longest delay, jitter included, default 30s'),
  factor: {
    type: 'number',
    minimum: 1,
    maximum: 100,
    description: 'growth of delays from one repetition to the next, default 2',
  },
  jitter: quantitySchema('share', 'delays are drawn from so much less to so much more, default 0; adaptive: 5%'),
}

const repetitions = (word: string, standard: number): JsonSchema => ({
  type: 'integer',
  minimum: 0,
  maximum: 100,
  description: `repetitions after ${word}, default ${standard}`,
})

/** The keys of a retry, but for the budget that all requests of a client share. */
const rules: Readonly<Record<string, JsonSchema>> = {
  preset: { enum: Object.keys(presets), description: 'settings by name, which the other keys override' },
  strategy: {
    enum: [...Object.keys(strategies), 'selecting'],
    description: 'delay before each repetition (default exponential)',
  },
  maxCalls: { type: 'integer', minimum: 1, maximum: 100, description: 'all calls, the first included (default 3)' },
  budgets: objectSchema(
    {
      transient: repetitions('failures of the connection, timeouts, overload', 5),
      flaky: repetitions('answers other than the expected one, and status 500', 2),
      permanent: repetitions('other statuses', 0),
    },
    { description: 'Repetitions in one operation by class of failure, in place of maxCalls and retryOn' },
  ),
  ...delays,
  strategies: {
    type: 'array',
    items: objectSchema(
      { strategy: { enum: Object.keys(strategies), description: 'strategy' }, ...delays },
      { required: ['strategy'], description: 'A strategy; keys that it has not are those around it' },
    ),
    minItems: 2,
    maxItems: 10,
    description: 'what selecting chooses among; default exponential, linear and adaptive',
  },
  explore: {
    type: 'integer',
    minimum: 1,
    maximum: 1000,
    description: 'operations that selecting has try each strategy at first, default 10',
  },
  exploreShare: quantitySchema('share', 'operations that selecting has try any strategy later, default 5%'),
  retryOn: {
    type: 'array',
    items: {
      anyOf: [
        { type: 'integer', minimum: 1, maximum: 599 },
        { enum: errorClasses.filter((error) => !unnamed.includes(error)) },
      ],
    },
    description: `statuses and error classes that are tried again; default ${transientStatuses.join(', ')} (those below 100 are of gRPC). Where it names no class: failures of the connection, timeouts and broken answers`,
  },
  retryAfter: {
    enum: ['capped', 'always', 'ignore'],
    description: 'a Retry-After is waited for up to maxDelay, as long as it says, or not (default capped)',
  },
  deadline: quantitySchema('duration', 'no repetition begins later than this after the operation did; absent: none'),
  nonIdempotent: { type: 'boolean', description: 'also repeats what must not be sent twice (default false)' },
}

/** Schema of a client's retry. */
export const retrySchema: JsonSchema = objectSchema(
  { ...rules, budget: budgetSchema },
  { description: 'Repeats failed attempts of idempotent requests.' },
)

const description = "In place of the client's retry, where it has one; false for none, true for the client's own"

/** Schema of the `retry` of one request of a workload: the definition `requestRetry`. */
export const requestRetrySchema: JsonSchema = {
  ...objectSchema(rules, { description }),
  type: ['object', 'boolean'],
}

/** The `retry` of a request, in a schema with that definition. */
export const requestRetryReference: JsonSchema = { $ref: '#/definitions/requestRetry', description }
