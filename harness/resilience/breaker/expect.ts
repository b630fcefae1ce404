import { type Effect, type EffectFacts, effectOf } from '../../measure/effect.ts'
import { failuresIn } from '../failures-in.ts'
import type { PolicyContext } from '../policy.ts'
import type { BreakerSettings } from './breaker.ts'
import { isFailure, isOfTarget } from './count-as.ts'

/** Of products of shares and counts. */
const rounding = 1e-9

/** A refusal takes no longer, in ms. */
const refusalMs = 5

/**
 * What must be seen of a breaker. It opens at most once for as many failures as its rules ask for, and once more for each
 * further one, so that without failures it neither opens nor refuses. Where everything fails and no other policy is in
 * the way, it must have opened once a process has seen enough failures, refusals must be quick, and the target may
 * see only what the breaker lets through (`admittedAtMost`). These bounds are arithmetic: chance has no part in them.
 */
export function expectBreaker(
  settings: BreakerSettings,
  { facts, injectedShare, others }: PolicyContext,
): readonly Effect[] {
  // Code of the user's may fail where no attempt did, and a second breaker counts under the same names.
  if (others.includes('use') || others.includes('circuitBreaker')) return []
  const { circuitOpened = 0, circuitRejected = 0, circuitSlow = 0, timeouts = 0 } = facts.policyCounters
  const failed = failuresIn(facts.attemptErrors) + facts.cancelled + circuitSlow + timeouts
  const most = Math.max(0, failed - fewestToOpen(settings) + 1)
  const alone = others.length === 0
  const mustOpen = alone && injectedShare >= 1 && settings.per === 'client' && hasSeenEnough(settings, facts)
  return [
    effectOf('circuitOpened', 'count', [mustOpen ? 1 : 0, most], circuitOpened),
    ...(most === 0 ? [effectOf('circuitRejected', 'count', [0, 0], circuitRejected)] : []),
    ...(alone ? [agreement(facts.errors['circuit-open'] ?? 0, circuitRejected)] : []),
    ...(mustOpen ? totalFailure(settings, facts) : []),
  ]
}

/** What it says that it refused is what the operations were told. */
function agreement(told: number, counted: number): Effect {
  return effectOf('refusedOperations', 'count', [counted, counted], told)
}

function totalFailure(settings: BreakerSettings, facts: EffectFacts): readonly Effect[] {
  const letThrough = failuresIn(facts.errors, ({ error }) => error !== 'circuit-open')
  // Else the slowest hundredth may have none that was refused.
  const mostlyRefused = letThrough < 0.01 * facts.timedFailures && facts.failedP99Ms !== null
  return [
    // A user of a script may have any number in flight.
    ...(facts.load.scripted
      ? []
      : [effectOf('attempts', 'count', [0, admittedAtMost(settings, facts)], facts.allAttempts)]),
    ...(mostlyRefused ? [effectOf('failedP99', 'ms', [0, refusalMs], facts.failedP99Ms)] : []),
  ]
}

/**
 * What a breaker lets through of a target that always fails: until it opens, as many failures as that takes and whatever
 * else was in flight; then, for each time it stays open, the probes; and of probes that do not end, more for each lease.
 */
function admittedAtMost(settings: BreakerSettings, { load }: EffectFacts): number {
  const { openForNs, halfOpen } = settings
  const { processes, inFlight, slices, sliceNs } = load
  // Its state lasts as long as the target, which is at least a slice.
  const closed = slices * (processes * failuresToOpen(settings) + inFlight)
  const timesIn = (ns: number): number => slices * (Math.floor(sliceNs / ns) + 1)
  return closed + processes * halfOpen.probes * (timesIn(openForNs) + timesIn(halfOpen.leaseNs))
}

/** Failures, or slow calls, without which none of its rules opens it. */
function fewestToOpen({ failureThreshold, failureRate, slowCall, minimumCalls }: BreakerSettings): number {
  const shares = [failureRate ?? Number.POSITIVE_INFINITY, slowCall?.rate ?? Number.POSITIVE_INFINITY]
  const byShare = shares.map((share) => Math.ceil(share * minimumCalls - rounding))
  return Math.min(failureThreshold ?? Number.POSITIVE_INFINITY, ...byShare)
}

/** Failures with nothing between them that always open it: those in a window of time may be too far apart. */
function failuresToOpen({ failureThreshold, failureRate, minimumCalls, window }: BreakerSettings): number {
  const byRate = failureRate !== null && window.kind === 'calls' ? minimumCalls : Number.POSITIVE_INFINITY
  return Math.min(failureThreshold ?? Number.POSITIVE_INFINITY, byRate)
}

/**
 * Whether nothing but failures was seen, and so many of them that they cannot be spread over the processes and the lives of
 * the target without one of the breakers opening.
 */
function hasSeenEnough(settings: BreakerSettings, facts: EffectFacts): boolean {
  const failures = failuresIn(
    facts.attemptErrors,
    (outcome) => isOfTarget(outcome) && isFailure(outcome, settings.countAs),
  )
  const spread = facts.load.processes * facts.load.slices * (failuresToOpen(settings) - 1)
  return failures + facts.cancelled >= facts.allAttempts && failures > spread
}
