import type { PolicyMember } from '../policy.ts'
import { AnswerCache } from './answer-cache.ts'
import { FallbackChain, type FallbackCounters, type FallbackShared } from './chain.ts'
import { expectFallback } from './expect.ts'
import { fallbackProblems, fallbackSchema, type FallbackSettings, parseFallback } from './settings.ts'

/**
 * Answers from elsewhere when the target fails: other targets, each by one attempt with no other policy between; then the
 * last good answer of the target; then a default. What none of the targets has done may be kept as a dead letter.
 */
export const fallback: PolicyMember<FallbackSettings> = {
  keyword: 'fallback',
  schema: fallbackSchema,
  problems: fallbackProblems,
  parse: parseFallback,
  targets: ({ alternatives }) => alternatives.map(({ target }) => target),

  open(settings, { letters }) {
    const counters = countersOf(settings)
    const cache = settings.cache && new AnswerCache(settings.cache)
    const flushDue = cache ? flusher(settings.cache?.flushAtNs ?? [], cache, counters) : () => {}
    const shared: FallbackShared = { settings, cache, letters, counters, flushDue }
    return { kind: 'fork', counters, fork: (context) => new FallbackChain(shared, context) }
  },

  expect: expectFallback,
}

function countersOf({ alternatives }: FallbackSettings): FallbackCounters {
  return {
    fallbackAlternative: 0,
    ...Object.fromEntries(alternatives.map(({ target }) => [`fallbackAnswered.${target}`, 0])),
    fallbackCacheHits: 0,
    fallbackStale: 0,
    fallbackCacheMisses: 0,
    fallbackEvictions: 0,
    fallbackFlushes: 0,
    fallbackDefaults: 0,
    fallbackExhausted: 0,
    fallbackPassed: 0,
    fallbackTimeouts: 0,
    deadLetters: 0,
    deadLetterDropped: 0,
  }
}

/** Forgets the cache at each of the times, which count from the first operation. */
function flusher(
  flushAtNs: readonly number[],
  cache: AnswerCache,
  counters: FallbackCounters,
): FallbackShared['flushDue'] {
  let fromNs: number | null = null
  let done = 0
  return (nowNs) => {
    if (done === flushAtNs.length) return
    fromNs ??= nowNs
    for (; nowNs - fromNs >= (flushAtNs[done] ?? Number.POSITIVE_INFINITY); done++) {
      cache.flush()
      counters.fallbackFlushes++
    }
  }
}
