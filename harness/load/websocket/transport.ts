import type { Buffer } from 'node:buffer'
import type { ClientRequest } from 'node:http'
import type { Socket } from 'node:net'
import { type ClientOptions, type RawData, WebSocket } from 'ws'
import type { Clock } from '../../kernel/clock.ts'
import { messageOf, systemCode } from '../../kernel/errors.ts'
import type { WebSocketConnection } from '../../workload/protocols/websocket.ts'
import type { PreparedMessage } from '../messages/request.ts'
import { farewell, type OpenSocket, tellEnd } from '../messages/socket.ts'
import { type MessageTransport, nobody, type TransportListener } from '../messages/transport.ts'
import { classOfSocketError } from '../socket-errors.ts'
import { FrameTracker } from './frame-tracker.ts'

/** Code of a close by whoever has nothing more to say (RFC 6455, section 7.4.1). */
const normalClose = 1000

/** A longer message is of class `protocol`: ws holds each as a whole. */
const maxMessageBytes = 100 * 2 ** 20

/** ws wants a URL; where to connect to, the path and the Host header are set besides it, as they are. */
const anyUrl = 'ws://localhost/'

export interface WebSocketTransportOptions extends Pick<WebSocketConnection, 'path' | 'headers' | 'subprotocols'> {
  /** Value of the Host header. */
  readonly authority: string
  readonly openSocket: OpenSocket
  readonly clock: Clock
}

/** One WebSocket connection. Its frames are the work of ws; it answers pings and close frames. */
export class WebSocketTransport implements MessageTransport {
  readonly #tracker = new FrameTracker()
  readonly #socket: Socket
  readonly #peer: WebSocket
  #listener: TransportListener
  readonly #clock: Clock
  /** Messages that have been told. */
  #told = 0
  /** Whether something was sent whose answers nobody waits for. */
  #heedless = false

  constructor(options: WebSocketTransportOptions, listener: TransportListener) {
    const { openSocket, path, clock } = options
    this.#listener = listener
    this.#clock = clock
    let connected = false
    const socket = openSocket(() => (connected = true))
    this.#socket = socket
    // Before those of ws: the end of the stream and its errors are told as what they are.
    tellEnd(
      socket,
      () => this.#listener,
      () => connected,
    )
    this.#peer = new WebSocket(anyUrl, [...options.subprotocols], {
      ...clientOptions(options),
      createConnection: () => socket,
      finishRequest: (request: ClientRequest) => {
        request.path = path
        request.end()
      },
    })
    this.#listen(this.#peer)
  }

  send({ bytes, text, replies }: PreparedMessage): number {
    if (replies === 0) {
      this.#heedless = true
      this.#peer.send(bytes, { binary: !text }, this.#written)
    } else this.#peer.send(bytes, { binary: !text })
    return frameBytes(bytes.length)
  }

  destroy(): void {
    this.#listener = nobody
    this.#peer.terminate()
  }

  close(): void {
    this.#listener = nobody
    if (this.#peer.readyState === WebSocket.OPEN) this.#peer.close(normalClose)
    if (this.#peer.readyState === WebSocket.CONNECTING) this.#peer.terminate()
    else if (this.#heedless) this.#socket.on('data', farewell(this.#socket, this.#clock))
    // Nobody waits for the server's own close frame.
    else this.#socket.destroySoon()
  }

  readonly #written = (error?: Error | null): void => {
    // What kept it from being written is told as an error of the socket.
    if (!error) this.#listener.written()
  }

  #listen(peer: WebSocket): void {
    peer.on('open', () => {
      this.#socket.prependListener('data', this.#arrived)
      this.#socket.on('data', this.#lookedAt)
      this.#listener.opened()
    })
    peer.on('message', (data) => this.#message(data))
    peer.on('unexpected-response', (_, { statusCode = 0 }) => {
      if (statusCode === 101) this.#listener.failed('protocol', 'status 101 without an upgrade', 0)
      else this.#listener.failed('status', `status ${statusCode} to the opening handshake`, statusCode)
    })
    peer.on('error', (error) => this.#broken(error))
  }

  /** Bytes have come that ws has not seen yet. */
  readonly #arrived = (bytes: Buffer): void => {
    const tracker = this.#tracker
    tracker.push(bytes)
    this.#listener.received(bytes.length, tracker.begun > this.#told)
  }

  #message(data: RawData): void {
    const message = data as Buffer
    this.#told++
    if (message.length > 0) this.#listener.piece(message, 0, message.length)
    const { begun, closeCode } = this.#tracker
    this.#listener.messageEnded(begun > this.#told ? 'message' : closeCode === null ? 'nothing' : 'close')
  }

  /** ws has seen all that has come: now it is known whether a close frame was a proper one. */
  readonly #lookedAt = (): void => {
    const { closeCode } = this.#tracker
    if (closeCode === null || this.#peer.readyState === WebSocket.OPEN) return
    this.#listener.failed('closed', `closed with code ${closeCode}`, 0)
  }

  /** What the socket fails of has been told before; the rest are rules of HTTP or WebSocket that were broken. */
  #broken(error: Error): void {
    const code = systemCode(error)
    const broken = code === undefined || code.startsWith('WS_ERR_') || code.startsWith('HPE_')
    this.#listener.failed(broken ? 'protocol' : classOfSocketError(code, true), messageOf(error), 0)
  }
}

function clientOptions({ authority, headers }: WebSocketTransportOptions): ClientOptions {
  return { headers: { Host: authority, ...headers }, perMessageDeflate: false, maxPayload: maxMessageBytes }
}

/** Size of a client's frame (RFC 6455, section 5.2) with so many bytes of payload. */
function frameBytes(payload: number): number {
  return payload + (payload > 65_535 ? 14 : payload > 125 ? 8 : 6)
}
