import { nsPerMs } from '../kernel/units.ts'
import { binomialBand } from '../measure/binomial.ts'
import { bandAlpha, type Effect, type EffectFacts, effectOf } from '../measure/effect.ts'
import type { PolicyContext } from './policy.ts'

/** What may stand around a timeout of attempts without choosing among them by how long they take. */
const passing: readonly string[] = ['retry', 'rateLimit', 'concurrencyLimit', 'bulkhead']

/** How much sooner and later than the limit most of what it ends may be told of: histograms round, timers are late. */
const told = { soonerShare: 0.01, laterShare: 0.1, laterMs: 10 }

/** Of fewer failures the median says little. */
const leastFailures = 20

/**
 * Of the attempts, each by itself, that share is ended which takes longer than the limit. Asked of a timeout with nothing
 * inside that waits or repeats. More attempts than expected may be late where other policies change the load. Alone, what
 * it ends has taken as long as the limit.
 */
export function timeoutEffects(limitNs: number, context: PolicyContext): readonly Effect[] {
  const { others, around = [] } = context
  if (others.length > around.length || !around.every((other) => passing.includes(other))) return []
  return [...shareEffects(limitNs, context), ...(others.length === 0 ? lengthEffects(limitNs, context.facts) : [])]
}

function shareEffects(limitNs: number, { others, backgroundShare, facts, late }: PolicyContext): readonly Effect[] {
  const share = late?.(limitNs) ?? null
  if (share === null) return []
  const alone = others.length === 0
  const { policyCounters, allAttempts, load } = facts
  const { timeouts = 0 } = policyCounters
  // Alone, all that were in flight at the end of a slice had the time to run into the limit.
  const cutOff = alone && limitNs < load.drainNs ? 0 : cutOffAtMost(facts, timeouts) / Math.max(1, allAttempts)
  const [least] = binomialBand(allAttempts, share.lo * (1 - backgroundShare), bandAlpha)
  const [, most] = binomialBand(allAttempts, share.hi, bandAlpha)
  // One moment in which the machine does something else is that of all that are in flight.
  const atOnce = load.inFlight / Math.max(1, allAttempts)
  const band = [Math.max(0, least - cutOff), alone ? Math.min(1, most + atOnce) : 1] as const
  if (allAttempts > 0 && band[0] === 0 && band[1] === 1) return []
  return [effectOf('timeouts', 'share', band, allAttempts === 0 ? null : timeouts / allAttempts)]
}

/** Asked where hardly anything else failed. */
function lengthEffects(limitNs: number, { policyCounters, errors, timedFailures, failedP50Ms }: EffectFacts): Effect[] {
  const failed = Object.values(errors).reduce((sum, count) => sum + count, 0)
  const { timeouts = 0 } = policyCounters
  if (timedFailures < leastFailures || timeouts < 0.9 * failed) return []
  const limitMs = limitNs / nsPerMs
  const band = [limitMs * (1 - told.soonerShare), limitMs * (1 + told.laterShare) + told.laterMs] as const
  return [effectOf('failedP50', 'ms', band, failedP50Ms)]
}

/** Attempts that were cut off, and may have been about to run into the limit: no more than are in flight at the end of a slice. */
function cutOffAtMost({ cancelled, load }: EffectFacts, timeouts: number): number {
  const { inFlight, slices, scripted } = load
  return Math.min(Math.max(0, cancelled - timeouts), scripted ? cancelled : inFlight * slices)
}
