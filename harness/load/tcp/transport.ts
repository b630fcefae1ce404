import { Buffer } from 'node:buffer'
import type { Socket } from 'node:net'
import { createDecoder, type MessageDecoder } from '../../kernel/framing.ts'
import type { TcpConnection } from '../../workload/protocols/tcp.ts'
import type { PreparedMessage } from '../messages/request.ts'
import { type OpenSocket, tellEnd } from '../messages/socket.ts'
import { type MessageTransport, nobody, type TransportListener } from '../messages/transport.ts'

/** What was read is looked at before anything else is read, so that all connections of the process can share it. */
const readBuffer = Buffer.allocUnsafeSlow(65_536)

/** How long a peer may be silent before a connection that has ended on our side is cut. */
const farewellMs = 1000

/** One TCP connection, with or without TLS, whose messages are told apart by a framing. */
export class TcpTransport implements MessageTransport {
  readonly #decoder: MessageDecoder
  readonly #socket: Socket
  #listener: TransportListener
  #open = false
  /** Whether something was sent whose answers nobody waits for. */
  #heedless = false
  readonly #written = (error?: Error | null): void => {
    // What kept it from being written is told as an error of the socket.
    if (!error) this.#listener.written()
  }

  constructor({ framing, maxMessageBytes }: TcpConnection, openSocket: OpenSocket, listener: TransportListener) {
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

  /**
   * What was sent and not waited for may still be on its way: a socket that is destroyed with answers unread resets the
   * connection, and the peer loses what it had not read. So this one ends, reads on, and lasts until the peer ends too.
   */
  close(): void {
    if (!this.#heedless) return this.destroy()
    this.#listener = nobody
    this.#socket.setTimeout(farewellMs, () => this.#socket.destroy())
    this.#socket.end()
  }

  #read(length: number): void {
    const decoder = this.#decoder
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
