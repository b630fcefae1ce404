import { objectSchema, quantitySchema } from '../../kernel/json-schema.ts'
import { durationNs } from '../../kernel/units.ts'
import { binomialBand } from '../../measure/binomial.ts'
import { bandAlpha, effectOf } from '../../measure/effect.ts'
import { decisions, failure, type Outcome, type PolicyMember, type PolicyStage } from '../policy.ts'
import { exponential } from './exponential.ts'
import { fixed } from './fixed.ts'
import { none } from './none.ts'
import type { RetryDelays, RetryStrategy } from './strategy.ts'

const strategies: Readonly<Record<string, RetryStrategy>> = { none, fixed, exponential }

/** Statuses that a later call may turn into a success (RFC 9110 and 6585: overload and gateways). */
const defaultRetryOn = [429, 502, 503, 504]

/** When and how often a failed attempt is repeated. */
export interface RetrySettings extends RetryDelays {
  readonly strategy: keyof typeof strategies
  /** All calls of one operation, the first included. */
  readonly maxCalls: number
  /** Statuses that are tried again; failures of the connection always are. */
  readonly retryOn: readonly number[]
}

interface RawRetry {
  readonly strategy?: string
  readonly maxCalls?: number
  readonly baseDelay?: string
  readonly maxDelay?: string
  readonly retryOn?: readonly number[]
}

function retryable({ error, status }: Outcome, retryOn: readonly number[]): boolean {
  if (error === 'status') return retryOn.includes(status)
  // A wrong body is an answer, and an abort is the caller's own wish: neither gets better by asking again.
  return error !== 'body' && error !== 'aborted'
}

/** Repeats failed attempts of idempotent operations, up to `maxCalls` in all. */
export const retry: PolicyMember<RetrySettings> = {
  keyword: 'retry',
  schema: objectSchema(
    {
      strategy: { enum: Object.keys(strategies), description: 'delay before each repetition (default exponential)' },
      maxCalls: { type: 'integer', minimum: 1, maximum: 100, description: 'all calls, the first included (default 3)' },
      baseDelay: quantitySchema('duration', 'delay before the first repetition, default 50ms'),
      maxDelay: quantitySchema('duration', 'longest delay, default 30s'),
      retryOn: {
        type: 'array',
        items: { type: 'integer', minimum: 100, maximum: 599 },
        description: `statuses that are tried again, default ${defaultRetryOn.join(', ')}`,
      },
    },
    { description: 'Repeats failed attempts of idempotent requests.' },
  ),

  parse(raw) {
    const { strategy = 'exponential', maxCalls = 3, baseDelay = '50ms', maxDelay = '30s', retryOn } = raw as RawRetry
    return {
      strategy,
      maxCalls: strategy === 'none' ? 1 : maxCalls,
      baseDelayNs: durationNs(baseDelay),
      maxDelayNs: durationNs(maxDelay),
      retryOn: retryOn ?? defaultRetryOn,
    }
  },

  stage(settings, rng, counters) {
    const strategy = strategies[settings.strategy] ?? none
    counters['retries'] ??= 0
    counters['exhausted'] ??= 0
    let call = 0
    let idempotent = true
    const stage: PolicyStage = {
      dueNs: Number.POSITIVE_INFINITY,
      ownOutcome: failure('timeout'),
      begin(operation) {
        call = 1
        idempotent = operation.idempotent
        stage.dueNs = Number.POSITIVE_INFINITY
        return decisions.proceed
      },
      settled(outcome, nowNs) {
        if (outcome.ok || !idempotent || !retryable(outcome, settings.retryOn)) return decisions.settle
        if (call >= settings.maxCalls) {
          if (settings.maxCalls > 1) counters['exhausted'] = (counters['exhausted'] ?? 0) + 1
          return decisions.settle
        }
        call++
        counters['retries'] = (counters['retries'] ?? 0) + 1
        const delayNs = strategy.delayNs(settings, call, rng)
        if (delayNs === 0) return decisions.proceed
        stage.dueNs = nowNs + delayNs
        return decisions.wait
      },
      timer() {
        stage.dueNs = Number.POSITIVE_INFINITY
        return decisions.proceed
      },
    }
    return stage
  },

  /**
   * With a share q of failing attempts and n calls, q^n of the operations fail and an operation takes
   * (1 - q^n) / (1 - q) attempts on average (a truncated geometric series). What the target fails by itself, retried or
   * not, widens both bands.
   */
  expect({ maxCalls: n }, { injectedShare: q, backgroundShare: background, idempotentShare, facts }) {
    const { operations, attempts, failedOperations, cutOff } = facts
    if (operations === 0) return [effectOf('errorRate', 'share', [0, 1], null)]
    const most = 1 - (1 - q) * (1 - background)
    // What may not be repeated fails as often as its one attempt.
    const failing = idempotentShare * q ** n + (1 - idempotentShare) * q
    const callsAt = (share: number): number => idempotentShare * meanCalls(share, n) + (1 - idempotentShare)
    const [lo] = binomialBand(operations, failing, bandAlpha)
    const [, hi] = binomialBand(operations, Math.min(1, failing + background), bandAlpha)
    const slack = (1 + cutOff * n) / operations
    const fewest = callsAt(q) * (1 - background) - spreadOf(q, n, operations) - slack
    const calls = [fewest, callsAt(most) + spreadOf(most, n, operations) + slack] as const
    return [
      effectOf('errorRate', 'share', [lo, hi], failedOperations / operations),
      effectOf('attemptsPerOperation', 'ratio', calls, attempts / operations),
    ]
  },
}

/** Calls per operation on average: the sum of P(at least k calls). */
function meanCalls(q: number, n: number): number {
  return Array.from({ length: n }, (_, k) => q ** k).reduce((a, b) => a + b, 0)
}

/** 3.9 standard errors of that mean. The second moment of min(geometric, n) is the sum of (2k - 1) P(at least k calls). */
function spreadOf(q: number, n: number, operations: number): number {
  const second = Array.from({ length: n }, (_, k) => (2 * k + 1) * q ** k).reduce((a, b) => a + b, 0)
  return 3.9 * Math.sqrt(Math.max(0, second - meanCalls(q, n) ** 2) / operations)
}
