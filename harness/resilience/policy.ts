import type { Problem } from '../kernel/errors.ts'
import type { JsonSchema } from '../kernel/json-schema.ts'
import type { Rng } from '../kernel/rng.ts'
import type { TimerWheel } from '../kernel/timer-wheel.ts'
import type { Effect, EffectFacts } from '../measure/effect.ts'
import type { RetryFigures } from '../measure/retry-figures.ts'
import type { DeadLetters } from './dead-letters.ts'
import type { Breaker } from './breaker/breaker.ts'
import type { BulkheadStats } from './bulkhead/stats.ts'
import type { Outcome } from './outcome.ts'
import type { PolicyLog } from './policy-log.ts'
import type { PoolPort } from './pool/places.ts'
import type { Pool } from './pool/pool.ts'
import type { Call, Lingering, MakeStep, Step, StepOwner } from './step.ts'
import type { UserPolicies } from './use/user-policy.ts'

/** What a stage wants next: go on inwards, wait, or let an outcome pass outwards. */
export const decisions = { proceed: 0, wait: 1, settle: 2 } as const
export type Decision = (typeof decisions)[keyof typeof decisions]

/**
 * One client policy of one operation: a state machine driven by events. It owns no timer and no promise; its pipeline
 * calls it back at `dueNs`. Events of one operation never overlap.
 *
 * It is at work from a `begin` that did not settle until it settles or is abandoned. Waiting, nothing is inside of it.
 */
export interface PolicyStage {
  /** When `timer` is due, in absolute ns; Infinity for never. Read after each event. */
  dueNs: number
  /** A new operation begins, or is begun again by the stage around this one; `settle` refuses it with `ownOutcome`. */
  begin(call: Call, nowNs: number): Decision
  /**
   * What is inside has ended, but for the work that goes on after it was given up. `settle` passes the outcome on,
   * `proceed` runs the inside again, `wait` waits first.
   */
  settled(outcome: Outcome, nowNs: number, lingering: Lingering | null): Decision
  /** `dueNs` has come. Of what is inside, `proceed` and `settle` make an end first; `wait` lets it go on. */
  timer(nowNs: number): Decision
  /** Ended from outside, at work or waiting: gives back what it holds, once the work that goes on has stopped. */
  abandoned(nowNs: number, lingering: Lingering | null): void
  /** The outcome when this stage settles; null where that of the inside passes on as it is. */
  readonly ownOutcome: Outcome | null
}

/** Counts by name over all operations of a client; they only grow. */
export type PolicyCounters = Record<string, number>

/** What a policy is opened with. */
export interface ClientContext {
  readonly wheel: TimerWheel
  readonly rng: Rng
  readonly log: PolicyLog
  readonly userPolicies: UserPolicies
  readonly letters: DeadLetters
  /** Whether somebody watches while it works: what would cost something to follow is followed then only. */
  readonly watched: boolean
}

/** What one operation at a time is given. */
export interface StageContext {
  readonly rng: Rng
  /** Goes on with a stage that waits, or ends what is inside of it, as `timer` would. Never within an event of this stage. */
  readonly act: (decision: Decision, nowNs: number) => void
}

/** What a policy that runs its inside several times at once is given. */
export interface ForkContext {
  readonly wheel: TimerWheel
  readonly rng: Rng
  readonly owner: StepOwner
  /** Makes one more of what is inside. */
  readonly inner: MakeStep
  /** Makes an attempt with no policy between: for what another target is asked. */
  readonly attempt: MakeStep
}

interface OpenPolicy {
  /** What it has counted; the names are the policy's own in a result. */
  readonly counters: PolicyCounters
  /** The highest that something has been, by name. Whoever reads them sets them back: to what it is now, at least. */
  readonly peaks?: Record<string, number>
  /** Its circuit breakers, where it has any: to be watched, forced and reset. */
  breakers?(): readonly Breaker[]
  /** Its bulkheads, where it has any. */
  bulkheads?(): readonly BulkheadStats[]
  /** What it repeated since this was last asked, by request, where it repeats and is watched. */
  takeRetries?(): Readonly<Record<string, RetryFigures>>
}

/** A policy that is a state machine around one inside. */
export interface StagedPolicy extends OpenPolicy {
  readonly kind: 'stage'
  stage(context: StageContext): PolicyStage
}

/** A policy that runs its inside as often as it likes. */
export interface ForkingPolicy extends OpenPolicy {
  readonly kind: 'fork'
  fork(context: ForkContext): Step
}

/** A policy that stands around nothing: it rules the connections on which attempts are made. */
export interface ConnectionsPolicy extends OpenPolicy {
  readonly kind: 'connections'
  /** Makes a pool of connections, each of which may take so long to be made. */
  pool<Resource, Cause>(port: PoolPort<Resource, Cause>, connectTimeoutNs: number): Pool<Resource, Cause>
}

/** A policy of one client: what all of its operations in one process share. */
export type Policy = StagedPolicy | ForkingPolicy | ConnectionsPolicy

/** What every client policy file exports. */
export interface PolicyMember<Settings> {
  /** The keyword in a profile. */
  readonly keyword: string
  readonly schema: JsonSchema
  /** What the schema cannot say of settings that it let pass, such as a minimum above its maximum. */
  problems?(raw: unknown, where: string): readonly Problem[]
  /** Why it cannot be had with the workload of a profile, whose keys are as they stand there. */
  workloadProblems?(workload: Readonly<Record<string, unknown>>, where: string): readonly Problem[]
  parse(raw: unknown): Settings
  /** How often it runs its inside at once, at most; absent: once. */
  atOnce?(settings: Settings): number
  /** Other targets that it asks, by name; absent: none. */
  targets?(settings: Settings): readonly string[]
  open(settings: Settings, context: ClientContext): Policy
  /** What it expects follows from how long attempts take: it is asked where nobody knows how many of them fail, too. */
  readonly byLateness?: true
  /** What must be seen if it did what it should under the fault of the context, or under none. */
  expect(settings: Settings, context: PolicyContext): readonly Effect[]
}

/** What a policy may know when it says what it should have done. */
export interface PolicyContext {
  /** Probability that an attempt fails by the fault it runs under. */
  readonly injectedShare: number
  /** Between which shares attempts run into a limit on them; null, and absent: nobody knows. */
  readonly late?: (limitNs: number) => { readonly lo: number; readonly hi: number } | null
  /** What may fail besides, at most: the upper confidence limit of the baseline's share. */
  readonly backgroundShare: number
  /** Share of the operations that may be repeated. */
  readonly idempotentShare: number
  /** Keywords of the other policies of the client: a formula may hold only where a policy is alone. */
  readonly others: readonly string[]
  /** Of these, what stands around it and may end or refuse what it would make up for; absent: nothing. */
  readonly around?: readonly string[]
  readonly facts: EffectFacts
}
