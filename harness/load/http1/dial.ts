import { Buffer } from 'node:buffer'
import { connect, type Socket, type SocketConstructorOpts } from 'node:net'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'
import { systemCode } from '../../kernel/errors.ts'
import { type Destination, dialTo, type Place } from '../dial.ts'
import type { TlsClient } from '../tls.ts'

/**
 * What every socket of this process reads into. Node hands over each read within the call that made it, and reads
 * nothing meanwhile, TLS included: so one buffer serves all, as long as nobody keeps a reference into it.
 */
export const readBuffer = Buffer.allocUnsafeSlow(65_536)

/** Told what becomes of a socket. */
export interface SocketOwner {
  /** It can be used: for TLS, when the handshake is over. */
  socketConnected(socket: Socket): void
  /** So many bytes lie at the start of `readBuffer`, until this returns. */
  socketRead(socket: Socket, length: number): void
  /** The peer has closed its side. */
  socketEnded(socket: Socket): void
  socketBroken(socket: Socket, error: Error): void
}

/** Makes a socket; nothing is told within this call. It can be written to at once. */
export function dial(destination: Destination, owner: SocketOwner): Socket {
  const { tls } = destination
  const onread = {
    buffer: readBuffer,
    callback: (length: number) => {
      owner.socketRead(socket, length)
      return true
    },
  }
  const open = (place: Place): Socket =>
    tls ? secure(tls, { ...tls.options(), ...place, onread }) : connect({ ...place, onread })
  const socket: Socket = dialTo(destination, open)
  socket.on(tls ? 'secureConnect' : 'connect', () => owner.socketConnected(socket))
  socket.on('end', () => owner.socketEnded(socket))
  socket.on('error', (error) => owner.socketBroken(socket, error))
  return socket
}

function secure(tls: TlsClient, options: ConnectionOptions & Pick<SocketConstructorOpts, 'onread'>): Socket {
  const socket = connectTls(options)
  tls.watch(socket)
  return socket
}

/** Codes of a write that the peer does not take any more. */
const refusals = ['EPIPE', 'ECONNRESET']

type Written = (error?: Error | null) => void

/**
 * Lets a socket outlive a write that the peer refuses: it may have answered before it closed, and the answer still lie unread,
 * which Node would throw away with the socket. What is written from then on is lost; the end of the reads ends the socket.
 */
export function surviveRefusedWrites(socket: Socket, refused: (code: string) => void): void {
  const unlessRefused =
    (done: Written): Written =>
    (error) => {
      const code = systemCode(error)
      if (code === undefined || !refusals.includes(code)) return done(error)
      refused(code)
      done()
    }
  const write = socket._write.bind(socket)
  socket._write = (chunk, encoding, done) => write(chunk, encoding, unlessRefused(done))
  const writev = socket._writev?.bind(socket)
  if (writev) socket._writev = (chunks, done) => writev(chunks, unlessRefused(done))
}
