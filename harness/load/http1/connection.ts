import { Buffer } from 'node:buffer'
import { connect, type Socket } from 'node:net'
import type { Clock } from '../../kernel/clock.ts'
import { systemCode } from '../../kernel/errors.ts'
import { type TimerWheel, wheelEntry } from '../../kernel/timer-wheel.ts'
import { type ErrorClass, failure, type Outcome, success } from '../../resilience/policy.ts'
import type { EncodedRequest } from './encode.ts'
import { ResponseReader } from './response.ts'

const readBufferBytes = 65_536

/** A server that announces the end of a connection and does not close it gets this many of them to keep. */
const leavingLimit = 4

/** Where a connection goes, and what it runs on. */
export interface ConnectionOptions {
  readonly host: string
  readonly port: number
  readonly timeoutNs: number
  readonly clock: Clock
  readonly wheel: TimerWheel
}

/** Told about the attempt in flight. */
export interface AttemptListener {
  /** The attempt has ended. `detail` says what was wrong, for people. */
  attemptEnded(outcome: Outcome, nowNs: number, detail: string | null): void
  /** A connection was made for this attempt. */
  connected(nowNs: number): void
  /** The first bytes of the response have come. */
  firstByte(nowNs: number): void
  /** The request went out a second time, on a new connection, since the idle one had been closed under it. */
  resent(): void
}

/**
 * One HTTP/1.1 connection of a closed loop: one attempt at a time, kept alive between them, made again when the server
 * closed it. A close after a complete response is no error. A close without a response byte on a connection that had
 * served one is stale: the request is sent once more. A reset is always a failed attempt.
 */
export class Http1Connection {
  readonly #options: ConnectionOptions
  readonly #reader = new ResponseReader()
  readonly #buffer = Buffer.allocUnsafeSlow(readBufferBytes)
  readonly #deadline = wheelEntry((nowNs) => this.#fail('timeout', nowNs, null))
  /** Sockets that the server is about to close: if we did it first, their ports would stay in TIME_WAIT with us. */
  readonly #leaving: Socket[] = []
  #socket: Socket | null = null
  #connected = false
  #request: EncodedRequest | null = null
  #listener: AttemptListener | null = null
  #served = 0
  #resent = false

  constructor(options: ConnectionOptions) {
    this.#options = options
  }

  /** Bytes of the response to the last attempt. */
  get responseBytes(): number {
    return this.#reader.bytes
  }

  /** Sends a request; its end reaches the listener, never within this call. */
  send(request: EncodedRequest, listener: AttemptListener, nowNs: number): void {
    this.#request = request
    this.#listener = listener
    this.#resent = false
    this.#options.wheel.schedule(this.#deadline, nowNs + this.#options.timeoutNs)
    this.#write()
  }

  /** Gives up the attempt in flight; the connection cannot be used any more, and the next attempt makes a new one. */
  cancel(): void {
    this.#request = null
    this.#listener = null
    this.#options.wheel.cancel(this.#deadline)
    this.#drop()
  }

  /** Closes the connection. */
  close(): void {
    this.cancel()
    for (const socket of this.#leaving.splice(0)) socket.destroy()
  }

  #write(): void {
    const request = this.#request as EncodedRequest
    this.#reader.begin(request)
    this.#socket ??= this.#connect()
    this.#socket.write(request.bytes)
  }

  #connect(): Socket {
    const { host, port } = this.#options
    this.#served = 0
    this.#connected = false
    const socket = connect({
      host,
      port,
      noDelay: true,
      onread: {
        buffer: this.#buffer,
        callback: (length) => {
          if (socket === this.#socket) this.#read(length)
          return true
        },
      },
    })
    socket.on('connect', () => {
      if (socket !== this.#socket) return
      this.#connected = true
      this.#listener?.connected(this.#options.clock.nowNs())
    })
    socket.on('end', () => {
      if (socket === this.#socket) this.#ended()
    })
    socket.on('error', (error) => {
      if (socket === this.#socket) this.#broken(error)
    })
    return socket
  }

  #read(length: number): void {
    const nowNs = this.#options.clock.nowNs()
    const reader = this.#reader
    if (!this.#listener) {
      // Nothing was asked for: the server speaks out of turn, and the connection is of no more use.
      this.#drop()
      return
    }
    if (reader.bytes === 0) this.#listener.firstByte(nowNs)
    reader.push(this.#buffer, length)
    if (reader.problem !== null) this.#fail('protocol', nowNs, reader.problem)
    else if (reader.done) this.#complete(nowNs)
  }

  #complete(nowNs: number): void {
    const { head, bodyMatches } = this.#reader
    const request = this.#request as EncodedRequest
    this.#served++
    if (!head.keepAlive) this.#leave()
    const expected = request.expectStatus
    const statusOk = expected === null ? head.status < 400 : head.status === expected
    if (!statusOk) this.#settle({ ok: false, error: 'status', status: head.status }, nowNs, `status ${head.status}`)
    else if (!bodyMatches) this.#settle(failure('body'), nowNs, 'a body other than the expected one')
    else this.#settle(success, nowNs, null)
  }

  /** The server has closed its side. */
  #ended(): void {
    const stale = this.#served > 0 && this.#reader.bytes === 0 && !this.#resent
    if (!this.#listener) this.#drop()
    else if (this.#reader.bytes > 0 && this.#reader.end()) this.#complete(this.#options.clock.nowNs())
    else if (stale) {
      this.#drop()
      this.#resent = true
      this.#listener.resent()
      this.#write()
    } else this.#fail('closed', this.#options.clock.nowNs(), 'closed before the response was complete')
  }

  #broken(error: Error): void {
    if (!this.#listener) {
      this.#drop()
      return
    }
    const code = systemCode(error) ?? error.message
    this.#fail(classOf(code, this.#connected), this.#options.clock.nowNs(), code)
  }

  #fail(error: ErrorClass, nowNs: number, detail: string | null): void {
    this.#drop()
    this.#settle(failure(error), nowNs, detail)
  }

  #settle(outcome: Outcome, nowNs: number, detail: string | null): void {
    const listener = this.#listener
    this.#listener = null
    this.#request = null
    this.#options.wheel.cancel(this.#deadline)
    listener?.attemptEnded(outcome, nowNs, detail)
  }

  /** The response was the last of its connection: the server closes it, and we go on with a new one. */
  #leave(): void {
    const socket = this.#socket
    this.#socket = null
    if (!socket || socket.destroyed) return
    this.#leaving.push(socket)
    if (this.#leaving.length > leavingLimit) this.#leaving.shift()?.destroy()
  }

  #drop(): void {
    const socket = this.#socket
    this.#socket = null
    socket?.destroy()
  }
}

function classOf(code: string, connected: boolean): ErrorClass {
  if (code === 'ECONNREFUSED') return 'refused'
  if (code === 'ECONNRESET' || code === 'EPIPE') return 'reset'
  return connected ? 'closed' : 'connect'
}
