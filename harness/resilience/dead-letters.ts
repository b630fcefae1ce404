import type { DeadLetter } from '../measure/dead-letter.ts'

/** How much is kept, over the life of a client. */
export interface DeadLetterLimits {
  readonly maxEntries: number
  readonly maxBytes: number
}

/** The calls that the policies of a client gave up, until somebody takes them away to be written down. */
export class DeadLetters {
  #entries = 0
  #bytes = 0
  #waiting: DeadLetter[] = []

  /** Keeps a letter; false where that would be beyond the limits, of which `maxBytes` is about JSON. */
  add(letter: DeadLetter, { maxEntries, maxBytes }: DeadLetterLimits): boolean {
    // Nothing is written out once there is no room: a target that is down costs no more than that.
    if (this.#entries >= maxEntries) return false
    const bytes = Buffer.byteLength(JSON.stringify(letter)) + 1
    if (this.#bytes + bytes > maxBytes) return false
    this.#entries++
    this.#bytes += bytes
    this.#waiting.push(letter)
    return true
  }

  /** What was kept since it was last taken. */
  take(): readonly DeadLetter[] {
    const taken = this.#waiting
    this.#waiting = []
    return taken
  }
}
