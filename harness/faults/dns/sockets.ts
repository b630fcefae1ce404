import { Buffer } from 'node:buffer'
import { createSocket, type Socket as DatagramSocket } from 'node:dgram'
import { type AddressInfo, createServer, isIPv6, type Server, type Socket } from 'node:net'
import { SoakrigError, systemCode } from '../../kernel/errors.ts'
import type { Endpoint } from '../relay/protocol.ts'

/** A query, and the way back. Nothing happens where the one who asked has gone. */
export interface Asked {
  readonly bytes: Buffer
  readonly overTcp: boolean
  reply(answer: Buffer): void
}

/** UDP and TCP on one port. */
export interface DnsSockets {
  readonly port: number
  close(): Promise<void>
}

/** How often another port is tried, where the one that was free for TCP was not for UDP. */
const tries = 20

/** How long a connection over TCP may be silent. */
const silenceMs = 10_000

/** Listens for queries over UDP and TCP, on the same port. Errors: `port-taken`, `cannot-listen` (106). */
export async function openDnsSockets({ host, port }: Endpoint, asked: (query: Asked) => void): Promise<DnsSockets> {
  for (let tried = 1; ; tried++) {
    const connections = new Set<Socket>()
    const server = createServer((socket) => serve(socket, connections, asked))
    const datagrams = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4' })
    try {
      await listen(server, host, port)
      const { port: given } = server.address() as AddressInfo
      await bind(datagrams, host, given)
      datagrams.on('message', (bytes, { address, port: from }) => {
        asked({ bytes, overTcp: false, reply: (answer) => datagrams.send(answer, from, address, () => {}) })
      })
      // Of a datagram that could not be delivered; nobody waits for it.
      datagrams.on('error', () => {})
      return { port: given, close: () => close(server, datagrams, connections) }
    } catch (error) {
      await close(server, datagrams, connections)
      const taken = systemCode(error) === 'EADDRINUSE'
      if (!taken || port !== 0 || tried === tries) throw cannotListen(`${host}:${port}`, taken, error)
    }
  }
}

function listen(server: Server, host: string, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen({ host, port }, () => resolve())
  return promise
}

function bind(socket: DatagramSocket, address: string, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  socket.once('error', reject)
  socket.bind({ address, port }, () => {
    socket.off('error', reject)
    resolve()
  })
  return promise
}

async function close(server: Server, datagrams: DatagramSocket, connections: ReadonlySet<Socket>): Promise<void> {
  for (const socket of connections) socket.destroy()
  const { promise, resolve } = Promise.withResolvers<void>()
  // One that has never listened says so, and is closed as well.
  server.close(() => resolve())
  datagrams.close()
  await promise
}

function cannotListen(place: string, taken: boolean, cause: unknown): SoakrigError {
  return new SoakrigError(`cannot listen on ${place}`, {
    code: taken ? 'port-taken' : 'cannot-listen',
    exit: 'environment',
    hint: taken ? 'Choose another port, or 0 for any that is free.' : 'See the cause.',
    cause,
  })
}

/** Queries over TCP have their length in front of them (RFC 1035, section 4.2.2). */
function serve(socket: Socket, connections: Set<Socket>, asked: (query: Asked) => void): void {
  connections.add(socket)
  let unread = Buffer.alloc(0)
  const reply = (answer: Buffer): void => {
    if (!socket.writable) return
    const length = Buffer.alloc(2)
    length.writeUInt16BE(answer.length)
    socket.write(Buffer.concat([length, answer]))
  }
  socket.setTimeout(silenceMs, () => socket.destroy())
  socket.on('data', (chunk) => {
    unread = Buffer.concat([unread, chunk])
    while (unread.length >= 2 && unread.length >= 2 + unread.readUInt16BE(0)) {
      const end = 2 + unread.readUInt16BE(0)
      asked({ bytes: unread.subarray(2, end), overTcp: true, reply })
      unread = unread.subarray(end)
    }
  })
  socket.on('error', () => {})
  socket.on('close', () => connections.delete(socket))
}
