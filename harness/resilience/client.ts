import type { Rng } from '../kernel/rng.ts'
import type { TimerWheel } from '../kernel/timer-wheel.ts'
import type { Effect } from '../measure/effect.ts'
import type { RetryFigures } from '../measure/retry-figures.ts'
import { DeadLetters } from './dead-letters.ts'
import type { Breaker } from './breaker/breaker.ts'
import type { BulkheadStats } from './bulkhead/stats.ts'
import { memberOf } from './members.ts'
import { Pipeline } from './pipeline.ts'
import { PolicyLog } from './policy-log.ts'
import type { ConnectionsPolicy, Policy, PolicyContext, PolicyCounters, StagedPolicy } from './policy.ts'
import type { ClientPolicies } from './settings.ts'
import type { MakeStep, Step, StepOwner } from './step.ts'
import type { UserPolicies } from './use/user-policy.ts'

/** What the operations of a client run on. */
export interface ClientOptions {
  readonly wheel: TimerWheel
  readonly rng: Rng
  /** Those that its policies name, loaded before; absent where they name none. */
  readonly userPolicies?: UserPolicies
  /** Whether somebody will ask what its retries do by request; absent: nobody. */
  readonly watched?: boolean
}

/** How one operation at a time is put together. */
export interface OperationParts {
  /** Belongs to this operation alone. */
  readonly rng: Rng
  /** Told of each end. */
  readonly owner: StepOwner
  /** Makes what is inside of all policies: an attempt on a wire, or a call of a function. */
  readonly attempt: MakeStep
}

/** A client with its policies: what all of its operations in one process share. */
export class Client {
  readonly log = new PolicyLog()
  readonly letters = new DeadLetters()
  readonly #policies: readonly Policy[]
  readonly #wheel: TimerWheel

  constructor(policies: ClientPolicies, { wheel, rng, userPolicies = new Map(), watched = false }: ClientOptions) {
    this.#wheel = wheel
    const own = { wheel, log: this.log, letters: this.letters, userPolicies, watched }
    this.#policies = policies.map(({ keyword, settings }, index) =>
      memberOf(keyword).open(settings, { ...own, rng: rng.fork(index) }),
    )
  }

  /** Makes an operation, to be begun again and again; one at a time on each. */
  operation({ rng, owner, attempt }: OperationParts): Step {
    const around = this.#policies.filter(({ kind }) => kind !== 'connections')
    return this.#stepOf(around, rng, owner, attempt)
  }

  /** What rules the connections of its attempts; absent where nothing does. */
  get connections(): ConnectionsPolicy | undefined {
    return this.#policies.find((policy) => policy.kind === 'connections')
  }

  /** What the policies have counted since the client was made, by name. */
  counters(): PolicyCounters {
    const sum: PolicyCounters = {}
    for (const { counters } of this.#policies)
      for (const [name, count] of Object.entries(counters)) sum[name] = (sum[name] ?? 0) + count
    return sum
  }

  /** The circuit breakers of its policies; one for each request is there from the first call of that request on. */
  breakers(): readonly Breaker[] {
    return this.#policies.flatMap((policy) => policy.breakers?.() ?? [])
  }

  /** How its bulkheads fare, as `breakers`. */
  bulkheads(): readonly BulkheadStats[] {
    return this.#policies.flatMap((policy) => policy.bulkheads?.() ?? [])
  }

  /** What its retries did since this was last asked, by request; empty unless it is watched. */
  takeRetries(): Readonly<Record<string, RetryFigures>> {
    return Object.assign({}, ...this.#policies.map((policy) => policy.takeRetries?.()))
  }

  /** The highest that things have been since this was last asked, by name. */
  takePeaks(): Record<string, number> {
    const taken: Record<string, number> = {}
    for (const { peaks } of this.#policies) {
      for (const [name, peak] of Object.entries(peaks ?? {})) {
        taken[name] = Math.max(taken[name] ?? 0, peak)
        if (peaks) peaks[name] = 0
      }
    }
    return taken
  }

  /** The first policies up to one that forks are a pipeline; what is inside of that one is made in the same way, by it. */
  #stepOf(policies: readonly Policy[], rng: Rng, owner: StepOwner, attempt: MakeStep): Step {
    const [first] = policies
    if (!first) return attempt(owner)
    if (first.kind === 'fork') {
      let branches = 0
      return first.fork({
        wheel: this.#wheel,
        rng: rng.fork('fork', policies.length),
        owner,
        inner: (of) => this.#stepOf(policies.slice(1), rng.fork('branch', policies.length, branches++), of, attempt),
        attempt,
      })
    }
    const at = policies.findIndex(({ kind }) => kind === 'fork')
    const staged = at < 0 ? policies : policies.slice(0, at)
    const rest = policies.slice(staged.length)
    return new Pipeline({
      policies: staged as readonly StagedPolicy[],
      inner: rest.length === 0 ? attempt : (of) => this.#stepOf(rest, rng, of, attempt),
      owner,
      wheel: this.#wheel,
      rng,
    })
  }
}

/** What must be seen if the client's policies did what they should under a fault; `injectedShare` is null where it is not known. */
export function clientEffects(
  policies: ClientPolicies,
  context: Omit<PolicyContext, 'injectedShare' | 'others' | 'around'> & { readonly injectedShare: number | null },
): readonly Effect[] {
  const keywords = policies.map(({ keyword }) => keyword)
  return policies.flatMap(({ keyword, settings }, index) => {
    const around = keywords.slice(0, index)
    const others = [...around, ...keywords.slice(index + 1)]
    const member = memberOf(keyword)
    const { injectedShare } = context
    if (injectedShare === null && !member.byLateness) return []
    return member.expect(settings, { ...context, injectedShare: injectedShare ?? 0, others, around })
  })
}
