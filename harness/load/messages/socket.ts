import type { Buffer } from 'node:buffer'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { systemCode } from '../../kernel/errors.ts'
import type { TlsSettings } from '../../workload/tls.ts'
import type { DriverContext } from '../driver.ts'
import { classOfSocketError } from '../socket-errors.ts'
import { createTlsClient } from '../tls.ts'
import type { TransportListener } from './transport.ts'

/** Takes the bytes that have come, from the beginning of a buffer that is used again. */
export interface ReadInto {
  readonly buffer: Buffer
  readonly callback: (length: number) => boolean
}

/** Begins a connection to the target; `ready` is called when it is made, the TLS handshake included. */
export type OpenSocket = (ready: () => void, onread?: ReadInto) => Socket

/** How the sockets of one driver are opened. Throws `tls-settings` (104). */
export function socketOpener(
  { address, port, host, counters }: Pick<DriverContext, 'address' | 'port' | 'host' | 'counters'>,
  settings: TlsSettings | null,
  alpn: readonly string[],
): OpenSocket {
  const target = { host: address, port, noDelay: true }
  if (settings === null) {
    return (ready, onread) => connect(onread ? { ...target, onread } : target).once('connect', ready)
  }
  const tls = createTlsClient({ settings, host, alpn, counters })
  return (ready, onread) => {
    const options = { ...target, ...tls.options(), ...(onread && { onread }) }
    const socket = connectTls(options).once('secureConnect', ready)
    tls.watch(socket)
    return socket
  }
}

/** Tells whoever listens how a socket ends: by the peer's end of the stream, or by an error of a class. */
export function tellEnd(socket: Socket, listener: () => TransportListener, isOpen: () => boolean): void {
  socket.on('end', () => listener().ended())
  socket.on('error', (error) => {
    const code = systemCode(error)
    // Without a code it is the reason for which whoever reads has destroyed the socket.
    if (code === undefined) listener().failed('protocol', error.message, 0)
    else listener().failed(classOfSocketError(code, isOpen()), code, 0)
  })
  // Neither of them comes of a socket that was destroyed from within.
  socket.on('close', () => listener().ended())
}
