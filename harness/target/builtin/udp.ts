import { createSocket, type Socket } from 'node:dgram'
import { lookup } from 'node:dns/promises'
import { systemCode } from '../../kernel/errors.ts'
import { portTaken } from '../sockets.ts'
import { type BuiltinOptions, type BuiltinServer, createService } from './service.ts'

/** Asked of the kernel, which gives what it allows: what comes while an answer is made is not to be lost. */
const receiveBufferBytes = 8 * 2 ** 20
const largestBytes = 65_507

/**
 * Starts the built-in UDP server in this process, which sends each datagram back to where it came from; the error share
 * comes back with one byte too many (one too few where there is no room). It has no connections, and TLS is not for it.
 * Rejects with `port-taken` (106).
 */
export async function startUdpTarget(options: BuiltinOptions): Promise<BuiltinServer> {
  const { host, onDeath } = options
  const { address: own, family } = await lookup(host)
  // Addresses that datagrams come from need no look-up.
  const socket = createSocket({
    type: `udp${family === 6 ? 6 : 4}`,
    lookup: (name, _, found) => found(null, name, family),
  })
  let closing: Promise<void> | undefined
  const close = (): Promise<void> => (closing ??= new Promise((resolve) => void socket.close(() => resolve())))
  const service = createService(options, () => (onDeath ?? (() => void close()))())
  socket.on('message', (datagram, { port, address }) => {
    service.request(0, (failed) => {
      if (closing) return
      // Whoever does not take its answer is no concern of the server's, and neither is a full network.
      socket.send(failed ? spoilt(datagram) : datagram, port, address, ignore)
    })
  })
  const port = await bind(socket, own, options.port)
  const url = `udp://${host.includes(':') ? `[${host}]` : host}:${port}`
  return { url, host, port, stats: () => service.stats(), close, [Symbol.asyncDispose]: close }
}

function ignore(): void {}

/** Its header stays whole, so that a client knows whose failure it is. */
function spoilt(datagram: Buffer): Buffer {
  return datagram.length < largestBytes ? Buffer.concat([datagram, Buffer.alloc(1)]) : datagram.subarray(0, -1)
}

function bind(socket: Socket, address: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    socket.once('error', (error) => {
      socket.close()
      reject(systemCode(error) === 'EADDRINUSE' ? portTaken(address, port, error) : error)
    })
    socket.bind({ address, port, exclusive: true }, () => {
      socket.setRecvBufferSize(receiveBufferBytes)
      // From here on errors are those of single datagrams.
      socket.removeAllListeners('error').on('error', ignore)
      resolve(socket.address().port)
    })
  })
}
