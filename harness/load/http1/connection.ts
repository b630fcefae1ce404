import type { Socket } from 'node:net'
import type { Clock } from '../../kernel/clock.ts'
import { systemCode } from '../../kernel/errors.ts'
import { type TimerWheel, wheelEntry } from '../../kernel/timer-wheel.ts'
import { type ErrorClass, failure } from '../../resilience/outcome.ts'
import { classOfSocketError, closedInHandshake, nameOfSocketError } from '../socket-errors.ts'
import type { Destination } from '../dial.ts'
import type { ConnectionEvents } from '../pooling.ts'
import { dial, readBuffer, type SocketOwner, surviveRefusedWrites } from './dial.ts'
import { type Exchange, ExchangeQueue, failAll } from './exchange.ts'
import type { LeavingSockets } from './leaving.ts'
import type { PooledConnection } from './pool.ts'
import { ResponseReader } from './response.ts'
import { Upload, type UploadOwner } from './upload.ts'

/** What the connections of a driver share. */
export interface ConnectionOptions {
  readonly destination: Destination
  readonly leaving: LeavingSockets
  /** False: each request has a connection of its own. */
  readonly keepAlive: boolean
  /** Requests in flight at once, at most. */
  readonly pipelining: number
  readonly clock: Clock
  readonly wheel: TimerWheel
}

/**
 * One HTTP/1.1 connection: made when it is needed, kept alive between requests, made again when the server has closed it.
 * A close after a complete response is no error. A close without a byte of the response, on a connection that had served
 * one, is stale: an idempotent request is sent once more. A reset is always a failed attempt. With several requests in
 * flight the first unanswered one carries the failure; those behind it are sent once more, or fail as `closed`.
 */
export class Http1Connection implements PooledConnection<Http1Connection>, SocketOwner, UploadOwner {
  leases = 0
  above: Http1Connection | null = null
  below: Http1Connection | null = null
  readonly reader = new ResponseReader()
  readonly #options: ConnectionOptions
  readonly #events: ConnectionEvents | null
  readonly #queue = new ExchangeQueue()
  /** Stays scheduled from one request to the next; only when it is due does it look whose limit has passed. */
  readonly #deadline = wheelEntry((nowNs) => this.#checkDeadline(nowNs))
  #socket: Socket | null = null
  /** These are of the socket, or of the last one when there is none now. */
  #connected = false
  #guarded = false
  /** Responses that came whole. */
  #served = 0
  /** The code with which the peer refused to take more; null while it takes what comes. */
  #refused: string | null = null
  /** Whose body is being streamed; nothing else is written meanwhile. */
  #uploading: Exchange | null = null
  #upload: Upload | null = null
  /** The socket is gone, and those that were behind the failed request are sent again in a moment. */
  #recovering = false

  /** What becomes of it is told to the events, where its pool wants to know; else it is made when it is needed. */
  constructor(options: ConnectionOptions, events: ConnectionEvents | null = null) {
    this.#options = options
    this.#events = events
  }

  /** Whether there is a connection now. */
  get isOpen(): boolean {
    return this.#socket !== null && this.#connected
  }

  /** Begins to connect, with no request to be sent yet. */
  connect(): void {
    this.#socket = this.#dial()
  }

  /** Sends a request, or lets it wait behind the upload of another; its end is never told within this call. */
  send(exchange: Exchange): void {
    this.#queue.append(exchange)
    if (this.#deadline.next === null || this.#deadline.dueNs > exchange.deadlineNs)
      this.#options.wheel.schedule(this.#deadline, exchange.deadlineNs)
    if (this.#uploading === null && !this.#recovering) this.#write(exchange)
  }

  /** Gives up a request. Its response could not be told from the next one's, so that the socket goes with it. */
  cancel(exchange: Exchange): void {
    if (exchange.begun) exchange.receivedBytes = this.reader.sizeBytes
    if (!this.#queue.remove(exchange)) return
    if (exchange.sent) this.#drop()
    this.#recover()
  }

  /** Closes the connection; no request is in flight any more. */
  close(): void {
    this.#queue.clear()
    this.#drop()
    this.#options.wheel.cancel(this.#deadline)
  }

  socketConnected(socket: Socket): void {
    if (socket !== this.#socket) return
    this.#connected = true
    const { first } = this.#queue
    this.#events?.opened(this.#options.clock.nowNs())
    first?.listener.connected(this.#options.clock.nowNs())
  }

  socketRead(socket: Socket, length: number): void {
    if (socket !== this.#socket) return
    const nowNs = this.#options.clock.nowNs()
    if (this.#options.pipelining === 1) {
      this.#read(0, length, nowNs)
      return
    }
    // Requests that follow from these responses go out together.
    socket.cork()
    for (let at = 0; at < length && socket === this.#socket;) at = this.#read(at, length, nowNs)
    socket.uncork()
  }

  socketEnded(socket: Socket): void {
    if (socket !== this.#socket) return
    const exchange = this.#queue.first
    const nowNs = this.#options.clock.nowNs()
    if (exchange === null) this.#lose('tls', nowNs, closedInHandshake)
    else if (!this.#connected) this.#failUnsent('tls', nowNs, closedInHandshake)
    else if (exchange.begun && this.reader.end()) this.#complete(exchange, nowNs)
    else if (this.#isStale(exchange)) {
      this.#drop()
      this.#sendAgain()
    } else if (this.#refused !== null) this.#fail(exchange, 'reset', nowNs, this.#refused)
    else this.#fail(exchange, 'closed', nowNs, 'closed before the response was complete')
  }

  socketBroken(socket: Socket, error: Error): void {
    if (socket !== this.#socket) return
    const failed = classOfSocketError(systemCode(error) ?? '', this.#connected)
    const exchange = this.#queue.first
    const nowNs = this.#options.clock.nowNs()
    const detail = nameOfSocketError(error)
    if (exchange === null) this.#lose(failed, nowNs, detail)
    else if (this.#connected) this.#fail(exchange, failed, nowNs, detail)
    else this.#failUnsent(failed, nowNs, detail)
  }

  uploading(sizeBytes: number): void {
    if (this.#uploading) this.#uploading.sentBytes += sizeBytes
  }

  uploaded(): void {
    let exchange = this.#uploading?.next ?? null
    this.#endUpload()
    for (; exchange && this.#uploading === null; exchange = exchange.next) this.#write(exchange)
  }

  uploadFailed(detail: string): void {
    if (this.#uploading) this.#fail(this.#uploading, 'exhausted', this.#options.clock.nowNs(), detail)
  }

  #write(exchange: Exchange): void {
    const { streamed } = exchange.request
    const socket = (this.#socket ??= this.#dial())
    if (streamed !== null) this.#guard(socket)
    exchange.sent = true
    exchange.sentBytes += exchange.bytes.length
    socket.write(exchange.bytes)
    if (streamed === null) return
    this.#uploading = exchange
    this.#upload = new Upload(streamed, socket, this)
    this.#upload.start()
  }

  #dial(): Socket {
    this.#connected = false
    this.#guarded = false
    this.#served = 0
    this.#refused = null
    const socket = dial(this.#options.destination, this)
    if (this.#options.pipelining > 1) this.#guard(socket)
    return socket
  }

  /** Where responses may lie unread while something is written, a write that is refused must not cost them. */
  #guard(socket: Socket): void {
    if (this.#guarded) return
    this.#guarded = true
    surviveRefusedWrites(socket, (code) => {
      if (socket !== this.#socket) return
      this.#refused ??= code
      this.#upload?.stop()
    })
  }

  /** Reads one response, or a part of it, from `at`; returns where it stopped. */
  #read(at: number, length: number, nowNs: number): number {
    const exchange = this.#queue.first
    if (exchange === null) {
      // Nothing was asked for: the server speaks out of turn, and the connection is of no more use.
      this.#lose('protocol', nowNs, 'bytes that nobody asked for')
      return length
    }
    const { reader } = this
    if (!exchange.begun) {
      exchange.begun = true
      reader.begin(exchange.request.shape)
      exchange.listener.firstByte(nowNs)
      // Whoever is told may give it up; its lane may be at the next attempt by now.
      if (this.#queue.first !== exchange || !exchange.begun) return length
    }
    const end = reader.push(readBuffer, at, length)
    if (reader.problem !== null) this.#fail(exchange, 'protocol', nowNs, reader.problem)
    else if (reader.done) {
      if (end < length && exchange.next?.sent !== true)
        this.#fail(exchange, 'protocol', nowNs, 'bytes after the end of the response')
      else this.#complete(exchange, nowNs)
    }
    return end
  }

  #complete(exchange: Exchange, nowNs: number): void {
    const { reader } = this
    exchange.receivedBytes = reader.sizeBytes
    this.#served++
    // What is left of its upload would be taken for the next request.
    if (this.#uploading === exchange) this.#drop()
    else if (!reader.keepAlive || !this.#options.keepAlive) this.#leave()
    this.#queue.shift()
    this.#recover()
    exchange.answered(nowNs)
  }

  #fail(exchange: Exchange, error: ErrorClass, nowNs: number, detail: string | null): void {
    this.#drop()
    this.#queue.remove(exchange)
    this.#recover()
    exchange.failed(error, nowNs, detail)
  }

  /** There never was a connection: nothing of any request has gone out, and none would fare better. */
  #failUnsent(error: ErrorClass, nowNs: number, detail: string): void {
    this.#drop()
    const exchanges = this.#queue.list()
    this.#queue.clear()
    failAll(exchanges, error, nowNs, detail)
  }

  #isStale({ begun, resent, request }: Exchange): boolean {
    return this.#served > 0 && !begun && !resent && request.idempotent && this.#refused !== 'ECONNRESET'
  }

  /** What is left in flight without a socket is looked after when whoever ends it now has ended all that he wants to. */
  #recover(): void {
    if (this.#socket !== null || this.#recovering || this.#queue.first === null) return
    this.#recovering = true
    queueMicrotask(() => this.#sendAgain())
  }

  /** Sends what can be sent again on a new socket; the rest has failed. */
  #sendAgain(): void {
    this.#recovering = true
    const lost: Exchange[] = []
    for (const exchange of this.#queue.list()) {
      const wentOut = exchange.sent && this.#connected
      exchange.sent = false
      if (!wentOut) continue
      if (exchange.begun || exchange.resent || !exchange.request.idempotent) {
        this.#queue.remove(exchange)
        lost.push(exchange)
      } else {
        exchange.resent = true
        exchange.listener.resent()
      }
    }
    this.#recovering = false
    for (let at = this.#queue.first; at && this.#uploading === null; at = at.next) this.#write(at)
    failAll(lost, 'closed', this.#options.clock.nowNs(), 'closed before the response began')
  }

  #checkDeadline(nowNs: number): void {
    const exchange = this.#queue.first
    if (exchange && exchange.deadlineNs <= nowNs) this.#fail(exchange, 'timeout', nowNs, null)
    const { first } = this.#queue
    if (first && this.#deadline.next === null) this.#options.wheel.schedule(this.#deadline, first.deadlineNs)
  }

  /** The response was the last of its connection: the server closes it, and we go on with a new one. */
  #leave(): void {
    // A pool must not have more than it may, not even of those that the server is about to close.
    if (this.#events) return this.#drop()
    const socket = this.#socket
    this.#socket = null
    this.#endUpload()
    if (socket) this.#options.leaving.add(socket)
  }

  /** The connection is of no more use, and there was no request in flight. Of an idle one nobody asks why. */
  #lose(error: ErrorClass, nowNs: number, detail: string | null): void {
    this.#drop()
    this.#events?.lost({ outcome: failure(error), detail }, nowNs)
  }

  #drop(): void {
    const socket = this.#socket
    const { first } = this.#queue
    if (first?.begun) first.receivedBytes = this.reader.sizeBytes
    this.#socket = null
    this.#endUpload()
    socket?.destroy()
  }

  #endUpload(): void {
    this.#upload?.stop()
    this.#upload = null
    this.#uploading = null
  }
}
