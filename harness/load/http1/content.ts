import type { Buffer } from 'node:buffer'
import { GrowingBuffer } from '../../kernel/growing-buffer.ts'
import { keptBodyLimitBytes } from '../../workload/reply.ts'

/** Below this a loop of our own is cheaper than the call of a native comparison. */
const shortBytes = 64

const tooLong = `a body of more than ${keptBodyLimitBytes / 2 ** 20} MiB, too long to be looked at`

/** The content of a response as it passes: compared, kept where that is asked for, and otherwise never stored. */
export class Content {
  readonly #kept = new GrowingBuffer()
  #expected: Buffer | null = null
  #keep = false
  #differs = false
  /** Bytes so far. */
  length = 0
  /** That it is too long to be kept, or null. */
  problem: string | null = null

  /** Begins a body that is compared to another one, unless that is null. */
  begin(expected: Buffer | null, keep: boolean): void {
    this.#expected = expected
    this.#keep = keep
    this.length = 0
    this.#differs = false
    this.problem = null
    if (this.#kept.length > 0) this.#kept.clear()
  }

  /** Says in advance how much more will come; what is too long to be kept is a problem at once. */
  announce(bytes: number): void {
    if (this.#keep && this.length + bytes > keptBodyLimitBytes) this.problem = tooLong
  }

  /** Takes the next piece. */
  take(buffer: Buffer, from: number, to: number): void {
    const expected = this.#expected
    const length = this.length + (to - from)
    if (expected !== null && !this.#differs)
      this.#differs = length > expected.length || !sameBytes(buffer, from, to, expected, this.length)
    if (this.#keep) this.#store(buffer, from, to)
    this.length = length
  }

  /** Whether it is the expected one, now that it is whole; true where none is expected. */
  get matches(): boolean {
    return this.#expected === null || (!this.#differs && this.length === this.#expected.length)
  }

  /** What was kept; valid until the next body begins. */
  bytes(): Uint8Array {
    return this.#kept.bytes()
  }

  #store(buffer: Buffer, from: number, to: number): void {
    this.announce(to - from)
    if (this.problem === null) this.#kept.append(buffer, from, to)
  }
}

function sameBytes(buffer: Buffer, from: number, to: number, expected: Buffer, at: number): boolean {
  if (to - from > shortBytes) return buffer.compare(expected, at, at + (to - from), from, to) === 0
  for (let i = from; i < to; i++) if (buffer[i] !== expected[at + i - from]) return false
  return true
}
