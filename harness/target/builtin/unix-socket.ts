import { lstatSync, unlinkSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { messageOf, SoakrigError, systemCode } from '../../kernel/errors.ts'

/** A unix socket that listens; whoever takes its connections also ends them. */
export interface PathListener {
  /** Stops listening and removes the socket's file. */
  close(): Promise<void>
}

/**
 * Listens on a unix socket. A file that a killed server left there is replaced, one that still serves is not.
 * Rejects with `socket-path` (106).
 */
export async function listenOnPath(path: string, accept: (socket: Socket) => void): Promise<PathListener> {
  const server = createServer(accept)
  try {
    await listenAt(server, path).catch(async (error: unknown) => {
      if (systemCode(error) !== 'EADDRINUSE' || !(await isAbandoned(path))) throw error
      unlinkSync(path)
      await listenAt(server, path)
    })
  } catch (cause) {
    throw new SoakrigError(`cannot listen on the unix socket ${path}: ${messageOf(cause)}`, {
      code: 'socket-path',
      exit: 'environment',
      hint: 'Name a path in a folder that exists, that nothing else uses.',
      cause,
    })
  }
  return { close: () => new Promise((resolve) => server.close(() => resolve())) }
}

function listenAt(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/** True for a socket's file behind which nobody listens any more. */
function isAbandoned(path: string): Promise<boolean> {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isSocket()) return Promise.resolve(false)
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(false)
    })
    socket.once('error', (error) => resolve(systemCode(error) === 'ECONNREFUSED'))
  })
}
