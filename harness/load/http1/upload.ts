import { Buffer } from 'node:buffer'
import { close, fstat, open, read } from 'node:fs'
import type { Socket } from 'node:net'
import { systemCode } from '../../kernel/errors.ts'
import { generateInto, lastChunk, pieceBytes, type StreamedBody } from './body.ts'

/** Room before a piece for the size of its chunk: so many hexadecimal digits, zeros first, and CR LF. */
const sizeDigits = 5
const dataAt = sizeDigits + 2
const crlf = '\r\n'
const scratchBytes = dataAt + pieceBytes + crlf.length + lastChunk.length

/** Buffers for pieces that no upload uses now. */
const spare: Buffer[] = []
const mostSpare = 64

/** Whoever has a body sent. */
export interface UploadOwner {
  /** A piece of so many bytes, framing included, goes to the socket. */
  uploading(sizeBytes: number): void
  /** The kernel has taken all of it. */
  uploaded(): void
  /** It cannot go on, for a reason on this side: the code or what is wrong with the file. */
  uploadFailed(detail: string): void
}

/** Sends one body piece by piece: the next is read when the kernel has taken the last, in the memory of one piece. */
export class Upload {
  readonly #body: StreamedBody
  readonly #socket: Pick<Socket, 'write'>
  readonly #owner: UploadOwner
  readonly #scratch = spare.pop() ?? Buffer.allocUnsafeSlow(scratchBytes)
  #file: number | null = null
  #position = 0
  /** The file is being read: the scratch buffer is not ours to give away. */
  #reading = false
  #over = false

  constructor(body: StreamedBody, socket: Pick<Socket, 'write'>, owner: UploadOwner) {
    this.#body = body
    this.#socket = socket
    this.#owner = owner
  }

  /** Begins; nothing is told within this call but `uploading`. */
  start(): void {
    const { path } = this.#body
    if (path === null) {
      this.#next()
      return
    }
    this.#reading = true
    open(path, (error, file) => {
      if (!error) this.#file = file
      if (this.#readEnded(error)) this.#checkSize(file)
    })
  }

  /** Gives up what is left; nothing more is told. The socket must not be used any more. */
  stop(): void {
    if (this.#over) return
    this.#over = true
    if (!this.#reading) this.#free()
  }

  /** The head has said how long the body will be. */
  #checkSize(file: number): void {
    this.#reading = true
    fstat(file, (error, stats) => {
      if (!this.#readEnded(error)) return
      if (stats.size === this.#body.sizeBytes) this.#next()
      else this.#fail(`the body file has ${stats.size} bytes now, and had ${this.#body.sizeBytes}`)
    })
  }

  #next(): void {
    const sizeBytes = Math.min(pieceBytes, this.#body.sizeBytes - this.#position)
    if (this.#file === null) {
      generateInto(this.#scratch, dataAt, sizeBytes)
      this.#write(sizeBytes)
      return
    }
    this.#reading = true
    read(this.#file, this.#scratch, dataAt, sizeBytes, this.#position, (error, length) => {
      if (!this.#readEnded(error)) return
      if (length > 0) this.#write(length)
      else this.#fail('the body file has become shorter')
    })
  }

  /** True when there is something to go on with. */
  #readEnded(error: Error | null): boolean {
    this.#reading = false
    if (this.#over) this.#free()
    else if (error) this.#fail(systemCode(error) ?? error.message)
    return !this.#over
  }

  #write(sizeBytes: number): void {
    this.#position += sizeBytes
    const piece = this.#body.chunked ? this.#chunk(sizeBytes) : this.#scratch.subarray(dataAt, dataAt + sizeBytes)
    this.#owner.uploading(piece.length)
    this.#socket.write(piece, (error) => {
      // Without the socket nothing goes on; what became of it, its connection learns.
      if (!error) this.#taken()
    })
  }

  /** Frames a piece in place: its size before it, and behind it what ends it. */
  #chunk(sizeBytes: number): Buffer {
    const end = dataAt + sizeBytes
    this.#scratch.write(sizeBytes.toString(16).padStart(sizeDigits, '0') + crlf, 0, 'latin1')
    this.#scratch.write(crlf, end, 'latin1')
    if (this.#position < this.#body.sizeBytes) return this.#scratch.subarray(0, end + crlf.length)
    lastChunk.copy(this.#scratch, end + crlf.length)
    return this.#scratch.subarray(0, end + crlf.length + lastChunk.length)
  }

  #taken(): void {
    if (this.#over) return
    if (this.#position < this.#body.sizeBytes) {
      this.#next()
      return
    }
    this.stop()
    this.#owner.uploaded()
  }

  #fail(detail: string): void {
    this.stop()
    this.#owner.uploadFailed(detail)
  }

  #free(): void {
    if (this.#file !== null) close(this.#file, () => {})
    this.#file = null
    if (spare.length < mostSpare) spare.push(this.#scratch)
  }
}
