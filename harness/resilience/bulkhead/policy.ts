import { effectOf } from '../../measure/effect.ts'
import type { PolicyLog } from '../policy-log.ts'
import type { PolicyMember, StagedPolicy } from '../policy.ts'
import { Bulkhead, slotRange } from './bulkhead.ts'
import { bulkheadProblems, bulkheadSchema, type BulkheadSettings, parseBulkhead } from './settings.ts'
import { SlotStage } from './slot-stage.ts'

/** Lets so much run at once; the rest waits in order, or is refused as `bulkhead-rejected`. */
export const bulkhead: PolicyMember<BulkheadSettings> = {
  keyword: 'bulkhead',
  schema: bulkheadSchema,
  problems: bulkheadProblems,
  parse: parseBulkhead,
  open: (settings, { log }) => openBulkhead(settings, log),

  /** Never more at work than it lets; where there are slots for all who could ask, nobody is refused and nobody waits. */
  expect(settings, { others, facts }) {
    // A second one counts under the same names.
    if (others.includes('bulkhead')) return []
    const { load, policyCounters, policyPeaks } = facts
    const { fewest, most } = slotRange(settings)
    const limit = effectOf('bulkheadPeak', 'calls', [0, most * load.processes], policyPeaks['bulkheadPeak'] ?? null)
    // Policies that run an operation several times at once ask for more slots than there are operations.
    const alone = !others.some((other) => other === 'hedge' || other === 'use')
    if (!alone || load.scripted || load.inFlight > fewest) return [limit]
    return [
      limit,
      effectOf('bulkheadRejected', 'calls', [0, 0], policyCounters['bulkheadRejected'] ?? null),
      effectOf('bulkheadQueued', 'calls', [0, 0], policyCounters['bulkheadQueued'] ?? null),
    ]
  },
}

/** A bulkhead as a policy, with what it says of its compartments. */
export function openBulkhead(
  settings: BulkheadSettings,
  log: PolicyLog,
): StagedPolicy & { readonly bulkhead: Bulkhead } {
  const core = new Bulkhead(settings, log)
  return {
    kind: 'stage',
    bulkhead: core,
    counters: {
      get bulkheadAccepted() {
        return core.sum('accepted')
      },
      get bulkheadRejected() {
        return core.sum('rejected')
      },
      get bulkheadTimedOut() {
        return core.sum('timedOut')
      },
      get bulkheadQueued() {
        return core.sum('queued')
      },
      get bulkheadAbandoned() {
        return core.sum('abandoned')
      },
    },
    peaks: {
      get bulkheadPeak() {
        return core.peaks.active
      },
      set bulkheadPeak(peak) {
        core.peaks.active = Math.max(peak, ...core.stats().map(({ active }) => active))
      },
      get bulkheadQueuePeak() {
        return core.peaks.queued
      },
      set bulkheadQueuePeak(peak) {
        core.peaks.queued = Math.max(peak, ...core.stats().map(({ queued }) => queued))
      },
    },
    bulkheads: () => core.stats(),
    stage: (context) => new SlotStage(core, context),
  }
}
