import type { Buffer } from 'node:buffer'
import { connect, type Socket } from 'node:net'
import { connect as connectTls, TLSSocket } from 'node:tls'
import type { Clock } from '../../kernel/clock.ts'
import { systemCode } from '../../kernel/errors.ts'
import type { TlsSettings } from '../../workload/tls.ts'
import type { DriverContext } from '../driver.ts'
import { dialTo } from '../dial.ts'
import { classOfSocketError, closedInHandshake, nameOfSocketError } from '../socket-errors.ts'
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
  { address, port, host, dialer, counters }: Pick<DriverContext, 'address' | 'port' | 'host' | 'dialer' | 'counters'>,
  settings: TlsSettings | null,
  alpn: readonly string[],
): OpenSocket {
  const tls = settings && createTlsClient({ settings, host, alpn, counters })
  const destination = { address, port, socketPath: null, tls, dialer }
  if (!tls) {
    return (ready, onread) =>
      dialTo(destination, (place) => connect(onread ? { ...place, onread } : place)).once('connect', ready)
  }
  return (ready, onread) => {
    const socket = dialTo(destination, (place) =>
      connectTls({ ...place, ...tls.options(), ...(onread && { onread }) }),
    ).once('secureConnect', ready)
    tls.watch(socket)
    return socket
  }
}

/** How long a peer may be silent, and how long it may talk, before a connection that has ended on our side is cut. */
const silenceMs = 1000
const farewellNs = 5e9

/**
 * Lets a connection last after we have ended our side, until the peer ends its own: what was sent and not waited for may
 * still be on its way, and a socket that is closed with answers unread resets the connection, so that the peer loses what
 * it had not read. To be called at the end; what it gives, at each read from then on.
 */
export function farewell(socket: Socket, clock: Pick<Clock, 'nowNs'>): () => void {
  const untilNs = clock.nowNs() + farewellNs
  socket.setTimeout(silenceMs, () => socket.destroy())
  return () => {
    if (clock.nowNs() >= untilNs) socket.destroy()
  }
}

/** Tells whoever listens how a socket ends: by the peer's end of the stream, or by an error of a class. */
export function tellEnd(socket: Socket, listener: () => TransportListener, isOpen: () => boolean): void {
  socket.on('end', () => {
    if (socket instanceof TLSSocket && !isOpen()) listener().failed('tls', closedInHandshake, 0)
    else listener().ended()
  })
  socket.on('error', (error) => {
    const code = systemCode(error)
    // Without a code it is the reason for which whoever reads has destroyed the socket.
    if (code === undefined) listener().failed('protocol', error.message, 0)
    else listener().failed(classOfSocketError(code, isOpen()), nameOfSocketError(error), 0)
  })
  // Neither of them comes of a socket that was destroyed from within.
  socket.on('close', () => listener().ended())
}
