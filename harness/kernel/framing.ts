import { Buffer } from 'node:buffer'
import { SoakrigError } from './errors.ts'

/** How messages are told apart in a stream of bytes. */
export type Framing =
  /** Ends with the delimiter, which is not part of it. */
  | { readonly kind: 'line'; readonly delimiter: string }
  /** Begins with its length as an unsigned big-endian number of so many bytes. */
  | { readonly kind: 'length-prefixed'; readonly prefixBytes: 1 | 2 | 4 }
  /** Has always this size. */
  | { readonly kind: 'fixed'; readonly sizeBytes: number }

/** Takes what a decoder finds. */
export interface MessageSink {
  /** The next part of the message: `from` to `to` of a buffer that is the sink's only during the call. */
  piece(buffer: Buffer, from: number, to: number): void
}

/** Finds the messages in a stream of bytes, however that is cut. Holds back no more than a delimiter's length. */
export interface MessageDecoder {
  /** Whether the last `push` has come to the end of a message. */
  readonly done: boolean
  /** What is wrong with the stream, of which nothing can be made any more; null while all is well. */
  readonly problem: string | null
  /** Reads to the end of the message at most; gives where it stopped. Nothing is allocated. */
  push(buffer: Buffer, from: number, to: number, sink: MessageSink): number
}

/** Makes a decoder; a message of more than `maxMessageBytes` is a problem. Throws `framing` (104) for one that frames nothing. */
export function createDecoder(framing: Framing, maxMessageBytes: number): MessageDecoder {
  switch (framing.kind) {
    case 'line':
      if (framing.delimiter === '') throw unusable('an empty delimiter ends no message')
      return new LineDecoder(Buffer.from(framing.delimiter), maxMessageBytes)
    case 'length-prefixed':
      return new SizedDecoder(framing.prefixBytes, 0, maxMessageBytes)
    case 'fixed':
      if (!(framing.sizeBytes >= 1)) throw unusable('a message of fixed size has a byte at least')
      return new SizedDecoder(0, framing.sizeBytes, maxMessageBytes)
  }
}

/** A message as it goes on the wire, in memory of its own. Throws `message-size` (104) when the framing has no such message. */
export function frameMessage(framing: Framing, message: Buffer): Buffer {
  switch (framing.kind) {
    case 'line':
      return Buffer.concat([message, Buffer.from(framing.delimiter)])
    case 'length-prefixed': {
      const { prefixBytes } = framing
      const most = 2 ** (8 * prefixBytes) - 1
      if (message.length > most) throw wrongSize(message, `at most ${most} for a prefix of ${prefixBytes}`)
      const framed = Buffer.allocUnsafeSlow(prefixBytes + message.length)
      framed.writeUIntBE(message.length, 0, prefixBytes)
      message.copy(framed, prefixBytes)
      return framed
    }
    case 'fixed':
      if (message.length !== framing.sizeBytes) throw wrongSize(message, `exactly ${framing.sizeBytes}`)
      return Buffer.from(message)
  }
}

function unusable(message: string): SoakrigError {
  return new SoakrigError(message, { code: 'framing', exit: 'usage' })
}

function wrongSize(message: Buffer, allowed: string): SoakrigError {
  return new SoakrigError(`a message of ${message.length} bytes does not fit its framing`, {
    code: 'message-size',
    exit: 'usage',
    hint: `Allowed: ${allowed} bytes.`,
  })
}

/**
 * Messages that end with a delimiter. What may be the beginning of one is held back as a number only: those bytes are
 * the delimiter's own, and are taken from there when it turns out to be something else (Knuth, Morris and Pratt 1977).
 */
class LineDecoder implements MessageDecoder {
  readonly #delimiter: Buffer
  readonly #borders: readonly number[]
  readonly #maxBytes: number
  done = false
  problem: string | null = null
  /** Bytes of the delimiter that the stream so far ends with. */
  #matched = 0
  /** Bytes of the message told so far. */
  #size = 0

  constructor(delimiter: Buffer, maxBytes: number) {
    this.#delimiter = delimiter
    this.#borders = bordersOf(delimiter)
    this.#maxBytes = maxBytes
  }

  push(buffer: Buffer, from: number, to: number, sink: MessageSink): number {
    const delimiter = this.#delimiter
    const { length } = delimiter
    let at = from
    let matched = this.#matched
    /** How many of the matched bytes came with earlier buffers. */
    let carried = matched
    this.done = false
    while (at < to && matched < length) {
      if (matched === 0) {
        at = indexOfByte(buffer, delimiter[0] as number, at, to)
        if (at === to) break
        matched = 1
        at++
      } else if (buffer[at] === delimiter[matched]) {
        matched++
        at++
      } else {
        const border = this.#borders[matched - 1] as number
        const released = Math.min(carried, matched - border)
        if (released > 0) this.#tell(delimiter, 0, released, sink)
        carried -= released
        matched = border
      }
    }
    const end = at - (matched - carried)
    if (end > from) this.#tell(buffer, from, end, sink)
    if (matched === length) {
      this.done = this.problem === null
      matched = 0
      this.#size = 0
    }
    this.#matched = matched
    return at
  }

  #tell(buffer: Buffer, from: number, to: number, sink: MessageSink): void {
    this.#size += to - from
    if (this.#size > this.#maxBytes) this.problem = tooLong(this.#maxBytes)
    else sink.piece(buffer, from, to)
  }
}

/** Messages whose size is known before they come. */
class SizedDecoder implements MessageDecoder {
  readonly #prefixBytes: number
  readonly #fixedBytes: number
  readonly #maxBytes: number
  done = false
  problem: string | null = null
  #prefixLeft: number
  /** Size of the message, as far as its prefix has come; then what is left of it. */
  #left: number

  constructor(prefixBytes: number, fixedBytes: number, maxBytes: number) {
    this.#prefixBytes = prefixBytes
    this.#fixedBytes = fixedBytes
    this.#maxBytes = maxBytes
    this.#prefixLeft = prefixBytes
    this.#left = fixedBytes
    if (fixedBytes > maxBytes) this.problem = tooLong(maxBytes)
  }

  push(buffer: Buffer, from: number, to: number, sink: MessageSink): number {
    let at = from
    this.done = false
    while (this.#prefixLeft > 0) {
      if (at === to) return at
      this.#left = this.#left * 256 + (buffer[at++] as number)
      if (--this.#prefixLeft === 0 && this.#left > this.#maxBytes) this.problem = tooLong(this.#maxBytes)
    }
    if (this.problem !== null) return at
    const taken = Math.min(this.#left, to - at)
    if (taken > 0) sink.piece(buffer, at, at + taken)
    this.#left -= taken
    if (this.#left === 0) {
      this.done = true
      this.#prefixLeft = this.#prefixBytes
      this.#left = this.#fixedBytes
    }
    return at + taken
  }
}

function tooLong(maxBytes: number): string {
  return `a message of more than ${maxBytes} bytes`
}

/** For each beginning of the delimiter: how long its longest end is that is also its beginning. */
function bordersOf(delimiter: Buffer): number[] {
  const borders = [0]
  for (let at = 1; at < delimiter.length; at++) {
    let border = borders[at - 1] as number
    while (border > 0 && delimiter[at] !== delimiter[border]) border = borders[border - 1] as number
    borders.push(delimiter[at] === delimiter[border] ? border + 1 : 0)
  }
  return borders
}

// A native search costs about as much as looking at so many bytes.
const shortBytes = 64

/** Where a byte is first found in a range, or its end. */
function indexOfByte(buffer: Buffer, byte: number, from: number, to: number): number {
  const near = Math.min(to, from + shortBytes)
  for (let at = from; at < near; at++) if (buffer[at] === byte) return at
  if (near === to) return to
  const found = buffer.indexOf(byte, near)
  return found < 0 || found > to ? to : found
}
