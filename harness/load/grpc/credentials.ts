import type { Socket } from 'node:net'
import { connect } from 'node:tls'
import { CallCredentials, ChannelCredentials } from '@grpc/grpc-js'
import type { GivenPlace } from '../../faults/dialer.ts'
import { systemCode } from '../../kernel/errors.ts'
import { closedInHandshake } from '../socket-errors.ts'
import type { TlsClient } from '../tls.ts'
import { connectReason, notInTime } from './status.ts'

type Connector = ReturnType<ChannelCredentials['_createSecureConnector']>
type Connected = Awaited<ReturnType<Connector['connect']>>

/**
 * The connections of one channel, with TLS as all drivers do it: grpc-js's own would send an address as the server's name,
 * which RFC 6066 forbids, could not go on with sessions, and would leave out the code of what went wrong. It also knows
 * every connection, since grpc-js has no limit on how long one may take to be made, and may make one more after its
 * channel was closed.
 */
export class ConnectingCredentials extends ChannelCredentials {
  readonly #tls: TlsClient | null
  readonly #place: GivenPlace | null
  readonly #sockets = new Set<Socket>()
  #closed = false

  /** `place`: where a dialler sends the connections; null: they are dialled as they are. */
  constructor(tls: TlsClient | null, place: GivenPlace | null) {
    super()
    this.#tls = tls
    this.#place = place
  }

  /** Ends the connection that is being made; no other is there meanwhile. */
  giveUp(): void {
    this.#place?.giveUp(new Error(notInTime))
    for (const socket of this.#sockets) socket.destroy(new Error(notInTime))
  }

  /** Ends every connection, and those that are made from now on. */
  close(): void {
    this.#closed = true
    for (const socket of this.#sockets) socket.destroy()
  }

  override _isSecure(): boolean {
    return this.#tls !== null
  }

  override _equals(other: ChannelCredentials): boolean {
    return this === other
  }

  override _createSecureConnector(_target: unknown, _options: unknown, credentials?: CallCredentials): Connector {
    return {
      connect: (socket) => this.#connect(socket),
      waitForReady: () => Promise.resolve(),
      getCallCredentials: () => credentials ?? CallCredentials.createEmpty(),
      destroy: () => {},
    }
  }

  /** grpc-js closes the socket where this rejects. */
  #connect(socket: Socket): Promise<Connected> {
    if (this.#closed) return Promise.reject(new Error('the channel is closed'))
    if (this.#tls) return this.#handshake(this.#tls, socket)
    this.#keep(socket)
    return Promise.resolve({ socket, secure: false })
  }

  #handshake(tls: TlsClient, socket: Socket): Promise<Connected> {
    return new Promise((resolve, reject) => {
      const secured = connect({ ...tls.options(), socket })
      this.#keep(secured)
      tls.watch(secured)
      // Before the error that Node makes of it, which would call it a reset.
      secured.once('end', () => reject(new Error(closedInHandshake)))
      secured.on('error', (error) => {
        const known = error.message === notInTime ? notInTime : connectReason + (systemCode(error) ?? error.message)
        reject(new Error(known))
      })
      secured.once('close', () => reject(new Error(closedInHandshake)))
      secured.once('secureConnect', () => {
        if (secured.alpnProtocol === 'h2') resolve({ socket: secured, secure: true })
        else reject(new Error('the server did not choose h2 (ALPN)'))
      })
    })
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    // As long as grpc-js does not listen.
    socket.on('error', () => {})
  }
}
