import { binomialBand } from '../../measure/binomial.ts'
import { bandAlpha, type Effect, effectOf } from '../../measure/effect.ts'
import type { PolicyContext } from '../policy.ts'
import { mostCalls } from './limit.ts'
import { type RetryRules, type RetrySettings, transientClasses } from './settings.ts'

/** Policies with which fewer operations may fail than attempts and repetitions alone let expect; a second retry is one. */
const mending: readonly string[] = ['fallback', 'hedge', 'use', 'retry']

/**
 * With a share q of failing attempts and n calls, q^n of the operations fail and an operation takes
 * (1 - q^n) / (1 - q) attempts on average (a truncated geometric series). What the target fails by itself, retried or
 * not, widens both bands. Where something besides n limits the repetitions, only what n bounds is expected.
 */
export function retryEffects(settings: RetrySettings, context: PolicyContext): readonly Effect[] {
  if (context.facts.operations === 0) return [effectOf('errorRate', 'share', [0, 1], null)]
  return limitedByCalls(settings, context) ? exactly(settings, context) : atMost(settings, context)
}

function limitedByCalls({ budget, deadlineNs, requests, retryOn }: RetrySettings, { others }: PolicyContext): boolean {
  const alone = budget === null && deadlineNs === null && others.length === 0 && Object.keys(requests).length === 0
  return alone && transientClasses.every((error) => retryOn.classes.includes(error))
}

function exactly(settings: RetrySettings, context: PolicyContext): readonly Effect[] {
  const { injectedShare: q, backgroundShare: background, facts } = context
  const { operations, attempts, failedOperations, cutOff } = facts
  const repeated = settings.nonIdempotent ? 1 : context.idempotentShare
  const n = callsOf(settings)
  const most = mostCalls(settings)
  // What may not be repeated fails as often as its one attempt.
  const failing = repeated * q ** n + (1 - repeated) * q
  const callsAt = (share: number, calls: number): number => repeated * meanCalls(share, calls) + (1 - repeated)
  const [lo] = binomialBand(operations, failing, bandAlpha)
  const [, hi] = binomialBand(operations, Math.min(1, failing + background), bandAlpha)
  const slack = (1 + cutOff * most) / operations
  const anyFails = 1 - (1 - q) * (1 - background)
  const fewest = callsAt(q, n) * (1 - background) - spreadOf(q, n, operations) - slack
  const calls = [fewest, callsAt(anyFails, most) + spreadOf(anyFails, most, operations) + slack] as const
  return [
    effectOf('errorRate', 'share', [lo, hi], failedOperations / operations),
    effectOf('attemptsPerOperation', 'ratio', calls, attempts / operations),
  ]
}

function atMost(settings: RetrySettings, context: PolicyContext): readonly Effect[] {
  const { injectedShare: q, backgroundShare: background, others, facts } = context
  const { operations, attempts, failedOperations, cutOff } = facts
  const most = Math.max(mostCalls(settings), ...Object.values(settings.requests).map(callsOfRequest))
  const alone = others.length === 0
  const mended = others.some((other) => mending.includes(other))
  const [lo] = binomialBand(operations, mended ? 0 : q ** most, bandAlpha)
  const [, hi] = binomialBand(operations, alone ? Math.min(1, q + background) : 1, bandAlpha)
  const slack = (1 + cutOff * most) / operations
  const anyFails = 1 - (1 - q) * (1 - background)
  const calls = alone ? meanCalls(anyFails, most) + spreadOf(anyFails, most, operations) : most
  const errors = effectOf('errorRate', 'share', [lo, hi], failedOperations / operations)
  // Others may send more than one attempt for a call, or none.
  if (mended) return [errors]
  const band = [alone ? 1 - slack : 0, calls + slack] as const
  return [errors, effectOf('attemptsPerOperation', 'ratio', band, attempts / operations)]
}

/** Calls of an operation whose attempts fail as faults on the way make them fail. */
function callsOf({ limits }: RetryRules): number {
  return limits.kind === 'calls' ? limits.maxCalls : 1 + limits.transient
}

function callsOfRequest(rules: RetryRules | null): number {
  return rules === null ? 1 : mostCalls(rules)
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
