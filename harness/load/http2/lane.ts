import type { Buffer } from 'node:buffer'
import { type ClientHttp2Stream, type ClientSessionRequestOptions, constants } from 'node:http2'
import { wheelEntry } from '../../kernel/timer-wheel.ts'
import { failure, type Outcome, statusFailure, success } from '../../resilience/outcome.ts'
import { type Waiter, createWaiter } from '../../kernel/waiting-line.ts'
import type { AttemptListener, DriverContext, Lane } from '../driver.ts'
import type { EncodedBody } from '../http1/body.ts'
import type { UserCookies } from '../http1/cookies.ts'
import { Upload, type UploadOwner } from '../http1/upload.ts'
import { waitAskedFor } from '../retry-after.ts'
import type { ConnectionOwner, Http2Connection } from './connection.ts'
import { Http2Reply } from './reply.ts'
import { type PreparedHttp2, textBytes } from './request.ts'
import type { SessionPool } from './session-pool.ts'
import { hear, type StreamListener, unhear } from './stream.ts'
import { type Failure, resetFailure } from './stream-errors.ts'

const withoutBody = { endStream: true }
const withBody = { endStream: false }

/** What the lanes of a driver share. */
export interface LaneOptions {
  readonly context: Pick<DriverContext<'http'>, 'connection' | 'clock' | 'wheel' | 'timeoutNs'>
  readonly pool: SessionPool<Http2Connection>
}

/** One attempt at a time: a stream of a connection of the pool, its request, its response. */
export class Http2Lane implements Lane<PreparedHttp2>, ConnectionOwner, StreamListener, UploadOwner {
  readonly reply = new Http2Reply()
  sentBytes = 0
  readonly #options: LaneOptions
  readonly #listener: AttemptListener
  readonly #cookies: UserCookies | null
  readonly #waiter: Waiter<Http2Connection>
  /** Stays scheduled from one attempt to the next, so that most of them cost the wheel nothing. */
  readonly #deadline = wheelEntry((nowNs) => this.#due(nowNs))
  #deadlineNs = 0
  /** Null while no attempt is in flight. */
  #request: PreparedHttp2 | null = null
  #connection: Http2Connection | null = null
  #stream: ClientHttp2Stream | null = null
  #upload: Upload | null = null
  #abort: AbortController | null = null
  #startedNs = 0
  #resent = false
  /** Whether the response has come whole. */
  #whole = false

  constructor(options: LaneOptions, listener: AttemptListener, cookies: UserCookies | null) {
    this.#options = options
    this.#listener = listener
    this.#cookies = cookies
    this.#waiter = createWaiter((connection, nowNs) => this.#granted(connection, nowNs))
  }

  get receivedBytes(): number {
    return this.reply.sizeBytes
  }

  start(request: PreparedHttp2, nowNs: number): void {
    this.#request = request
    this.#startedNs = nowNs
    this.#resent = false
    this.#whole = false
    this.sentBytes = 0
    this.reply.begin(request)
    const connection = this.#options.pool.lease(this.#waiter)
    // Time begins to count with the connection.
    this.#deadlineNs = Number.POSITIVE_INFINITY
    if (connection) this.#begin(connection, nowNs)
  }

  cancel(): void {
    this.#request = null
    this.#giveBack(this.#options.context.clock.nowNs())
  }

  /** Ends its timer. */
  close(): void {
    this.#options.context.wheel.cancel(this.#deadline)
  }

  opened(nowNs: number): void {
    const connection = this.#connection
    this.#listener.connected(nowNs)
    // Unless whoever is told has given the attempt up, or is at the next one.
    if (connection && this.#connection === connection && !this.#stream) this.#send(connection)
  }

  openFailed({ outcome, detail }: Failure, nowNs: number): void {
    this.#end(outcome, nowNs, detail)
  }

  head(status: number, headers: readonly string[]): void {
    this.reply.head(status, headers)
    this.#listener.firstByte(this.#options.context.clock.nowNs())
  }

  data(chunk: Buffer): void {
    const problem = this.reply.data(chunk)
    if (problem !== null) this.#end(failure('protocol'), this.#options.context.clock.nowNs(), problem)
  }

  trailers(headers: readonly string[]): void {
    this.reply.trailers(headers)
  }

  complete(): void {
    const { reply } = this
    const request = this.#request as PreparedHttp2
    this.#whole = true
    const nowNs = this.#options.context.clock.nowNs()
    const { status } = reply
    if (request.cookies) this.#cookies?.take(request.cookies.url, reply.headers('set-cookie'))
    if (request.expectStatus === null ? status >= 400 : status !== request.expectStatus)
      this.#end(
        statusFailure(status, waitAskedFor(reply.retryAfter, this.#options.context.clock)),
        nowNs,
        `status ${status}`,
      )
    else if (!reply.bodyMatches) this.#end(failure('body'), nowNs, 'a body other than the expected one')
    else {
      const wrong = request.checks?.run(reply, nowNs - this.#startedNs) ?? null
      this.#end(wrong === null ? success : failure('check'), nowNs, wrong)
    }
  }

  broken(stream: ClientHttp2Stream, error: Error | null): void {
    const connection = this.#connection as Http2Connection
    const nowNs = this.#options.context.clock.nowNs()
    if (!connection.refused(stream)) {
      const { outcome, detail } = connection.failureOf(stream, error)
      this.#end(outcome, nowNs, detail)
    } else if (this.#resent) {
      const { outcome, detail } = resetFailure(constants.NGHTTP2_REFUSED_STREAM)
      this.#end(outcome, nowNs, detail)
    } else this.#sendAgain(nowNs)
  }

  uploading(sizeBytes: number): void {
    this.sentBytes += sizeBytes
  }

  uploaded(): void {
    this.#upload = null
    this.#stream?.end()
  }

  uploadFailed(detail: string): void {
    this.#end(failure('exhausted'), this.#options.context.clock.nowNs(), detail)
  }

  #granted(connection: Http2Connection, nowNs: number): void {
    this.#connection = connection
    if (!this.#resent) this.#listener.granted(nowNs)
    if (this.#connection === connection && !this.#stream) this.#begin(connection, nowNs)
  }

  #begin(connection: Http2Connection, nowNs: number): void {
    // An attempt that is sent again keeps the deadline that it had.
    if (!this.#resent) {
      const { wheel, timeoutNs } = this.#options.context
      this.#deadlineNs = nowNs + timeoutNs
      if (!this.#deadline.next) wheel.schedule(this.#deadline, this.#deadlineNs)
    }
    this.#connection = connection
    if (connection.ready) this.#send(connection)
    else connection.owner = this
  }

  #due(nowNs: number): void {
    if (!this.#request || this.#deadlineNs === Number.POSITIVE_INFINITY) return
    if (nowNs < this.#deadlineNs) this.#options.context.wheel.schedule(this.#deadline, this.#deadlineNs)
    else this.#end(failure('timeout'), nowNs, null)
  }

  #send(connection: Http2Connection): void {
    const request = this.#request as PreparedHttp2
    const { body } = request
    const headers = this.#cookies ? this.#withCookies(request) : request.headers
    const stream = connection.request(headers, this.#optionsFor(body))
    this.#stream = stream
    this.sentBytes += headers === request.headers ? request.headerBytes : textBytes(headers)
    hear(stream, this)
    if (body.streamed) {
      // It only writes, which is the same on a stream as on a socket.
      this.#upload = new Upload(body.streamed, stream, this)
      this.#upload.start()
    } else if (body.sizeBytes > 0) {
      this.sentBytes += body.sizeBytes
      stream.end(body.bytes)
    }
  }

  #optionsFor({ sizeBytes, streamed }: EncodedBody): ClientSessionRequestOptions {
    if (!streamed) return sizeBytes === 0 ? withoutBody : withBody
    this.#abort = new AbortController()
    return { endStream: false, signal: this.#abort.signal }
  }

  #withCookies({ headers, cookies }: PreparedHttp2): readonly string[] {
    const header = cookies ? this.#cookies?.header(cookies.url, cookies.own) : ''
    return header ? [...headers, 'cookie', header] : headers
  }

  /** The peer has not looked at the request: it goes out once more. */
  #sendAgain(nowNs: number): void {
    const { pool } = this.#options
    this.#resent = true
    this.#giveBack(nowNs)
    this.reply.begin(this.#request as PreparedHttp2)
    this.#listener.resent()
    if (!this.#request) return
    const connection = pool.lease(this.#waiter)
    if (connection) this.#begin(connection, nowNs)
  }

  /** Gives back all that the attempt has, wherever it is. */
  #giveBack(nowNs: number): void {
    const { context, pool } = this.#options
    const connection = this.#connection
    this.#upload?.stop()
    this.#upload = null
    if (!connection) {
      pool.withdraw(this.#waiter)
      return
    }
    const stream = this.#stream
    this.#connection = null
    this.#stream = null
    if (stream) {
      unhear(stream)
      // A stream that both sides have ended closes by itself.
      const over = stream.closed || (this.#whole && stream.writableFinished)
      // In the middle of an upload, close() would say END_STREAM before it says CANCEL, and half a body pass for a whole one.
      if (!over && this.#abort) this.#abort.abort()
      else if (!over) stream.close(constants.NGHTTP2_CANCEL)
      this.#abort = null
      if (!context.connection.keepAlive) connection.leave(nowNs)
    }
    if (!connection.heard) connection.abandon(nowNs)
    pool.release(connection, nowNs)
  }

  /** What the attempt had is given back first, so that whoever hears of its end can have it at once. */
  #end(outcome: Outcome, nowNs: number, detail: string | null): void {
    this.#request = null
    this.#giveBack(nowNs)
    this.#listener.attemptEnded(outcome, nowNs, detail)
  }
}
