import type { Rng } from '../../kernel/rng.ts'
import { openBudget } from '../budget/budget.ts'
import type { PolicyMember } from '../policy.ts'
import { retryEffects } from './expect.ts'
import { repetitionsOf } from './limit.ts'
import { retryProblems } from './problems.ts'
import { retrySchema } from './schema.ts'
import { parseRetry, type RetryRules, type RetrySettings } from './settings.ts'
import { type OperationRules, type RetryCounters, RetryStage } from './stage.ts'
import { openStrategy } from './strategies.ts'
import { RetryWatch, WatchedRetryStage } from './watched-stage.ts'

/** Repeats failed attempts, up to `maxCalls` in all or by the class of their failures. */
export const retry: PolicyMember<RetrySettings> = {
  keyword: 'retry',
  schema: retrySchema,
  problems: retryProblems,
  parse: parseRetry,

  open(settings, { watched }) {
    const counters: RetryCounters = {
      retries: 0,
      exhausted: 0,
      recovered: 0,
      notRetryable: 0,
      notIdempotent: 0,
      deadlineGivenUp: 0,
      budgetRefused: 0,
      backoffUs: 0,
    }
    const budget = settings.budget === null ? null : openBudget(settings.budget)
    const own = openRules(settings)
    const byRequest = Object.entries(settings.requests).map(
      ([request, rules]) => [request, openRules(rules ?? never(settings))] as const,
    )
    const watch = watched ? new RetryWatch() : null
    return {
      kind: 'stage',
      counters,
      takeRetries: () => watch?.take() ?? {},
      stage({ rng }) {
        const usual = own(rng)
        const special = new Map(byRequest.map(([request, rules]) => [request, rules(rng.fork(request))]))
        const rulesFor = (request: string): OperationRules => special.get(request) ?? usual
        const stage = new RetryStage({ rulesFor, budget, counters })
        return watch ? new WatchedRetryStage(stage, watch) : stage
      },
    }
  },

  expect: retryEffects,
}

/** Opens what a client's operations share under some rules; what is returned makes what each has to itself. */
function openRules(rules: RetryRules): (rng: Rng) => OperationRules {
  const delays = openStrategy(rules.delays)
  const repetitions = repetitionsOf(rules)
  return (rng) => ({ rules, repetitions, delays: delays.operation(rng) })
}

/** The rules of a request that is never repeated. */
function never(rules: RetryRules): RetryRules {
  return { ...rules, limits: { kind: 'calls', maxCalls: 1 } }
}
