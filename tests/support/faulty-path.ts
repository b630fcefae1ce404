import { connect, createServer, type Socket } from 'node:net'
import { freshPath, type Place } from './driver-subjects.ts'

/** What happens to an answer behind so many of its bytes. */
export interface PathFault {
  readonly kind: 'close' | 'reset' | 'stall' | 'garbage'
  readonly afterBytes: number
}

/** A way to a server over which answers can be cut, held back or spoilt. */
export interface FaultyPath extends AsyncDisposable, Place {
  /** What becomes of the answers on connections that are made from now on; null for nothing. */
  fault: PathFault | null
  /** Connections that clients have open. */
  readonly open: ReadonlySet<Socket>
  /** Bytes of answers that have passed on the connection made last. */
  passedBytes: number
}

/** What no protocol says, to its end of the line. */
const garbage = Buffer.concat([Buffer.alloc(64, 0xff), Buffer.from('\r\n')])

/** Opens a path to a server; it is at a path of the file system where the server is. */
export async function openFaultyPath(server: Place): Promise<FaultyPath> {
  const open = new Set<Socket>()
  const socketPath = server.socketPath === null ? null : freshPath()
  const path = { fault: null as PathFault | null, open, passedBytes: 0, port: 0, socketPath }
  const listener = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    open.add(client)
    const there = server.socketPath === null ? { host: '127.0.0.1', port: server.port } : { path: server.socketPath }
    const upstream = connect({ ...there, allowHalfOpen: true, noDelay: true })
    client.on('error', () => {})
    upstream.on('error', () => {})
    client.on('close', () => open.delete(client) && upstream.destroy())
    client.on('data', (bytes) => upstream.write(bytes))
    path.passedBytes = 0
    carry(upstream, client, path)
  })
  await new Promise<void>((resolve) =>
    socketPath === null ? listener.listen(0, '127.0.0.1', resolve) : listener.listen(socketPath, resolve),
  )
  const address = listener.address()
  return Object.assign(path, {
    port: typeof address === 'object' && address ? address.port : 0,
    async [Symbol.asyncDispose]() {
      for (const client of open) client.destroy()
      await new Promise((resolve) => listener.close(resolve))
    },
  })
}

function carry(upstream: Socket, client: Socket, path: Pick<FaultyPath, 'fault' | 'passedBytes'>): void {
  const { fault } = path
  let passed = 0
  let over = false
  // The end is part of the answer.
  const ended = (): void => {
    if (!over) client.destroySoon()
  }
  client.on('end', () => {
    upstream.end()
    if (over) client.end()
  })
  upstream.on('end', ended)
  upstream.on('close', ended)
  upstream.on('data', (bytes: Buffer) => {
    if (over) return
    const room = fault === null ? bytes.length : fault.afterBytes - passed
    const through = bytes.subarray(0, Math.max(0, room))
    passed += through.length
    path.passedBytes = passed
    if (through.length > 0) client.write(through)
    if (fault === null || bytes.length <= room) return
    over = true
    if (fault.kind === 'garbage') client.end(garbage)
    else if (fault.kind === 'close') client.end()
    // Not before what has passed is on its way.
    else if (fault.kind === 'reset') client.write('', () => client.resetAndDestroy())
  })
}
