import { nsPerMs } from '../../kernel/units.ts'
import { effectOf, timerSlackMs } from '../../measure/effect.ts'
import { openBudget } from '../budget/budget.ts'
import type { PolicyContext, PolicyMember } from '../policy.ts'
import { HedgeFork, type HedgeShared } from './fork.ts'
import { RecentPercentile } from './recent-percentile.ts'
import { type HedgeDelay, hedgeProblems, hedgeSchema, type HedgeSettings, parseHedge } from './settings.ts'

/**
 * Starts another attempt of an idempotent operation beside one that has not answered within the delay, up to `maxHedges`,
 * each a delay after the one before; the first success is the answer, and the others are given up at once. (Dean and
 * Barroso, The Tail at Scale, 2013: hedged requests.) A failure that another attempt may mend starts that one at once, as in
 * Polly, unless an answer asks to wait (`Retry-After`, or the pushback of gRPC's A6): none begins sooner than that. When all
 * have failed the last failure is the answer. A budget bounds what this may cost: a hedge that it refuses is not made later
 * either.
 */
export const hedge: PolicyMember<HedgeSettings> = {
  keyword: 'hedge',
  schema: hedgeSchema,
  problems: hedgeProblems,
  parse: parseHedge,
  atOnce: ({ maxHedges }) => 1 + maxHedges,

  open({ delay, maxHedges, budget }) {
    const counters = { primaries: 0, hedges: 0, primaryWins: 0, hedgeWins: 0, hedgesCancelled: 0, hedgeRefused: 0 }
    const shared: HedgeShared = {
      counters,
      maxHedges,
      budget: budget === null ? null : openBudget(budget),
      ...delaysOf(delay),
    }
    return { kind: 'fork', counters, fork: (context) => new HedgeFork(shared, context) }
  },

  expect({ delay, maxHedges, budget }, context) {
    const { facts, others } = context
    // A policy of one's own, and another hedge, count under the same names.
    if (others.includes('use') || others.includes('hedge')) return []
    const { primaries = 0, hedges = 0, hedgeWins = 0 } = facts.policyCounters
    // What a retry, a fallback or a breaker does to the number of attempts is theirs to say.
    const alone = others.every((keyword) => keyword === 'timeout')
    if (primaries === 0) return alone ? [effectOf('hedgesPerAttempt', 'ratio', [0, maxHedges], null)] : []
    const fewest = alone && budget === null ? fewestHedges(delay, context) / primaries : 0
    return [
      effectOf('hedgesPerAttempt', 'ratio', [fewest, mostHedges(maxHedges, budget)], hedges / primaries),
      effectOf('hedgeWinsPerHedge', 'ratio', [0, 1], hedges === 0 ? 0 : hedgeWins / hedges),
      ...(alone ? [effectOf('attemptsPerBranch', 'ratio', [1, 1], facts.allAttempts / (primaries + hedges))] : []),
    ]
  },
}

/** The delay as it is now, and what it learns from. */
function delaysOf(delay: HedgeDelay): Pick<HedgeShared, 'delayNs' | 'took'> {
  if (delay.kind === 'fixed') return { delayNs: () => delay.delayNs, took: () => {} }
  const recent = new RecentPercentile(delay.percent)
  return {
    delayNs: () => Math.max(delay.leastNs, recent.valueNs ?? 0),
    took: (durationNs) => recent.record(durationNs),
  }
}

/** Half of the successes took at least the median: where that is longer than the delay, each of them had a hedge. */
function fewestHedges(delay: HedgeDelay, { facts, idempotentShare }: PolicyContext): number {
  const { p50Ms, operations, failedOperations } = facts
  if (delay.kind !== 'fixed' || p50Ms === null || idempotentShare < 1) return 0
  if (p50Ms <= delay.delayNs / nsPerMs + timerSlackMs) return 0
  return 0.45 * (operations - failedOperations)
}

/** Hedges per first attempt; of the budgets only one without a reserve bounds their number whatever the time. */
function mostHedges(maxHedges: number, budget: HedgeSettings['budget']): number {
  if (budget?.kind !== 'tokenBucket' || budget.minRetriesPerSecond > 0) return maxHedges
  return Math.min(maxHedges, budget.percentCanRetry)
}
