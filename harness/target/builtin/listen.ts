import type { Server, Socket } from 'node:net'
import { systemCode } from '../../kernel/errors.ts'
import { portTaken } from '../sockets.ts'

const backlog = 4096

/** Makes a server listen; gives its port. Rejects with `port-taken` (106). */
export function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      reject(systemCode(error) === 'EADDRINUSE' ? portTaken(host, port, error) : error)
    })
    server.listen({ host, port, backlog }, () => {
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : port)
    })
  })
}

/** Remembers the sockets of a server while they are open; what it gives destroys them. */
export function keepSockets(server: Server): () => void {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  return () => {
    for (const socket of sockets) socket.destroy()
  }
}
