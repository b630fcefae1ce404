import { Buffer } from 'node:buffer'
import type { HeaderLookup, Kept, Reply } from '../../workload/reply.ts'
import { Content } from './content.ts'
import { ChunkedReader } from './chunked.ts'
import { HeadReader, incomplete } from './head.ts'
import { headerNames, headerValues } from './kept-headers.ts'
import { Repeat } from './repeat.ts'
import { Section } from './section.ts'
import { mayAskToWait } from '../retry-after.ts'

/** A server that sends more interim responses than these before the real one is broken. */
const mostInterim = 16

const none = new Uint8Array(0)

const phases = { start: 0, head: 1, length: 2, chunked: 3, untilClose: 4, done: 5 }

/** What must be known of the request whose response is read. */
export interface ResponseShape {
  /** A HEAD request: no body whatever the headers say. */
  readonly head: boolean
  /** The body is compared to it as it passes; null for any. */
  readonly expectBody: Buffer | null
  readonly kept: Kept
}

/**
 * Reads one response at a time from a connection (RFC 9112), wherever its bytes are split. What it makes of them depends on
 * nothing but the bytes and the shape. Nothing of a buffer is held beyond the call.
 */
export class ResponseReader implements Reply {
  /** Of the response itself, not of an interim one; 0 until its head has come. */
  status = 0
  /** Whether the connection may be used again; false until the response is complete. */
  keepAlive = false
  /** What is malformed, or null. No more is read then. */
  problem: string | null = null
  /** Bytes of this response so far: head, interim responses and framing included. */
  sizeBytes = 0
  /** Bytes of the body without its framing, once the response is complete. */
  bodyBytes = 0
  /** Whether the body is the expected one, once the response is complete; true where none is expected. */
  bodyMatches = false
  /** The `Retry-After` of an answer that may have one, kept or not; null for none. */
  retryAfter: string | null = null
  #shape: ResponseShape | null = null
  #phase = phases.done
  #interim = 0
  #left = 0
  #persists = false
  readonly #head = new HeadReader()
  readonly #headBytes = new Section('a head')
  readonly #content = new Content()
  readonly #chunked = new ChunkedReader(this.#content, this.#head)
  readonly #repeat = new Repeat()

  /** Begins the response to a request; of equal requests the shape should be the same object. */
  begin(shape: ResponseShape): void {
    this.#shape = shape
    this.#phase = phases.start
    this.status = 0
    this.keepAlive = false
    this.problem = null
    this.sizeBytes = 0
    this.bodyBytes = 0
    this.bodyMatches = false
    this.retryAfter = null
  }

  /** True when the response is complete. */
  get done(): boolean {
    return this.#phase === phases.done
  }

  /**
   * Takes the bytes of one read from `start` to `end`; stops behind the response. Returns where it stopped: `end`, or
   * earlier when the response is complete and the next one begins there.
   */
  push(buffer: Buffer, start: number, end: number): number {
    const shape = this.#shape
    if (shape === null || start === end || this.#phase === phases.done) return start
    const first = this.#phase === phases.start
    if (first) {
      if (this.#repeat.begins(shape, buffer, start, end)) return this.#again(start)
      this.#start(shape)
      this.#beginHead()
    }
    let at = start
    while (at < end && this.problem === null && this.#phase !== phases.done) at = this.#read(shape, buffer, at, end)
    if (this.problem !== null) at = end
    this.sizeBytes += at - start
    if (this.#phase === phases.done && first && !shape.kept.headers && !shape.kept.body)
      this.#repeat.remember(shape, buffer, start, at, this)
    return at
  }

  /** The connection has ended: true when that completes a body which lasts until then. */
  end(): boolean {
    if (this.#phase !== phases.untilClose || this.problem !== null) return false
    this.#finish()
    return true
  }

  header(name: string): string | null {
    return this.#headers(name, 1)[0] ?? null
  }

  /** All values of a header by its lower-case name; none unless headers are kept. */
  headers(name: string): string[] {
    return this.#headers(name, Number.POSITIVE_INFINITY)
  }

  headerNames(): readonly string[] {
    return this.#keepsHead ? headerNames(this.#headBytes.bytes()) : []
  }

  copyHeaders(): HeaderLookup {
    if (!this.#keepsHead) return () => null
    const head = Buffer.from(this.#headBytes.bytes())
    return (name) => headerValues(head, name, 1)[0] ?? null
  }

  body(): Uint8Array {
    return this.done && this.#shape?.kept.body === true ? this.#content.bytes() : none
  }

  #headers(name: string, most: number): string[] {
    return this.#keepsHead ? headerValues(this.#headBytes.bytes(), name, most) : []
  }

  get #keepsHead(): boolean {
    return this.status > 0 && this.#shape?.kept.headers === true
  }

  /** The remembered response has come once more. */
  #again(start: number): number {
    const { status, keepAlive, bodyBytes, bodyMatches, retryAfter, length } = this.#repeat
    this.#phase = phases.done
    this.status = status
    this.keepAlive = keepAlive
    this.bodyBytes = bodyBytes
    this.bodyMatches = bodyMatches
    this.retryAfter = retryAfter
    this.sizeBytes = length
    return start + length
  }

  #start(shape: ResponseShape): void {
    this.#interim = 0
    this.#content.begin(shape.expectBody, shape.kept.body)
  }

  #beginHead(): void {
    this.#phase = phases.head
    this.#headBytes.clear()
    this.#head.begin()
  }

  #read(shape: ResponseShape, buffer: Buffer, at: number, end: number): number {
    switch (this.#phase) {
      case phases.head:
        return this.#readHead(shape, buffer, at, end)
      case phases.chunked:
        return this.#readChunked(buffer, at, end)
      default:
        return this.#readPlain(buffer, at, end)
    }
  }

  #readHead(shape: ResponseShape, buffer: Buffer, at: number, end: number): number {
    const head = this.#head
    const stop = this.#headBytes.read(head, buffer, at, end)
    this.problem = head.problem
    if (stop === incomplete) return end
    if (head.status < 200) this.#passInterim()
    else {
      this.status = head.status
      const asks = mayAskToWait(head.status)
      if (shape.kept.headers || asks) this.#headBytes.keep(buffer, at, stop)
      if (asks) this.retryAfter = headerValues(this.#headBytes.bytes(), 'retry-after', 1)[0] ?? null
      this.#startBody(shape)
    }
    return stop
  }

  #passInterim(): void {
    this.#interim++
    if (this.#head.status === 101) this.problem = 'a switch of protocols that was not asked for'
    else if (this.#interim > mostInterim) this.problem = `more than ${mostInterim} interim responses`
    else this.#beginHead()
  }

  /** How long the body is: RFC 9112, section 6.3. */
  #startBody(shape: ResponseShape): void {
    const { framing, status, persistent } = this.#head
    // A transfer coding in HTTP/1.0 is faulty framing: the connection ends with it (RFC 9112, section 6.1).
    this.#persists = !framing.close && (persistent || (framing.keepAlive && !framing.coded))
    if (shape.head || status === 204 || status === 304 || framing.contentLength === 0) this.#finish()
    else if (framing.chunked) {
      this.#phase = phases.chunked
      this.#chunked.begin()
    } else if (framing.contentLength > 0) {
      this.#phase = phases.length
      this.#left = framing.contentLength
      this.#content.announce(this.#left)
      this.problem = this.#content.problem
    } else {
      this.#persists = false
      this.#phase = phases.untilClose
    }
  }

  #readPlain(buffer: Buffer, at: number, end: number): number {
    const until = this.#phase === phases.length ? Math.min(end, at + this.#left) : end
    this.#content.take(buffer, at, until)
    this.problem = this.#content.problem
    if (this.#phase === phases.length) {
      this.#left -= until - at
      if (this.#left === 0) this.#finish()
    }
    return until
  }

  #readChunked(buffer: Buffer, at: number, end: number): number {
    const stop = this.#chunked.read(buffer, at, end)
    this.problem = this.#chunked.problem
    if (this.#chunked.done) this.#finish()
    return stop
  }

  #finish(): void {
    this.#phase = phases.done
    this.keepAlive = this.#persists
    this.bodyBytes = this.#content.length
    this.bodyMatches = this.#content.matches
  }
}
