import type { Socket } from 'node:net'
import { connect } from 'node:tls'
import { CallCredentials, ChannelCredentials } from '@grpc/grpc-js'
import { systemCode } from '../../kernel/errors.ts'
import { closedInHandshake } from '../socket-errors.ts'
import type { TlsClient } from '../tls.ts'
import { connectReason } from './status.ts'

type Connector = ReturnType<ChannelCredentials['_createSecureConnector']>
type Connected = Awaited<ReturnType<Connector['connect']>>

/**
 * TLS as all drivers do it. grpc-js's own would send an address as the server's name, which RFC 6066 forbids, could not
 * go on with sessions, and would leave out the code of what went wrong.
 */
export class TlsCredentials extends ChannelCredentials {
  readonly #tls: TlsClient

  constructor(tls: TlsClient) {
    super()
    this.#tls = tls
  }

  override _isSecure(): boolean {
    return true
  }

  override _equals(other: ChannelCredentials): boolean {
    return this === other
  }

  override _createSecureConnector(_target: unknown, _options: unknown, credentials?: CallCredentials): Connector {
    return {
      connect: (socket) => handshake(this.#tls, socket),
      waitForReady: () => Promise.resolve(),
      getCallCredentials: () => credentials ?? CallCredentials.createEmpty(),
      destroy: () => {},
    }
  }
}

function handshake(tls: TlsClient, socket: Socket): Promise<Connected> {
  return new Promise((resolve, reject) => {
    const secured = connect({ ...tls.options(), socket })
    tls.watch(secured)
    // Before the error that Node makes of it, which would call it a reset.
    secured.once('end', () => reject(new Error(closedInHandshake)))
    secured.on('error', (error) => reject(new Error(connectReason + (systemCode(error) ?? error.message))))
    secured.once('secureConnect', () => {
      if (secured.alpnProtocol === 'h2') resolve({ socket: secured, secure: true })
      else reject(new Error('the server did not choose h2 (ALPN)'))
    })
  })
}
