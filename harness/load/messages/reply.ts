import type { Buffer } from 'node:buffer'
import { GrowingBuffer } from '../../kernel/growing-buffer.ts'
import { keptBodyLimitBytes, type Reply } from '../../workload/reply.ts'
import type { PreparedMessage } from './request.ts'

/** The last message of an answer: compared as it passes, and kept where somebody looks at it. */
export class MessageReply implements Reply {
  /** Status with which the peer refused the connection (WebSocket); else 0. */
  status = 0
  /** Bytes received for this attempt, framing included. */
  sizeBytes = 0
  readonly #kept = new GrowingBuffer()
  #expected: Buffer | null = null
  #keeps = false
  #size = 0
  #differs = false

  /** Makes it ready for the answer to a request. */
  begin({ expectBody, keepsBody }: PreparedMessage): void {
    this.status = 0
    this.sizeBytes = 0
    this.#kept.clear()
    this.#expected = expectBody
    this.#keeps = keepsBody
    this.#size = 0
    this.#differs = false
  }

  /** Takes the next part of the last message. */
  piece(buffer: Buffer, from: number, to: number): void {
    const at = this.#size
    const size = at + to - from
    this.#size = size
    const expected = this.#expected
    if (expected !== null && !this.#differs) {
      this.#differs = size > expected.length || buffer.compare(expected, at, size, from, to) !== 0
    }
    if (this.#keeps && size <= keptBodyLimitBytes) this.#kept.append(buffer, from, to)
  }

  /** Whether it is the expected message, byte for byte; true when any will do. */
  get bodyMatches(): boolean {
    return this.#expected === null || (!this.#differs && this.#size === this.#expected.length)
  }

  /** True when it was to be kept and is too long for that. */
  get overflowed(): boolean {
    return this.#keeps && this.#size > keptBodyLimitBytes
  }

  get bodyBytes(): number {
    return this.#size
  }

  /** Messages have no headers. */
  header(): null {
    return null
  }

  headerNames(): readonly string[] {
    return []
  }

  body(): Uint8Array {
    return this.#kept.bytes()
  }
}
