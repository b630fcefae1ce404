/** Opcodes of RFC 6455, section 5.2: those from here on are of control frames. */
const firstControlOpcode = 8
const continuationOpcode = 0
const closeOpcode = 8

/** What a close frame without a code stands for (RFC 6455, section 7.1.5). */
const noCode = 1005

/** What the next byte belongs to. */
const parts = { opcode: 0, length: 1, extendedLength: 2, payload: 3 } as const

/**
 * Follows the frames that a server sends (RFC 6455, section 5.2): where messages begin, and whether it has closed. It
 * judges nothing; whoever takes the messages apart does.
 */
export class FrameTracker {
  /** Messages that have begun so far. */
  begun = 0
  /** The code of the close frame, once that has come whole. */
  closeCode: number | null = null
  #part: (typeof parts)[keyof typeof parts] = parts.opcode
  #opcode = 0
  #extendedLeft = 0
  /** Bytes of the payload that are still to come, as far as they are known. */
  #left = 0
  #code = 0
  #codeBytes = 0

  /** Follows the next bytes. */
  push(bytes: Uint8Array): void {
    let at = 0
    while (at < bytes.length) {
      if (this.#part === parts.payload) at = this.#payload(bytes, at)
      else this.#header(bytes[at++] as number)
    }
  }

  #header(byte: number): void {
    if (this.#part === parts.opcode) {
      this.#opcode = byte & 15
      if (this.#opcode !== continuationOpcode && this.#opcode < firstControlOpcode) this.begun++
      this.#part = parts.length
    } else if (this.#part === parts.length) {
      const length = byte & 127
      this.#extendedLeft = length === 127 ? 8 : length === 126 ? 2 : 0
      this.#left = this.#extendedLeft === 0 ? length : 0
      if (this.#extendedLeft === 0) this.#startPayload()
      else this.#part = parts.extendedLength
    } else {
      this.#left = this.#left * 256 + byte
      if (--this.#extendedLeft === 0) this.#startPayload()
    }
  }

  #startPayload(): void {
    this.#part = parts.payload
    if (this.#left === 0) this.#endFrame()
  }

  #payload(bytes: Uint8Array, from: number): number {
    const to = from + Math.min(this.#left, bytes.length - from)
    if (this.#opcode === closeOpcode) {
      for (let at = from; at < to && this.#codeBytes < 2; at++, this.#codeBytes++) {
        this.#code = this.#code * 256 + (bytes[at] as number)
      }
    }
    this.#left -= to - from
    if (this.#left === 0) this.#endFrame()
    return to
  }

  #endFrame(): void {
    if (this.#opcode === closeOpcode) this.closeCode = this.#codeBytes === 2 ? this.#code : noCode
    this.#part = parts.opcode
  }
}
