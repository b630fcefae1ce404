import { createHash } from 'node:crypto'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { realClock } from '../../harness/kernel/clock.ts'

/** A server on a free port of loopback that ends with its sockets. */
export interface TestServer extends AsyncDisposable {
  readonly port: number
  readonly sockets: ReadonlySet<Socket>
}

/** Serves each connection by hand; both sides may be half-closed. */
export async function serveSockets(serve: (socket: Socket) => void): Promise<TestServer> {
  const server = createServer({ allowHalfOpen: true, noDelay: true })
  return listening(server, serve)
}

/** Makes any server listen, and ends it with all its sockets. */
export async function listening(server: Server, serve: (socket: Socket) => void = () => {}): Promise<TestServer> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    serve(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as { port: number }).port,
    sockets,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** A client's socket that is connected; half-open, like those of the server. */
export async function dial(port: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true, noDelay: true })
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  socket.on('error', () => {})
  return socket
}

/** sha256 of all bytes until the end of the stream. */
export async function digestOf(socket: Socket): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const hash = createHash('sha256')
  let bytes = 0
  socket.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    hash.update(chunk)
  })
  await new Promise((resolve, reject) => socket.once('end', resolve).once('error', reject))
  return { bytes, sha256: hash.digest('hex') }
}

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** Looks every few ms whether something holds; fails when it does not within the limit. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, limitMs = 3000): Promise<void> {
  const endNs = realClock.nowNs() + limitMs * 1e6
  while (!(await holds())) {
    if (realClock.nowNs() > endNs) throw new Error(`waited ${limitMs} ms in vain: ${what}`)
    await realClock.sleep(3e6)
  }
}
