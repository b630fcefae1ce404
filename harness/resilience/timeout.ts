import { objectSchema, quantitySchema } from '../kernel/json-schema.ts'
import { durationNs } from '../kernel/units.ts'
import { decisions, failure, type PolicyMember, type PolicyStage } from './policy.ts'

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

  stage({ limitNs }, _rng, counters) {
    counters['timeouts'] ??= 0
    const stage: PolicyStage = {
      dueNs: Number.POSITIVE_INFINITY,
      ownOutcome: failure('timeout'),
      begin(_operation, nowNs) {
        stage.dueNs = nowNs + limitNs
        return decisions.proceed
      },
      settled() {
        stage.dueNs = Number.POSITIVE_INFINITY
        return decisions.settle
      },
      timer() {
        stage.dueNs = Number.POSITIVE_INFINITY
        counters['timeouts'] = (counters['timeouts'] ?? 0) + 1
        return decisions.settle
      },
    }
    return stage
  },

  expect: () => [],
}
