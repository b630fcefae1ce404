import type { Problem } from '../kernel/errors.ts'
import { isRecord } from '../kernel/json.ts'
import { objectSchema, quantitySchema } from '../kernel/json-schema.ts'
import { durationNs } from '../kernel/units.ts'
import { failure } from './outcome.ts'
import { decisions, type PolicyCounters, type PolicyMember, type PolicyStage } from './policy.ts'
import type { Call } from './step.ts'
import { timeoutEffects } from './timeout-expect.ts'

/** Limits in ns; Infinity for none. */
export interface TimeoutSettings {
  readonly limitNs: number
}

/** Ends what is inside when it takes longer than the limit; what is faster is not touched. */
export const timeout: PolicyMember<TimeoutSettings> = {
  keyword: 'timeout',
  schema: {
    ...objectSchema(
      {
        operation: quantitySchema('duration', 'limit of the whole operation, waits and repetitions included'),
        attempt: quantitySchema('duration', 'limit of each attempt'),
      },
      { description: 'A ceiling on waiting; at least one of the two.' },
    ),
    minProperties: 1,
  },
  problems: timeoutProblems,

  parse: (raw) => ({ limitNs: durationNs(raw) }),

  open({ limitNs }) {
    const counters = { timeouts: 0 }
    return { kind: 'stage', counters, stage: () => timeoutStage(limitNs, counters) }
  },

  byLateness: true,
  expect: ({ limitNs }, context) => timeoutEffects(limitNs, context),
}

/** A limit of nothing lets nothing through, and one of attempts that is no shorter than the operation's never acts. */
function timeoutProblems(raw: unknown, where: string): readonly Problem[] {
  if (!isRecord(raw)) return []
  const limits = Object.entries(raw as Readonly<Record<string, string>>)
  const idle = limits.filter(([, limit]) => durationNs(limit) === 0)
  if (idle.length > 0)
    return idle.map(([key]) => ({ where: `${where}/${key}`, message: 'found no time at all, allowed: more than 0' }))
  const { operation, attempt } = raw as { readonly operation?: string; readonly attempt?: string }
  if (operation === undefined || attempt === undefined || durationNs(attempt) < durationNs(operation)) return []
  return [{ where: `${where}/attempt`, message: `found ${attempt}, allowed: less than the operation's ${operation}` }]
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
