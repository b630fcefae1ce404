import { createHash } from 'node:crypto'
import type { DefaultAnswer } from '../resilience/fallback/settings.ts'
import type { CallContent } from '../resilience/step.ts'
import type { Reply } from '../workload/reply.ts'
import { isWritingMethod } from '../workload/protocols/http.ts'
import type { WorkloadRequest } from '../workload/workload.ts'
import { defaultReply, lastingReply } from './standing-reply.ts'

/** Longer keys are hashed: a cache must not hold every body that was sent. */
const longestKey = 256

/** Whoever runs the operation, as far as its content goes. */
interface Audience {
  /** Whether anybody looks at the replies of the operation that runs. */
  looksAtReplies(): boolean
  /** Looks at a reply: null, or what is wrong with it. */
  examine(reply: Reply): string | null
}

/** What one operation at a time asks for and is answered. */
export class OperationContent implements CallContent {
  attempts = 0
  /** What was given in place of a reply; null for nothing. */
  standIn: Reply | null = null
  readonly #audience: Audience
  /** The reply to the attempt that ended last. */
  readonly #last: () => Reply | null
  #request: WorkloadRequest | null = null
  #key: string | null = null

  constructor(audience: Audience, last: () => Reply | null) {
    this.#audience = audience
    this.#last = last
  }

  /** A new operation. */
  begin(request: WorkloadRequest): void {
    this.attempts = 0
    this.standIn = null
    this.#request = request
    this.#key = null
  }

  /** The name of a request that is always the same; of any other also its message. Null for a write. */
  cacheKey(): string | null {
    const { name, message, templated, keepReply } = this.#request as WorkloadRequest
    if ('path' in message && isWritingMethod(message.method)) return null
    if (!templated && !keepReply) return name
    return (this.#key ??= keyOf(JSON.stringify([name, message])))
  }

  describe(): unknown {
    return (this.#request as WorkloadRequest).message
  }

  keepAnswer(): Reply | null {
    const reply = this.#audience.looksAtReplies() ? this.#last() : null
    return reply && lastingReply(reply)
  }

  answerWith(answer: unknown): boolean {
    if (!this.#audience.looksAtReplies()) return true
    const given = answer as Reply | DefaultAnswer | null
    if (given === null) return false
    const reply = 'headers' in given ? defaultReply(given) : given
    if (this.#audience.examine(reply) !== null) return false
    this.standIn = reply
    return true
  }
}

function keyOf(text: string): string {
  return text.length <= longestKey ? text : createHash('sha256').update(text).digest('base64')
}
