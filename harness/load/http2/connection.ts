import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type ClientSessionRequestOptions,
  connect as connectHttp2,
  constants,
  type Settings,
} from 'node:http2'
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { systemCode } from '../../kernel/errors.ts'
import { failure } from '../../resilience/outcome.ts'
import { dialTo, type Place } from '../dial.ts'
import type { DriverContext } from '../driver.ts'
import type { TlsClient } from '../tls.ts'
import {
  closedFailure,
  errorFailure,
  type Failure,
  goawayFailure,
  handshakeFailure,
  resetFailure,
} from './stream-errors.ts'

/** Streams have odd numbers below 2^31, and none is used twice (RFC 9113, section 5.1.1). */
const streamsPerConnection = 2 ** 30 - 1

/** Room for large downloads on many streams at once; what comes is never kept waiting. */
const connectionWindowBytes = 16 * 2 ** 20

const sessionOptions = {
  settings: { enablePush: false, initialWindowSize: 2 ** 20 },
  maxHeaderListPairs: 1000,
  // The peer's own word comes with its SETTINGS, which are waited for.
  peerMaxConcurrentStreams: 2 ** 32 - 1,
  maxSessionMemory: 2 ** 16,
}

/** What the connections of a driver run on. */
export interface ConnectionOptions {
  readonly context: Pick<DriverContext<'http'>, 'connection' | 'address' | 'port' | 'dialer' | 'clock'>
  readonly tls: TlsClient | null
  readonly pool: ConnectionPort
}

/** Told what becomes of connections. */
export interface ConnectionPort {
  resized(connection: Http2Connection, nowNs: number): void
  /** It takes no new streams any more. */
  leave(connection: Http2Connection, nowNs: number): void
  ended(connection: Http2Connection, nowNs: number): void
}

/** The attempt for which a connection is made. */
export interface ConnectionOwner {
  opened(nowNs: number): void
  openFailed(failure: Failure, nowNs: number): void
}

/**
 * One HTTP/2 connection. Until the peer's SETTINGS have come it carries one stream; from then on as many as both sides
 * allow. It takes no new ones once either side has said GOAWAY, and ends when those it has are done.
 */
export class Http2Connection {
  load = 0
  member = false
  place = -1
  capacity = 1
  /** Whether streams can be opened; else `owner` is told as soon as they can. */
  ready = false
  /** Whether the peer has said its SETTINGS; until then it may as well be dead, and carries one stream. */
  heard = false
  owner: ConnectionOwner | null = null
  readonly #options: ConnectionOptions
  readonly #socket: Socket
  readonly #session: ClientHttp2Session
  #left = false
  #streams = 0
  #goawayCode = 0
  /** Streams above it were not processed. */
  #lastStreamId = Number.POSITIVE_INFINITY

  constructor(options: ConnectionOptions) {
    const { tls, context } = options
    const { address, port, dialer, connection } = context
    const destination = { address, port, socketPath: connection.socketPath, tls, dialer }
    this.#options = options
    this.#socket = dialTo(destination, (place) => (tls ? this.#secured(tls, place) : connectTcp(place)))
    this.#session = connectHttp2('http://localhost', { ...sessionOptions, createConnection: () => this.#socket })
    this.#session
      .on('connect', () => this.#connected())
      .on('remoteSettings', (settings) => this.#settings(settings))
      .on('goaway', (code, lastStreamId) => this.#goaway(code, lastStreamId))
      .on('error', (error) => this.#failed(error))
      .on('close', () => this.#closed())
    // The peer has closed its side: whatever is sent now cannot be answered.
    this.#socket.on('end', () => {
      if (tls && !this.ready) this.#openFailed(handshakeFailure)
      this.#leftByPeer()
    })
    // After an alert of TLS, node:http2 would wait for the peer to close.
    this.#socket.on('error', () => this.#socket.destroy())
  }

  get usable(): boolean {
    return !this.#left && !this.#session.closed && !this.#session.destroyed
  }

  /** Opens a stream; only when `ready`. */
  request(headers: readonly string[], options: ClientSessionRequestOptions): ClientHttp2Stream {
    const stream = this.#session.request(headers as string[], options)
    if (++this.#streams === streamsPerConnection) this.leave(this.#options.context.clock.nowNs())
    return stream
  }

  /** True for a stream that the peer has not processed, and that may be sent again whatever it asks for. */
  refused(stream: ClientHttp2Stream): boolean {
    return stream.rstCode === constants.NGHTTP2_REFUSED_STREAM || (stream.id ?? 0) > this.#lastStreamId
  }

  /** Why a stream ended before its response was complete. `error` is what it said itself. */
  failureOf(stream: ClientHttp2Stream, error: Error | null): Failure {
    if (this.#goawayCode !== 0) return goawayFailure(this.#goawayCode)
    if (error && systemCode(error) !== 'ERR_HTTP2_STREAM_ERROR') return errorFailure(error, true)
    return this.#session.destroyed && !error ? closedFailure : resetFailure(stream.rstCode)
  }

  /** Takes no new streams; ends when those it has are done. */
  leave(nowNs: number): void {
    if (this.#left) return
    this.#left = true
    this.#options.pool.leave(this, nowNs)
    this.#session.close()
  }

  /** Whoever it was made for has no use for it any more before the peer had said anything. */
  abandon(nowNs: number): void {
    this.close()
    this.#options.pool.leave(this, nowNs)
  }

  close(): void {
    this.owner = null
    this.#left = true
    this.#session.destroy()
    this.#socket.destroy()
  }

  #secured(tls: TlsClient, place: Place): TLSSocket {
    const socket = connectTls({ ...place, ...tls.options() })
    socket.setNoDelay(true)
    tls.watch(socket)
    return socket
  }

  #connected(): void {
    const spoken = this.#session.alpnProtocol
    if (this.#session.destroyed) return
    if (spoken !== 'h2' && spoken !== 'h2c') {
      this.#openFailed({ outcome: failure('protocol'), detail: 'the server did not choose h2 (ALPN)' })
      this.close()
      return
    }
    const { owner } = this
    this.ready = true
    this.owner = null
    this.#session.setLocalWindowSize(connectionWindowBytes)
    owner?.opened(this.#options.context.clock.nowNs())
  }

  #settings({ maxConcurrentStreams = Number.POSITIVE_INFINITY }: Settings): void {
    const { context, pool } = this.#options
    const { streams, keepAlive } = context.connection
    this.heard = true
    // Of a peer that takes none now, one stream waits until it does or its time is over.
    const capacity = keepAlive ? Math.max(1, Math.min(streams, maxConcurrentStreams)) : 1
    if (capacity === this.capacity) return
    this.capacity = capacity
    pool.resized(this, context.clock.nowNs())
  }

  #goaway(code: number, lastStreamId: number): void {
    this.#goawayCode ||= code
    this.#lastStreamId = Math.min(this.#lastStreamId, lastStreamId)
    this.#leftByPeer()
  }

  #failed(error: Error): void {
    this.#openFailed(errorFailure(error, false))
    this.#leftByPeer()
  }

  #closed(): void {
    const { context, pool } = this.#options
    this.#openFailed(closedFailure)
    this.#left = true
    pool.ended(this, context.clock.nowNs())
  }

  #leftByPeer(): void {
    const { context, pool } = this.#options
    this.#left = true
    pool.leave(this, context.clock.nowNs())
  }

  /** Whoever it was made for is told last, and finds the pool without it. */
  #openFailed(failed: Failure): void {
    const { owner } = this
    if (!owner) return
    this.owner = null
    this.#leftByPeer()
    owner.openFailed(failed, this.#options.context.clock.nowNs())
  }
}
