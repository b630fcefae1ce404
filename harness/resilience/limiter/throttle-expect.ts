import { bandAlpha, type Effect, type EffectFacts, effectOf } from '../../measure/effect.ts'
import { failuresIn } from '../failures-in.ts'
import type { PolicyContext } from '../policy.ts'
import type { ThrottleOptions } from './adaptive-throttle.ts'
import { tookOn } from './overload.ts'
import { recentShare } from './recent-counts.ts'

/** Policies by which a call may fail, or be answered by something else, where no attempt failed. */
const elsewhere: readonly string[] = ['use', 'fallback']

/**
 * What must be seen of a throttle by chance: while the target takes on all that it is asked, nothing is refused. Where it
 * takes on nothing and no other policy is in the way, no more passes than `admittedAtMost`.
 */
export function expectThrottle(options: ThrottleOptions, { others, facts }: PolicyContext): readonly Effect[] {
  const { rateLimitAccepted = 0, rateLimitRejected = 0, timeouts = 0 } = facts.policyCounters
  const failed = failuresIn(facts.attemptErrors) + facts.cancelled + timeouts
  const alone = others.length === 0
  const quiet = failed === 0 && !others.some((other) => elsewhere.includes(other))
  const hopeless = alone && !facts.load.scripted && tookOnNothing(facts)
  const told = facts.errors['rate-limited'] ?? 0
  return [
    ...(alone ? [effectOf('refusedOperations', 'count', [rateLimitRejected, rateLimitRejected], told)] : []),
    ...(quiet ? [effectOf('rateLimitRejected', 'calls', [0, 0], rateLimitRejected)] : []),
    ...(hopeless
      ? [effectOf('rateLimitAccepted', 'calls', [0, admittedAtMost(options, facts)], rateLimitAccepted)]
      : []),
  ]
}

/** Whether there were attempts, and each has failed in a way that says so. */
function tookOnNothing(facts: EffectFacts): boolean {
  const failures = failuresIn(facts.attemptErrors, (outcome) => !tookOn(outcome))
  return failures > 0 && failures + facts.cancelled >= facts.allAttempts
}

/**
 * Of a target that takes on nothing, a call passes with probability 1 / (n + 1) after n that have ended within the window.
 * Of each stretch that a window covers, in each process, that lets those pass that are in flight at the beginning, and then
 * about the logarithm of what is asked for; by chance no more than that by Freedman's inequality (1975).
 */
function admittedAtMost({ windowNs }: ThrottleOptions, { load, policyCounters }: EffectFacts): number {
  const { rateLimitAccepted = 0, rateLimitRejected = 0 } = policyCounters
  const stretches = load.slices * (Math.floor(load.sliceNs / (recentShare * windowNs)) + 1)
  const of = load.processes * stretches
  const mean = of * Math.log(1 + (rateLimitAccepted + rateLimitRejected) / of)
  const rarely = -Math.log(bandAlpha)
  return stretches * load.inFlight + mean + rarely / 3 + Math.sqrt(rarely ** 2 / 9 + 2 * rarely * mean)
}
