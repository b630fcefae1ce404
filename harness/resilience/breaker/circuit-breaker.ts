import { failure, type Outcome } from '../outcome.ts'
import { PerRequest } from '../per-request.ts'
import { decisions, type PolicyMember, type PolicyStage } from '../policy.ts'
import type { Call, Lingering } from '../step.ts'
import { Breaker, breakerCounters, type BreakerSettings, createPermit } from './breaker.ts'
import { isFailure, isOfTarget } from './count-as.ts'
import { expectBreaker } from './expect.ts'
import { breakerProblems, breakerSchema, parseBreaker } from './settings.ts'

/**
 * Refuses what is inside with `circuit-open` while its target fails. What is aborted from outside counts as nothing: of a
 * target that hangs it hears only through a limit on attempts, of the client or of the workload, inside of it.
 */
export const circuitBreaker: PolicyMember<BreakerSettings> = {
  keyword: 'circuitBreaker',
  schema: breakerSchema,
  problems: breakerProblems,
  parse: parseBreaker,

  open(settings, { log }) {
    const named = (name: string): Breaker =>
      new Breaker(name, settings, ({ atNs, from, to, reason }) =>
        log.note({ atNs, policy: 'circuitBreaker', name, event: to, from, reason }),
      )
    const { name, per } = settings
    const only = per === 'client' ? named(name ?? 'client') : null
    const byRequest = new PerRequest((request) => named(name === null ? request : `${name}/${request}`))
    const breakers = (): readonly Breaker[] => (only ? [only] : byRequest.all())
    return {
      kind: 'stage',
      get counters() {
        return sumOf(breakers())
      },
      breakers,
      stage: () => breakerStage(settings, ({ request }) => only ?? byRequest.of(request)),
    }
  },

  expect: expectBreaker,
}

function breakerStage({ countAs }: BreakerSettings, guardOf: (call: Call) => Breaker): PolicyStage {
  const refused = failure('circuit-open')
  let permit = createPermit()
  let breaker: Breaker | null = null
  const stage = {
    dueNs: Number.POSITIVE_INFINITY,
    ownOutcome: null as Outcome | null,
    begin(call: Call, nowNs: number) {
      breaker = guardOf(call)
      const admitted = breaker.admit(permit, nowNs)
      stage.ownOutcome = admitted ? null : refused
      return admitted ? decisions.proceed : decisions.settle
    },
    settled(outcome: Outcome, nowNs: number) {
      if (isOfTarget(outcome)) breaker?.settle(permit, !isFailure(outcome, countAs), nowNs)
      else breaker?.release(permit)
      return decisions.settle
    },
    timer: () => decisions.wait,
    abandoned(_nowNs: number, lingering: Lingering | null) {
      const [guard, held] = [breaker, permit]
      if (!lingering) return guard?.release(held)
      // Its place in a half-open breaker is taken until it has stopped, or its lease has come to an end.
      permit = createPermit()
      lingering.whenStopped(() => guard?.release(held))
    },
  } satisfies PolicyStage
  return stage
}

function sumOf(breakers: readonly Breaker[]): Record<string, number> {
  const sum: Record<string, number> = breakerCounters()
  for (const { counters } of breakers)
    for (const [name, counted] of Object.entries(counters)) sum[name] = (sum[name] ?? 0) + counted
  return sum
}
