import { Buffer } from 'node:buffer'
import { ChunkedDecoder } from './chunked.ts'
import type { EncodedRequest } from './encode.ts'
import { incomplete, readHead, type ResponseHead } from './head.ts'

const lf = 10
const headLimitBytes = 65_536

/** As many bytes as tell a status line from anything else. */
const protocolBytes = 7
const nothing: Buffer = Buffer.alloc(0)

const phases = { head: 0, length: 1, chunked: 2, untilClose: 3, done: 4 }

/** Reads one response at a time from a connection, wherever its bytes are split, and compares its body as it passes. */
export class ResponseReader {
  readonly head: ResponseHead = { status: 0, contentLength: -1, chunked: false, keepAlive: false, problem: null }
  /** Bytes of the response so far, its head included. */
  bytes = 0
  /** What is malformed, or null. */
  problem: string | null = null
  #phase = phases.head
  #left = 0
  #carried = nothing
  #request: EncodedRequest | null = null
  #bodyAt = 0
  #bodyDiffers = false
  readonly #chunks = new ChunkedDecoder()

  /** Begins the response to a request. */
  begin(request: EncodedRequest): void {
    this.#request = request
    this.#phase = phases.head
    this.#carried = nothing
    this.#bodyAt = 0
    this.#bodyDiffers = false
    this.bytes = 0
    this.problem = null
  }

  /** True when the response is complete. */
  get done(): boolean {
    return this.#phase === phases.done
  }

  /** Whether the body is the expected one; true where none is expected. */
  get bodyMatches(): boolean {
    const expected = this.#request?.expectBody
    return !expected || (!this.#bodyDiffers && this.#bodyAt === expected.length)
  }

  /** Takes the bytes of one read. Bytes behind a complete response are malformed, as nothing is pipelined. */
  push(buffer: Buffer, length: number): void {
    this.bytes += length
    let at = 0
    while (at < length && this.#phase !== phases.done && this.problem === null) {
      at = this.#phase === phases.head ? this.#readHead(buffer, at, length) : this.#readBody(buffer, at, length)
    }
    if (at < length && this.problem === null) this.problem = 'bytes after the end of the response'
  }

  /** The connection has ended: true when that completes a body that lasts until then. */
  end(): boolean {
    if (this.#phase !== phases.untilClose) return false
    this.#phase = phases.done
    return true
  }

  #readHead(buffer: Buffer, at: number, length: number): number {
    if (this.#carried.length > 0) return this.#readSplitHead(buffer, at, length)
    const end = readHead(buffer, at, length, this.head)
    this.problem = this.head.problem
    if (this.problem !== null) return length
    if (end === incomplete) return this.#carry(Buffer.from(buffer.subarray(at, length)), length)
    this.#startBody()
    return end
  }

  /** The head came in pieces: they are joined, and read again when that can tell more than it did before. */
  #readSplitHead(buffer: Buffer, at: number, length: number): number {
    const before = this.#carried.length
    const joined = Buffer.concat([this.#carried, buffer.subarray(at, length)])
    if (before >= protocolBytes && joined.indexOf(lf, before) < 0) return this.#carry(joined, length)
    const end = readHead(joined, 0, joined.length, this.head)
    this.problem = this.head.problem
    if (this.problem !== null) return length
    if (end === incomplete) return this.#carry(joined, length)
    this.#carried = nothing
    this.#startBody()
    return at + (end - before)
  }

  #carry(bytes: Buffer, length: number): number {
    this.#carried = bytes
    if (bytes.length > headLimitBytes) this.problem = 'a head of more than 64 KiB'
    return length
  }

  #startBody(): void {
    const { head } = this
    if (head.status === 101) this.problem = 'a switch of protocols that was not asked for'
    else if (head.status < 200) this.#phase = phases.head // an interim response; the real one follows
    else if (this.#request?.head || head.status === 204 || head.status === 304 || head.contentLength === 0)
      this.#phase = phases.done
    else if (head.chunked) {
      this.#chunks.reset()
      this.#phase = phases.chunked
    } else if (head.contentLength > 0) {
      this.#left = head.contentLength
      this.#phase = phases.length
    } else {
      head.keepAlive = false
      this.#phase = phases.untilClose
    }
  }

  #readBody(buffer: Buffer, at: number, length: number): number {
    if (this.#phase === phases.chunked) return this.#readChunks(buffer, at, length)
    const until = this.#phase === phases.length ? Math.min(length, at + this.#left) : length
    this.#compare(buffer, at, until)
    if (this.#phase === phases.length) {
      this.#left -= until - at
      if (this.#left === 0) this.#phase = phases.done
    }
    return until
  }

  #readChunks(buffer: Buffer, at: number, length: number): number {
    const until = this.#chunks.execute(buffer, at, length, (from, to) => this.#compare(buffer, from, to))
    this.problem = this.#chunks.problem
    if (this.#chunks.done) this.#phase = phases.done
    return until
  }

  #compare(buffer: Buffer, from: number, to: number): void {
    const expected = this.#request?.expectBody
    if (!expected || this.#bodyDiffers) return
    const next = this.#bodyAt + (to - from)
    this.#bodyDiffers = next > expected.length || !sameBytes(buffer, from, to, expected, this.#bodyAt)
    this.#bodyAt = next
  }
}

/** A native comparison pays for its call only on longer texts. */
function sameBytes(buffer: Buffer, from: number, to: number, expected: Buffer, at: number): boolean {
  if (to - from > 64) return buffer.compare(expected, at, at + (to - from), from, to) === 0
  for (let i = from; i < to; i++) if (buffer[i] !== expected[at + i - from]) return false
  return true
}
