import { objectSchema, quantitySchema } from '../kernel/json-schema.ts'
import { durationNs } from '../kernel/units.ts'
import { failure } from './outcome.ts'
import { decisions, type PolicyCounters, type PolicyMember, type PolicyStage } from './policy.ts'
import type { Call } from './step.ts'

/** Limits in ns; Infinity for none. */
export interface TimeoutSettings {
  readonly limitNs: number
}

/** Ends what is inside when it takes longer than the limit; what is faster is not touched. */
export const timeout: PolicyMember<TimeoutSettings> = {
  keyword: 'timeout',
  schema: objectSchema(
    {
      operation: quantitySchema('duration', 'limit of the whole operation, waits and repetitions included'),
      attempt: quantitySchema('duration', 'limit of each attempt'),
    },
    { description: 'A ceiling on waiting; at least one of the two.' },
  ),

  parse: (raw) => ({ limitNs: durationNs(raw) }),

  open({ limitNs }) {
    const counters = { timeouts: 0 }
    return { kind: 'stage', counters, stage: () => timeoutStage(limitNs, counters) }
  },

  expect: () => [],
}

/** Counts in `timeouts`. */
export function timeoutStage(limitNs: number, counters: PolicyCounters & { timeouts: number }): PolicyStage {
  const expired = failure('timeout')
  let call: Call | null = null
  let outerDeadlineNs = Number.POSITIVE_INFINITY
  const restore = (): void => {
    stage.dueNs = Number.POSITIVE_INFINITY
    if (call) call.deadlineNs = outerDeadlineNs
  }
  const stage = {
    dueNs: Number.POSITIVE_INFINITY,
    ownOutcome: null as typeof expired | null,
    begin(begun: Call, nowNs: number) {
      call = begun
      outerDeadlineNs = begun.deadlineNs
      stage.dueNs = nowNs + limitNs
      stage.ownOutcome = null
      // Nobody waits longer than whoever waits the shortest.
      if (stage.dueNs < outerDeadlineNs) begun.deadlineNs = stage.dueNs
      return decisions.proceed
    },
    settled() {
      restore()
      return decisions.settle
    },
    timer() {
      restore()
      counters.timeouts++
      stage.ownOutcome = expired
      return decisions.settle
    },
    abandoned: restore,
  } satisfies PolicyStage
  return stage
}
