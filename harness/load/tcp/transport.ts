import { Buffer } from 'node:buffer'
import type { Socket } from 'node:net'
import type { Clock } from '../../kernel/clock.ts'
import { createDecoder, type MessageDecoder } from '../../kernel/framing.ts'
import type { TcpConnection } from '../../workload/protocols/tcp.ts'
import type { PreparedMessage } from '../messages/request.ts'
import { farewell, type OpenSocket, tellEnd } from '../messages/socket.ts'
import { type MessageTransport, nobody, type TransportListener } from '../messages/transport.ts'

/** What was read is looked at before anything else is read, so that all connections of the process can share it. */
const readBuffer = Buffer.allocUnsafeSlow(65_536)

export interface TcpTransportOptions extends Pick<TcpConnection, 'framing' | 'maxMessageBytes'> {
  readonly openSocket: OpenSocket
  readonly clock: Clock
}

/** One TCP connection, with or without TLS, whose messages are told apart by a framing. */
export class TcpTransport implements MessageTransport {
  readonly #decoder: MessageDecoder
  readonly #socket: Socket
  #listener: TransportListener
  #open = false
  readonly #clock: Clock
  /** Whether something was sent whose answers nobody waits for. */
  #heedless = false
  /** Told of reads after the end. */
  #heard: (() => void) | null = null
  readonly #written = (error?: Error | null): void => {
    // What kept it from being written is told as an error of the socket.
    if (!error) this.#listener.written()
  }

  constructor(options: TcpTransportOptions, listener: TransportListener) {
    const { framing, maxMessageBytes, openSocket, clock } = options
    this.#clock = clock
    this.#decoder = createDecoder(framing, maxMessageBytes)
    this.#listener = listener
    const ready = (): void => {
      this.#open = true
      this.#listener.opened()
    }
    const callback = (length: number): boolean => {
      this.#read(length)
      return true
    }
    this.#socket = openSocket(ready, { buffer: readBuffer, callback })
    tellEnd(
      this.#socket,
      () => this.#listener,
      () => this.#open,
    )
  }

  send({ bytes, replies }: PreparedMessage): number {
    if (replies === 0) {
      this.#heedless = true
      this.#socket.write(bytes, this.#written)
    } else this.#socket.write(bytes)
    return bytes.length
  }

  destroy(): void {
    this.#listener = nobody
    this.#socket.destroy()
  }

  close(): void {
    if (!this.#heedless) return this.destroy()
    this.#listener = nobody
    this.#heard = farewell(this.#socket, this.#clock)
    this.#socket.end()
  }

  #read(length: number): void {
    const decoder = this.#decoder
    this.#heard?.()
    this.#listener.received(length, true)
    let at = 0
    // The listener may end this transport at any of its calls.
    while (at < length && this.#listener !== nobody) {
      at = decoder.push(readBuffer, at, length, this.#listener)
      if (decoder.problem !== null) this.#listener.failed('protocol', decoder.problem, 0)
      else if (decoder.done) this.#listener.messageEnded(at < length ? 'message' : 'nothing')
    }
  }
}
