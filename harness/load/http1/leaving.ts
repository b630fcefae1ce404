import type { Socket } from 'node:net'

/** A server that announces the end of connections and does not close them gets at least so many to keep. */
const fewest = 4

/**
 * Sockets that the server is about to close: if we did it first, their ports would stay in TIME_WAIT with us. No more than
 * there may be connections; then the oldest is closed from here.
 */
export class LeavingSockets {
  readonly #sockets = new Set<Socket>()
  readonly #most: number

  constructor(connections: number) {
    this.#most = Math.max(fewest, connections)
  }

  add(socket: Socket): void {
    if (socket.destroyed) return
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    if (this.#sockets.size <= this.#most) return
    const [oldest] = this.#sockets
    if (!oldest) return
    this.#sockets.delete(oldest)
    oldest.destroy()
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#sockets.clear()
  }
}
