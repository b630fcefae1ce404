import type { JsonSchema } from '../kernel/json-schema.ts'
import type { Rng } from '../kernel/rng.ts'
import type { Effect, EffectFacts } from '../measure/effect.ts'

/**
 * How an attempt or an operation ended. A closed list: these are the keys of `errors` in a result. `dns`: no address was
 * found; `unreachable`: there is no way to it; `tls`: the handshake failed; `check`: an assertion did not hold; `lost`: a datagram had no answer in time; `exhausted`: this machine has no
 * port, file or buffer left; `script`: the user's script threw.
 */
export const errorClasses = [
  'dns',
  'unreachable',
  'connect',
  'refused',
  'reset',
  'closed',
  'timeout',
  'tls',
  'protocol',
  'status',
  'body',
  'check',
  'lost',
  'exhausted',
  'script',
  'aborted',
] as const
export type ErrorClass = (typeof errorClasses)[number]

/** The end of an attempt or of an operation. Shared constants where possible: nothing is allocated per attempt. */
export interface Outcome {
  readonly ok: boolean
  readonly error: ErrorClass | null
  /** HTTP status where one was received, else 0. */
  readonly status: number
}

export const success: Outcome = { ok: true, error: null, status: 0 }

const failures: Readonly<Record<ErrorClass, Outcome>> = Object.fromEntries(
  errorClasses.map((error) => [error, { ok: false, error, status: 0 }]),
) as Record<ErrorClass, Outcome>

/** The failure of a class, without a status. */
export function failure(error: ErrorClass): Outcome {
  return failures[error]
}

/** What a policy may know of the operation it acts for. */
export interface OperationFacts {
  /** Whether doing it twice is the same as doing it once. */
  readonly idempotent: boolean
}

/** What a stage wants next: go on inwards, be called again at `dueNs`, or let the outcome pass outwards. */
export const decisions = { proceed: 0, wait: 1, settle: 2 } as const
export type Decision = (typeof decisions)[keyof typeof decisions]

/**
 * One client policy of one operation: a state machine driven by events. It owns no timer and no promise; its pipeline
 * calls it back at `dueNs`. Events of one operation never overlap.
 */
export interface PolicyStage {
  /** When `timer` is due, in absolute ns; Infinity for never. Read after each event. */
  dueNs: number
  /** A new operation begins, or is begun again by the stage around this one; `settle` refuses it. */
  begin(operation: OperationFacts, nowNs: number): Decision
  /** What is inside has ended. `settle` passes the outcome on, `proceed` runs it again, `wait` waits for `dueNs` first. */
  settled(outcome: Outcome, nowNs: number): Decision
  /** `dueNs` has come: `proceed` after a wait, or `settle` to end what is inside. */
  timer(nowNs: number): Decision
  /** The outcome when `begin` or `timer` settles. */
  readonly ownOutcome: Outcome
}

/** Counts of one policy over all operations of an arm, by name. */
export type PolicyCounters = Record<string, number>

/** What every client policy file exports. */
export interface PolicyMember<Settings> {
  /** The keyword in a profile, and the file's name. */
  readonly keyword: string
  readonly schema: JsonSchema
  parse(raw: unknown): Settings
  /** Makes the state of one operation at a time; the rng belongs to it alone. */
  stage(settings: Settings, rng: Rng, counters: PolicyCounters): PolicyStage
  /** How the failures of attempts become failures of operations, and how many attempts that takes. */
  expect(settings: Settings, context: PolicyContext): readonly Effect[]
}

/** What a policy may know when it says what it should have done. */
export interface PolicyContext {
  /** Probability that an attempt fails by the fault it runs under. */
  readonly injectedShare: number
  /** What may fail besides, at most: the upper confidence limit of the baseline's share. */
  readonly backgroundShare: number
  /** Share of the operations that may be repeated. */
  readonly idempotentShare: number
  readonly facts: EffectFacts
}
