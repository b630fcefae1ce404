import type { Buffer } from 'node:buffer'

const cr = 13
const lf = 10
const semicolon = 59
const largestChunk = 2 ** 40

const states = { size: 0, extension: 1, sizeEnd: 2, data: 3, dataCr: 4, dataLf: 5, trailer: 6, trailerLine: 7, end: 8 }

/** Takes the chunked framing off a body (RFC 9112, section 7.1), wherever it is split. */
export class ChunkedDecoder {
  #state = states.size
  #left = 0
  #digits = 0
  /** True when the last chunk and the trailers have been read. */
  done = false
  /** What is malformed, or null. */
  problem: string | null = null

  reset(): void {
    this.#state = states.size
    this.#left = 0
    this.#digits = 0
    this.done = false
    this.problem = null
  }

  /** Reads from `start`; gives the data to `onData` in place. Returns where it stopped: at `end`, or behind the body. */
  execute(buffer: Buffer, start: number, end: number, onData: (start: number, end: number) => void): number {
    let at = start
    while (at < end && !this.done && this.problem === null) {
      if (this.#state === states.data) {
        const until = Math.min(end, at + this.#left)
        onData(at, until)
        this.#left -= until - at
        at = until
        if (this.#left === 0) this.#state = states.dataCr
      } else this.#byte(buffer[at++] ?? 0)
    }
    return at
  }

  #byte(byte: number): void {
    switch (this.#state) {
      case states.size:
        this.#sizeByte(byte)
        break
      case states.extension:
        if (byte === cr) this.#state = states.sizeEnd
        else if (byte === lf) this.problem = 'a chunk extension without CR LF'
        break
      case states.sizeEnd:
        if (byte !== lf) this.problem = 'a chunk size without CR LF'
        else this.#state = this.#left === 0 ? states.trailer : states.data
        break
      case states.dataCr:
        if (byte === cr) this.#state = states.dataLf
        else this.problem = 'a chunk longer than its size'
        break
      case states.dataLf:
        if (byte === lf) this.#begin()
        else this.problem = 'a chunk without CR LF'
        break
      default:
        this.#trailerByte(byte)
    }
  }

  #begin(): void {
    this.#state = states.size
    this.#left = 0
    this.#digits = 0
  }

  #sizeByte(byte: number): void {
    const digit = hexDigit(byte)
    if (digit >= 0) {
      this.#left = this.#left * 16 + digit
      this.#digits++
      if (this.#left > largestChunk) this.problem = 'a chunk size beyond all measure'
    } else if (this.#digits === 0) this.problem = 'a chunk without a size'
    else if (byte === cr) this.#state = states.sizeEnd
    else if (byte === semicolon || byte === 32 || byte === 9) this.#state = states.extension
    else this.problem = 'a chunk size that is no hexadecimal number'
  }

  /** Trailers are skipped line by line; an empty line ends the body. */
  #trailerByte(byte: number): void {
    if (this.#state === states.trailer && byte === cr) this.#state = states.end
    else if (this.#state === states.end) {
      if (byte === lf) this.done = true
      else this.problem = 'a chunked body without its last CR LF'
    } else if (this.#state === states.trailer && byte === lf) this.problem = 'a chunked body without its last CR LF'
    else this.#state = byte === lf ? states.trailer : states.trailerLine
  }
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48
  const lower = byte | 32
  return lower >= 97 && lower <= 102 ? lower - 87 : -1
}
