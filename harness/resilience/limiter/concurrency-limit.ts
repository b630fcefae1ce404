import { effectOf } from '../../measure/effect.ts'
import { SlotStage } from '../bulkhead/slot-stage.ts'
import type { PolicyMember } from '../policy.ts'
import { ConcurrencyLimiter } from './concurrency-limiter.ts'
import {
  concurrencyLimitProblems,
  concurrencyLimitSchema,
  type ConcurrencyLimitSettings,
  parseConcurrencyLimit,
} from './limit-settings.ts'

/** Lets so much run at once as the target bears; the rest waits in order, or is refused as `bulkhead-rejected`. */
export const concurrencyLimit: PolicyMember<ConcurrencyLimitSettings> = {
  keyword: 'concurrencyLimit',
  schema: concurrencyLimitSchema,
  problems: concurrencyLimitProblems,
  parse: parseConcurrencyLimit,

  open(settings, { log, rng }) {
    const limiter = new ConcurrencyLimiter(settings, log, rng)
    const { slots, peaks, changes } = limiter
    return {
      kind: 'stage',
      counters: {
        get concurrencyAccepted() {
          return slots.tally.accepted
        },
        get concurrencyRejected() {
          return slots.tally.rejected
        },
        get concurrencyTimedOut() {
          return slots.tally.timedOut
        },
        get concurrencyQueued() {
          return slots.tally.queued
        },
        get concurrencyAbandoned() {
          return slots.tally.abandoned
        },
        get concurrencyRaised() {
          return changes.raised
        },
        get concurrencyLowered() {
          return changes.lowered
        },
      },
      peaks: {
        get concurrencyPeak() {
          return peaks.active
        },
        set concurrencyPeak(peak) {
          peaks.active = Math.max(peak, slots.active)
        },
        get concurrencyQueuePeak() {
          return peaks.queued
        },
        set concurrencyQueuePeak(peak) {
          peaks.queued = Math.max(peak, slots.line.length)
        },
        get concurrencyLimitPeak() {
          return Math.max(changes.highest, slots.limits.own)
        },
        set concurrencyLimitPeak(peak) {
          changes.highest = peak
        },
      },
      stage: (context) => new SlotStage(limiter, context),
    }
  },

  /** Never more at work than the highest limit there was, and that within its range. */
  expect({ max }, { others, facts: { load, policyPeaks } }) {
    // A second one counts under the same names.
    if (others.includes('concurrencyLimit')) return []
    const most = max * load.processes
    const highest = policyPeaks['concurrencyLimitPeak'] ?? null
    return [
      effectOf('concurrencyLimitPeak', 'calls', [0, most], highest),
      effectOf('concurrencyPeak', 'calls', [0, highest ?? most], policyPeaks['concurrencyPeak'] ?? null),
    ]
  },
}
