import type { ErrorClass, Outcome, StandIn } from '../outcome.ts'

/** What came of one call of a program's function: the outcome that policies see, with what was returned or thrown. */
export class Answer<Value> implements Outcome {
  readonly ok: boolean
  readonly error: ErrorClass | null
  readonly status: number
  readonly retryAfterNs: number
  readonly standIn: StandIn | null
  /** Whether the function returned; a value may still be a failure, such as a response of status 503. */
  readonly returned: boolean
  /** What was returned, or thrown. */
  readonly content: unknown

  constructor(outcome: Outcome, returned: boolean, content: unknown) {
    this.ok = outcome.ok
    this.error = outcome.error
    this.status = outcome.status
    this.retryAfterNs = outcome.retryAfterNs
    this.standIn = outcome.standIn
    this.returned = returned
    this.content = content
  }

  /** The value as its caller gets it; throws what was thrown, the very same. */
  take(): Value {
    if (this.returned) return this.content as Value
    throw this.content
  }
}
