import type { Outcome } from './outcome.ts'

/** One operation, as its policies see it. Whoever runs operations makes one and uses it again for each. */
export interface Call {
  /** Whether doing it twice is the same as doing it once. */
  readonly idempotent: boolean
  /** What is asked for, by name: the request of a workload, the function of a program. */
  readonly request: string
  /** When the caller stops waiting, in absolute ns; Infinity for never. Timeouts around what runs move it. */
  deadlineNs: number
  /** Where an attempt that begins goes, by name; null for the target. Read within `begin` only. */
  target: string | null
  /** What is asked for and answered; null where nobody can tell, and nothing of it is kept. */
  readonly content: CallContent | null
}

/** What a call asks for and is answered, for policies that keep either. */
export interface CallContent {
  /**
   * Tells what is asked for from everything else that is: what has the same key may have the same answer. Null for what
   * changes something: an answer to an earlier one would say that it was done.
   */
  cacheKey(): string | null
  /** What is asked for, as plain data that JSON can hold. */
  describe(): unknown
  /** Attempts of the call so far, wherever they went. */
  readonly attempts: number
  /** A copy that lasts of the answer that has just come; null where nobody will look at it. */
  keepAnswer(): unknown
  /** Makes one that was kept, or the default of a fallback, the answer; false where it does not serve as one. */
  answerWith(answer: unknown): boolean
}

/** Work that goes on after it was given up, since nothing can stop it. */
export interface Lingering {
  /** Calls back once, when the work has really stopped. */
  whenStopped(callback: (nowNs: number) => void): void
}

/** Runs one thing at a time: an attempt, or policies around one. */
export interface Step {
  /** Begins. The end is told to the owner, maybe within this call, unless it is cancelled first. */
  begin(call: Call, nowNs: number): void
  /** Gives up what runs; its end is not told any more. Null where nothing goes on. */
  cancel(nowNs: number): Lingering | null
}

/** Whoever runs a step; it may begin it again within the call. */
export interface StepOwner {
  /** It has ended, but for work that goes on after it was given up. */
  ended(outcome: Outcome, nowNs: number, lingering?: Lingering | null): void
}

/** Makes a step that tells its ends to this owner. */
export type MakeStep = (owner: StepOwner) => Step

/** A call of which only the name is known, and that may be repeated. */
export function plainCall(request: string): Call {
  return { idempotent: true, request, deadlineNs: Number.POSITIVE_INFINITY, target: null, content: null }
}
