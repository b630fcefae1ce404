import type { Buffer } from 'node:buffer'
import type { ClientHttp2Stream, IncomingHttpHeaders, IncomingHttpStatusHeader } from 'node:http2'
import { Readable } from 'node:stream'

/** Told what comes on a stream, in this order. */
export interface StreamListener {
  /** The head; names and values by turns. Interim responses are not told. */
  head(status: number, headers: readonly string[]): void
  /** Bytes of the body; the buffer is not used again. */
  data(chunk: Buffer): void
  trailers(headers: readonly string[]): void
  /** The response has come whole. */
  complete(): void
  /** The stream has ended before that. `error` is what it said; null where it said nothing. */
  broken(stream: ClientHttp2Stream, error: Error | null): void
}

const listener: unique symbol = Symbol('listener')
const whole: unique symbol = Symbol('whole')
const cause: unique symbol = Symbol('cause')

interface HeardStream extends ClientHttp2Stream {
  [listener]: StreamListener | null
  /** Whether END_STREAM has come. */
  [whole]: boolean
  [cause]: Error | null
}

/**
 * Tells a listener what comes on a stream, which is read from now on.
 *
 * What node:http2 reads it gives to `push`, as every Readable does; it is taken there instead of from the events. That
 * spares the buffering of Readable, and it is the only place where END_STREAM can be told from an early RST_STREAM with
 * NO_ERROR: to the events both are an `end`, and half a response would pass for a whole one.
 */
export function hear(stream: ClientHttp2Stream, by: StreamListener): void {
  const heard = stream as HeardStream
  heard[listener] = by
  heard[whole] = false
  heard[cause] = null
  heard.push = push
  heard.on('response', onResponse)
  heard.on('trailers', onTrailers)
  heard.on('end', onEnd)
  heard.on('error', onError)
  heard.on('close', onClose)
  heard.read(0)
}

/** Tells nothing more of a stream. */
export function unhear(stream: ClientHttp2Stream): void {
  ;(stream as HeardStream)[listener] = null
}

function push(this: HeardStream, chunk: Buffer | null): boolean {
  if (chunk !== null) {
    this[listener]?.data(chunk)
    return true
  }
  if (!this.closed) this[whole] = true
  const more = Readable.prototype.push.call(this, null)
  // Nothing is buffered, so this is what makes `end` follow.
  this.read(0)
  return more
}

function onResponse(
  this: HeardStream,
  head: IncomingHttpHeaders & IncomingHttpStatusHeader,
  _flags: number,
  headers: readonly string[],
): void {
  this[listener]?.head(head[':status'] ?? 0, headers)
}

function onTrailers(
  this: HeardStream,
  _trailers: IncomingHttpHeaders,
  _flags: number,
  headers: readonly string[],
): void {
  this[listener]?.trailers(headers)
}

function onEnd(this: HeardStream): void {
  if (this[whole]) this[listener]?.complete()
}

function onError(this: HeardStream, error: Error): void {
  this[cause] ??= error
}

function onClose(this: HeardStream): void {
  if (this[whole] && this[cause] === null) this[listener]?.complete()
  else this[listener]?.broken(this, this[cause])
}
