import { createHash } from 'node:crypto'
import type { Socket } from 'node:net'
import { serveSockets, type TestServer } from './sockets.ts'

/** A server's frame (RFC 6455, section 5.2), with the shortest length there is. */
export function frameOf(
  opcode: number,
  payload: string | Buffer,
  { last = true, masked = false }: { readonly last?: boolean; readonly masked?: boolean } = {},
): Buffer {
  const bytes = Buffer.from(payload)
  const { length } = bytes
  const size = length > 65_535 ? Buffer.alloc(9) : length > 125 ? Buffer.alloc(3) : Buffer.alloc(1)
  if (size.length === 9) size.writeBigUInt64BE(BigInt(length), 1)
  if (size.length === 3) size.writeUInt16BE(length, 1)
  size[0] = (masked ? 128 : 0) | (size.length === 9 ? 127 : size.length === 3 ? 126 : length)
  return Buffer.concat([
    Buffer.from([(last ? 128 : 0) | opcode]),
    size,
    masked ? Buffer.alloc(4) : Buffer.alloc(0),
    bytes,
  ])
}

/** The head of the answer that opens a connection, but for what a test changes. */
export function handshakeOf(request: string, changes: Readonly<Record<string, string | null>> = {}): string {
  const key = /sec-websocket-key: *(\S+)/iu.exec(request)?.[1] ?? ''
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
  const headers = { Upgrade: 'websocket', Connection: 'Upgrade', 'Sec-WebSocket-Accept': accept, ...changes }
  const lines = Object.entries(headers).flatMap(([name, value]) => (value === null ? [] : [`${name}: ${value}`]))
  return ['HTTP/1.1 101 Switching Protocols', ...lines, '', ''].join('\r\n')
}

/** A client on the hand-written server. */
export interface RawPeer {
  readonly socket: Socket
  /** The head of its request. */
  readonly request: string
}

/** A server that is written by hand: `open` answers the handshake, `answer` each read of frames, by its number. */
export async function serveFrames(options: {
  readonly open?: (peer: RawPeer) => void
  readonly answer?: (peer: RawPeer, number: number) => void
}): Promise<TestServer & { readonly peers: readonly RawPeer[] }> {
  const peers: RawPeer[] = []
  const server = await serveSockets((socket) => {
    let head = ''
    let peer: RawPeer | null = null
    let number = 0
    socket.on('end', () => socket.end())
    socket.on('data', (chunk: Buffer) => {
      if (peer) return options.answer?.(peer, number++)
      head += chunk.toString('latin1')
      if (!head.includes('\r\n\r\n')) return
      peer = { socket, request: head }
      peers.push(peer)
      if (options.open) options.open(peer)
      else socket.write(handshakeOf(head))
    })
  })
  return Object.assign(server, { peers })
}
