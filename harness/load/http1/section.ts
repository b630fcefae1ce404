import type { Buffer } from 'node:buffer'
import { GrowingBuffer } from '../../kernel/growing-buffer.ts'
import { type HeadReader, incomplete } from './head.ts'
import { viewOf } from './octets.ts'

/** A head, and the trailers of a body, may have this many bytes, the blank line included. */
const sectionLimitBytes = 65_536

/** Puts together the lines of a head or of trailers when they come in pieces; in one piece they are read in place. */
export class Section {
  readonly #carried = new GrowingBuffer()
  readonly #limit: string

  /** `what` it is, for people. */
  constructor(what: string) {
    this.#limit = `${what} of more than 64 KiB`
  }

  clear(): void {
    if (this.#carried.length > 0) this.#carried.clear()
  }

  /** What was put together or kept; valid until the next `clear`. */
  bytes(): Buffer {
    return this.#carried.bytes()
  }

  /** Has the reader read on; returns where the section ends in `buffer`, or `incomplete`. */
  read(reader: HeadReader, buffer: Buffer, at: number, end: number): number {
    const before = this.#carried.length
    const until = Math.min(end, at + sectionLimitBytes - before)
    if (before > 0) this.#carried.append(buffer, at, until)
    const stop = before > 0 ? this.#readOn(reader, before, at) : reader.read(viewOf(buffer), at, until)
    if (stop !== incomplete || reader.problem !== null) return stop
    if (before === 0) {
      this.#carried.append(buffer, at, until)
      reader.moved(at)
    }
    if (until < end) reader.problem = this.#limit
    return incomplete
  }

  #readOn(reader: HeadReader, before: number, at: number): number {
    const bytes = this.#carried.bytes()
    const stop = reader.read(viewOf(bytes), before, bytes.length)
    return stop === incomplete ? incomplete : at + (stop - before)
  }

  /** Keeps a section that was read in place. */
  keep(buffer: Buffer, start: number, end: number): void {
    if (this.#carried.length === 0) this.#carried.append(buffer, start, end)
  }
}
