import { Buffer } from 'node:buffer'
import { createRng } from '../../harness/kernel/rng.ts'
import { ResponseReader, type ResponseShape } from '../../harness/load/http1/response.ts'
import { mutate, ResponseMaker } from './http1-corpus.ts'
import { keepsAll, keepsNone } from './http1-reading.ts'
import { situations } from './http1-situations.ts'

/** What became of the bytes of a fuzz. */
export interface FuzzFigures {
  bytes: number
  pushes: number
  complete: number
  problems: number
  /** Connections that ended within a response. */
  cutOff: number
}

/** One reader takes about so many bytes of connections that are made up, mutated or random. Throws when it breaks its contract. */
export function fuzz(sizeBytes: number, seed: number | string): FuzzFigures {
  const rng = createRng(seed)
  const run = new FuzzRun(new ResponseMaker(rng))
  while (run.figures.bytes < sizeBytes) run.connection()
  return run.figures
}

class FuzzRun {
  readonly figures: FuzzFigures = { bytes: 0, pushes: 0, complete: 0, problems: 0, cutOff: 0 }
  readonly #maker: ResponseMaker
  readonly #reader = new ResponseReader()
  readonly #readBuffer = Buffer.allocUnsafeSlow(65_536)
  #shape: ResponseShape = { head: false, expectBody: null, kept: keepsNone }
  #open = false

  constructor(maker: ResponseMaker) {
    this.#maker = maker
  }

  connection(): void {
    const maker = this.#maker
    if (maker.chance(0.1)) {
      const expectBody = maker.chance(0.5) ? Buffer.from('hi') : null
      this.#shape = { head: maker.chance(0.1), expectBody, kept: maker.chance(0.5) ? keepsAll : keepsNone }
    }
    const bytes = this.#bytes()
    this.figures.bytes += bytes.length
    this.#open = false
    for (let at = 0; at < bytes.length;) {
      const piece = bytes.subarray(at, maker.chance(0.3) ? bytes.length : at + maker.number(1, 40))
      if (!this.#read(piece)) return
      at += piece.length
    }
    if (this.#open && !this.#reader.end()) this.figures.cutOff++
  }

  #bytes(): Buffer {
    const maker = this.#maker
    if (maker.chance(0.05)) return Buffer.from(Array.from({ length: maker.number(1, 400) }, () => maker.number(0, 255)))
    if (maker.chance(0.003)) return Buffer.from(this.#long(), 'latin1')
    let { text } = maker.chance(0.4) ? maker.pick(situations) : maker.connection()
    for (let times = maker.number(0, 3); times > 0; times--) text = mutate(text, maker)
    return Buffer.from(text, 'latin1')
  }

  /** Of what there may be much: headers, chunks, interim responses, digits, blanks. */
  #long(): string {
    const maker = this.#maker
    const ok = 'HTTP/1.1 200 OK\r\n'
    const times = maker.number(1, 4000)
    return maker.pick([
      `${ok}${'A: b\r\n'.repeat(times)}\r\n`,
      `${ok}A:${' '.repeat(times)}\r\n\r\n`,
      `${ok}Transfer-Encoding: ${' ,'.repeat(times)}chunked\r\n\r\n0\r\n\r\n`,
      `${ok}Content-Length: ${'0'.repeat(times)}2\r\n\r\nhi`,
      `${ok}Transfer-Encoding: chunked\r\n\r\n${'1\r\nx\r\n'.repeat(times)}0\r\n\r\n`,
      `${ok}Transfer-Encoding: chunked\r\n\r\n${'0'.repeat(times)}${';a="b"'.repeat(times)}\r\n\r\n`,
      `${ok}Transfer-Encoding: chunked\r\n\r\n0\r\n${'A: b\r\n'.repeat(times)}\r\n`,
      'HTTP/1.1 100 Continue\r\n\r\n'.repeat(times),
    ])
  }

  /** Reads one piece; false when the connection is of no more use. */
  #read(piece: Buffer): boolean {
    const reader = this.#reader
    piece.copy(this.#readBuffer)
    for (let at = 0; at < piece.length;) {
      if (!this.#open) reader.begin(this.#shape)
      this.#open = true
      const stop = reader.push(this.#readBuffer, at, piece.length)
      this.figures.pushes++
      this.#check(at, stop, piece.length)
      if (reader.problem !== null) {
        this.figures.problems++
        return false
      }
      if (reader.done) {
        this.figures.complete++
        this.#open = false
      }
      at = stop
    }
    this.#readBuffer.fill(0xaa, 0, piece.length)
    return true
  }

  #check(start: number, stop: number, end: number): void {
    const { done, problem, status, sizeBytes, bodyBytes, keepAlive, bodyMatches } = this.#reader
    const progressed = Number.isInteger(stop) && stop > start && stop <= end
    const consistent = done ? status >= 200 && status <= 999 && sizeBytes >= bodyBytes : !bodyMatches && bodyBytes === 0
    const settled = done ? problem === null : stop === end
    if (progressed && consistent && settled && problem !== '') return
    const told = JSON.stringify({ done, problem, status, sizeBytes, bodyBytes, keepAlive, bodyMatches })
    throw new Error(`${told} after ${start} to ${stop} of ${end}: ${this.#readBuffer.toString('latin1', 0, end)}`)
  }
}
