import { binomialBand } from '../../measure/binomial.ts'
import { bandAlpha, type Effect, effectOf } from '../../measure/effect.ts'
import type { PolicyContext } from '../policy.ts'
import type { FallbackSettings } from './settings.ts'

/** Policies that may run a whole fallback several times in one operation, so that it answers more often than callers hear. */
const multiplying = ['hedge', 'use', 'fallback']

/**
 * Whatever it answered from elsewhere is counted as degraded. With a share q of failing attempts and no other policy, that
 * share of the operations is answered so or fails (give or take what the target fails by itself); outermost, with a default
 * and only requests that may be made up for, none fails but by what the target's answers lack.
 */
export function expectFallback(settings: FallbackSettings, context: PolicyContext): readonly Effect[] {
  const { injectedShare: q, backgroundShare: background, idempotentShare, others, around = [], facts } = context
  const { operations, degradedOperations, failedOperations, allDegraded, policyCounters } = facts
  if (operations === 0) return [effectOf('errorRate', 'share', [0, 1], null)]
  const count = (name: string): number => policyCounters[name] ?? 0
  const answered = count('fallbackAlternative') + count('fallbackCacheHits') + count('fallbackDefaults')
  const effects: Effect[] = []
  if (!others.some((other) => multiplying.includes(other)))
    effects.push(effectOf('degradedAnswers', 'operations', [answered, answered], allDegraded))
  if (others.length === 0 && !settings.cache?.first) {
    const [lo] = binomialBand(operations, q, bandAlpha)
    const [, hi] = binomialBand(operations, Math.min(1, q + background), bandAlpha)
    effects.push(effectOf('madeUpFor', 'share', [lo, hi], (degradedOperations + failedOperations) / operations))
  }
  // What stands around it may fail an operation of which it never hears.
  const all =
    around.length === 0 &&
    settings.default !== null &&
    settings.on === null &&
    (settings.nonIdempotent || idempotentShare === 1)
  if (all && count('fallbackExhausted') === 0) {
    const [, hi] = binomialBand(operations, background, bandAlpha)
    effects.push(effectOf('errorRate', 'share', [0, hi], failedOperations / operations))
  }
  return effects
}
