import { nsPerSecond } from '../../kernel/units.ts'
import { effectOf } from '../../measure/effect.ts'
import type { PolicyLog } from '../policy-log.ts'
import type { ClientContext, PolicyMember, StagedPolicy } from '../policy.ts'
import { AdaptiveThrottle, type ThrottleOptions, ThrottleStage } from './adaptive-throttle.ts'
import { AimdRate } from './aimd-rate.ts'
import type { RateAlgorithm } from './rate-algorithm.ts'
import { parseRateLimit, rateLimitProblems, rateLimitSchema, type RateLimitSettings } from './rate-settings.ts'
import { RateLimiter } from './rate-limiter.ts'
import { RateStage } from './rate-stage.ts'
import { SlidingWindow } from './sliding-window.ts'
import { expectThrottle } from './throttle-expect.ts'
import { TokenBucket } from './token-bucket.ts'

type Paced = Exclude<RateLimitSettings, { algorithm: 'adaptiveThrottle' }>

/** Lets calls pass at a rate; the rest waits in order, or is refused as `rate-limited`. */
export const rateLimit: PolicyMember<RateLimitSettings> = {
  keyword: 'rateLimit',
  schema: rateLimitSchema,
  problems: rateLimitProblems,
  parse: parseRateLimit,

  open(settings, context) {
    return settings.algorithm === 'adaptiveThrottle' ? openThrottle(settings) : openPaced(settings, context)
  },

  /** Never more calls than the bursts and the time allow, whatever is asked. */
  expect(settings, context) {
    // A second one counts under the same names.
    if (context.others.includes('rateLimit')) return []
    if (settings.algorithm === 'adaptiveThrottle') return expectThrottle(settings, context)
    const { load, policyCounters } = context.facts
    const perSlice = mostIn(load.sliceNs, settings)
    const most = load.processes * load.slices * perSlice
    return [effectOf('rateLimitAccepted', 'calls', [0, most], policyCounters['rateLimitAccepted'] ?? null)]
  },
}

/** The most calls that pass in a time. */
function mostIn(ns: number, settings: Paced): number {
  switch (settings.algorithm) {
    case 'tokenBucket':
      return settings.burst + (settings.rate * ns) / nsPerSecond
    case 'slidingWindow':
      return settings.limit * (Math.floor(ns / settings.windowNs) + 1)
    case 'aimd':
      return settings.burst + (settings.max * ns) / nsPerSecond
  }
}

function openPaced(settings: Paced, { wheel, log }: ClientContext): StagedPolicy {
  const algorithm = algorithmOf(settings, log)
  const limiter = new RateLimiter(algorithm, wheel)
  const { tally, peaks } = limiter
  return {
    kind: 'stage',
    counters: {
      get rateLimitAccepted() {
        return tally.accepted
      },
      get rateLimitRejected() {
        return tally.rejected
      },
      get rateLimitTimedOut() {
        return tally.timedOut
      },
      get rateLimitQueued() {
        return tally.queued
      },
      get rateLimitAbandoned() {
        return tally.abandoned
      },
      get rateLimitRaised() {
        return algorithm.changes?.raised ?? 0
      },
      get rateLimitCut() {
        return algorithm.changes?.cut ?? 0
      },
    },
    peaks: {
      get rateLimitQueuePeak() {
        return peaks.queued
      },
      set rateLimitQueuePeak(peak) {
        peaks.queued = Math.max(peak, limiter.waiting)
      },
    },
    stage: (context) => new RateStage(limiter, settings.maxWaitNs, context),
  }
}

function algorithmOf(settings: Paced, log: PolicyLog): RateAlgorithm {
  switch (settings.algorithm) {
    case 'tokenBucket':
      return new TokenBucket(settings.rate, settings.burst)
    case 'slidingWindow':
      return new SlidingWindow(settings.limit, settings.windowNs)
    case 'aimd':
      return new AimdRate(settings, log)
  }
}

function openThrottle(options: ThrottleOptions): StagedPolicy {
  const throttle = new AdaptiveThrottle(options)
  const { counts } = throttle
  return {
    kind: 'stage',
    counters: {
      get rateLimitAccepted() {
        return counts.accepted
      },
      get rateLimitRejected() {
        return counts.rejected
      },
    },
    stage: ({ rng }) => new ThrottleStage(throttle, rng),
  }
}
