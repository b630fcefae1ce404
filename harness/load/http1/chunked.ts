import type { Buffer } from 'node:buffer'
import type { Content } from './content.ts'
import { extensionStates, nextInExtension, noExtension } from './chunk-extension.ts'
import { type HeadReader, incomplete } from './head.ts'
import { cr, isBlank, lf, named, semicolon } from './octets.ts'
import { Section } from './section.ts'

const noDigit = 255

/** The worth of each hexadecimal digit; `noDigit` for every other octet. */
const hexDigits = Uint8Array.from({ length: 256 }, (_, octet) => {
  const text = String.fromCharCode(octet)
  return /[\da-f]/iu.test(text) ? Number.parseInt(text, 16) : noDigit
})

/** The line before a chunk may have this many bytes, its end not counted. */
const lineLimitBytes = 16_384

const states = { size: 0, extension: 1, sizeLf: 2, data: 3, dataCr: 4, dataLf: 5, trailersStart: 6, trailers: 7 }

/** Takes the chunked framing off a body (RFC 9112, section 7.1), wherever it is split. */
export class ChunkedReader {
  readonly #content: Content
  readonly #lines: HeadReader
  readonly #trailers = new Section('trailers')
  #state = states.size
  #extension = extensionStates.blanks
  #lineBytes = 0
  #digits = 0
  #left = 0
  /** True when the last chunk and the trailers have been read. */
  done = false
  /** What is malformed, or null. */
  problem: string | null = null

  /** Gives the data to `content` in place, and the trailers to `lines`. */
  constructor(content: Content, lines: HeadReader) {
    this.#content = content
    this.#lines = lines
  }

  begin(): void {
    this.#beginChunk()
    this.done = false
    this.problem = null
  }

  /** Reads on from `start`; returns where it stopped: at `end`, or behind the body. With a problem that means nothing. */
  read(buffer: Buffer, start: number, end: number): number {
    let at = start
    while (at < end && !this.done && this.problem === null) {
      if (this.#state === states.data) at = this.#data(buffer, at, end)
      else if (this.#state < states.sizeLf) at = this.#line(buffer, at, end)
      else if (this.#state >= states.trailersStart) at = this.#readTrailers(buffer, at, end)
      else this.#lineEnd(buffer[at++] as number)
    }
    return at
  }

  #beginChunk(): void {
    this.#state = states.size
    this.#lineBytes = 0
    this.#digits = 0
    this.#left = 0
  }

  #data(buffer: Buffer, at: number, end: number): number {
    const until = Math.min(end, at + this.#left)
    this.#content.take(buffer, at, until)
    this.problem = this.#content.problem
    this.#left -= until - at
    if (this.#left > 0) return until
    this.#state = states.dataCr
    if (!endsLine(buffer, until, end)) return until
    this.#beginChunk()
    return until + 2
  }

  /** The line before a chunk: its size, and extensions. */
  #line(buffer: Buffer, start: number, end: number): number {
    const until = Math.min(end, start + lineLimitBytes - this.#lineBytes)
    let at = start
    if (this.#state === states.size) at = this.#size(buffer, at, until)
    if (this.#state === states.extension && this.problem === null) at = this.#extensions(buffer, at, until)
    this.#lineBytes += at - start
    if (at === until && until < end && this.#state < states.sizeLf && this.problem === null)
      this.problem = 'a line before a chunk of more than 16 KiB'
    return at
  }

  #size(buffer: Buffer, start: number, end: number): number {
    let at = start
    let left = this.#left
    let octet = 0
    let digit = noDigit
    for (; at < end; at++) {
      octet = buffer[at] as number
      digit = hexDigits[octet] as number
      if (digit === noDigit) break
      left = left * 16 + digit
      if (left > Number.MAX_SAFE_INTEGER) {
        this.problem = 'a chunk size beyond all measure'
        return at
      }
    }
    this.#left = left
    this.#digits += at - start
    if (at === end) return at
    this.#sizeEnd(octet)
    return at + 1
  }

  #sizeEnd(octet: number): void {
    if (this.#digits === 0) this.problem = 'a chunk without a size'
    else if (octet === cr) this.#state = states.sizeLf
    else if (octet === semicolon || isBlank(octet)) {
      this.#state = states.extension
      this.#extension = octet === semicolon ? extensionStates.nameStart : extensionStates.blanks
    } else this.problem = octet === lf ? 'a chunk size without CR LF' : `${named(octet)} in a chunk size`
  }

  #extensions(buffer: Buffer, start: number, end: number): number {
    let state = this.#extension
    let at = start
    while (at < end && state !== extensionStates.end) {
      const octet = buffer[at++] as number
      state = nextInExtension(state, octet)
      if (state === noExtension) {
        this.problem = `${named(octet)} in a chunk extension`
        return at
      }
    }
    this.#extension = state
    if (state === extensionStates.end) this.#state = states.sizeLf
    return at
  }

  /** The bytes that end a line or a chunk. */
  #lineEnd(octet: number): void {
    if (this.#state === states.dataCr) {
      if (octet === cr) this.#state = states.dataLf
      else this.problem = 'a chunk longer than its size'
    } else if (octet !== lf) this.problem = 'a line of a chunked body with CR and no LF'
    else if (this.#state === states.dataLf) this.#beginChunk()
    else if (this.#left > 0) {
      this.#state = states.data
      this.#content.announce(this.#left)
      this.problem = this.#content.problem
    } else this.#state = states.trailersStart
  }

  #readTrailers(buffer: Buffer, start: number, end: number): number {
    if (this.#state === states.trailersStart) {
      this.done = endsLine(buffer, start, end)
      if (this.done) return start + 2
      this.#trailers.clear()
      this.#lines.beginTrailers()
      this.#state = states.trailers
    }
    const stop = this.#trailers.read(this.#lines, buffer, start, end)
    this.problem = this.#lines.problem
    this.done = stop !== incomplete
    return this.done ? stop : end
  }
}

/** Whether CR LF stands here; false too when it has not come whole. */
function endsLine(buffer: Buffer, at: number, end: number): boolean {
  return at + 2 <= end && buffer[at] === cr && buffer[at + 1] === lf
}
