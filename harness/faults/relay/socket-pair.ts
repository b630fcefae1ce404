import type { Buffer } from 'node:buffer'
import type { Socket } from 'node:net'

/** What comes out of a socket: bytes, the end of its stream, or, of the target's, that it was reset or never reached. */
export type Arrival = Buffer | 'end' | 'reset'

/** In bytes. */
export function sizeOf(what: Arrival): number {
  return typeof what === 'string' ? 0 : what.length
}

export interface PairHandlers {
  /** From the client. */
  readonly up: (what: Buffer | 'end') => void
  /** From the target. */
  readonly down: (what: Arrival) => void
  /** The client's socket has failed, as by a reset. */
  readonly clientLost: () => void
  /** The target's socket has failed before there was a connection. */
  readonly unreached: () => void
  /** Both are closed. */
  readonly closed: () => void
}

/** The two sockets of a relayed connection. */
export class SocketPair {
  readonly client: Socket
  readonly upstream: Socket

  constructor(client: Socket, upstream: Socket, handlers: PairHandlers) {
    this.client = client
    this.upstream = upstream
    let reached = false
    let openSockets = 2
    client.on('data', handlers.up)
    client.on('end', () => handlers.up('end'))
    client.on('error', handlers.clientLost)
    upstream.on('data', handlers.down)
    upstream.on('end', () => handlers.down('end'))
    upstream.once('connect', () => {
      reached = true
    })
    upstream.on('error', () => {
      if (!reached) handlers.unreached()
      handlers.down('reset')
    })
    for (const socket of [client, upstream]) socket.on('close', () => --openSockets === 0 && handlers.closed())
  }

  /** Resets both. */
  reset(): void {
    abort(this.client)
    abort(this.upstream)
  }

  /** Closes both, whatever is still to be written. */
  destroy(): void {
    this.client.destroy()
    this.upstream.destroy()
  }
}

/**
 * Resets a connection, whatever is still to be written: `resetAndDestroy` alone waits for that, behind a FIN. One that is
 * still being made is given up. libuv does not reset a socket while its FIN is on its way to the kernel, and what asks for
 * it then never closes: so that is waited for, which takes one turn of the event loop.
 */
function abort(socket: Socket): void {
  if (socket.destroyed) return
  if (socket.connecting) socket.destroy()
  else if (socket.writableEnded && !socket.writableFinished && socket.writableLength === 0)
    socket.once('finish', () => abort(socket))
  else {
    socket.resetAndDestroy()
    socket.destroy()
  }
}
