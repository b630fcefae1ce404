import { Buffer } from 'node:buffer'

/** Memory up to this is kept for the next use; more is given back. */
const keptBytes = 65_536

/** Bytes put together from pieces, in memory that is used again. */
export class GrowingBuffer {
  #memory = Buffer.alloc(0)
  #length = 0

  get length(): number {
    return this.#length
  }

  /** Copies `from` to `to` of a buffer to the end. */
  append(buffer: Uint8Array, from: number, to: number): void {
    const length = this.#length + to - from
    if (length > this.#memory.length) this.#grow(length)
    this.#memory.set(from === 0 && to === buffer.length ? buffer : buffer.subarray(from, to), this.#length)
    this.#length = length
  }

  /** What was appended since the last `clear`; valid until the next one. */
  bytes(): Buffer {
    return this.#memory.subarray(0, this.#length)
  }

  clear(): void {
    this.#length = 0
    if (this.#memory.length > keptBytes) this.#memory = Buffer.alloc(0)
  }

  #grow(length: number): void {
    const memory = Buffer.allocUnsafeSlow(Math.max(256, length, this.#memory.length * 2))
    this.#memory.copy(memory, 0, 0, this.#length)
    this.#memory = memory
  }
}
