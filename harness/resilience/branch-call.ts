import type { Call, CallContent } from './step.ts'

/**
 * The call as one branch of it sees it, where policies run what is inside of them several times at once: a timeout of one
 * branch moves the deadline of that one only.
 */
export class BranchCall implements Call {
  idempotent = false
  request = ''
  deadlineNs = Number.POSITIVE_INFINITY
  target: string | null = null
  content: CallContent | null = null

  /** Takes over what the call is now; made once, a branch is used for many calls. */
  follow(call: Call): this {
    this.idempotent = call.idempotent
    this.request = call.request
    this.deadlineNs = call.deadlineNs
    this.target = call.target
    this.content = call.content
    return this
  }
}
