import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { DatagramReader } from '../../harness/load/udp/datagram.ts'

/** Where a datagram came from, and its number there. */
export interface Came {
  readonly bytes: Buffer
  /** Lower 32 bits; null for what is no numbered datagram. */
  readonly number: number | null
  readonly from: RemoteInfo
  /** Sends something back to there. */
  readonly answer: (bytes?: Uint8Array) => void
}

/** A UDP socket on a free port of loopback that does with datagrams what a test wants. */
export interface UdpPeer extends AsyncDisposable {
  readonly port: number
  readonly socket: Socket
  readonly came: readonly Came[]
}

/** Opens a peer; it answers by hand. */
export async function openUdpPeer(receive: (came: Came) => void, host = '127.0.0.1'): Promise<UdpPeer> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
  const reader = new DatagramReader()
  const came: Came[] = []
  let open = true
  socket.on('message', (bytes, from) => {
    const number = reader.read(bytes) ? reader.number : null
    const answer = (answered: Uint8Array = bytes): void => {
      if (open) socket.send(answered, from.port, from.address)
    }
    const one = { bytes, number, from, answer }
    came.push(one)
    receive(one)
  })
  socket.bind(0, host)
  await once(socket, 'listening')
  return {
    port: socket.address().port,
    socket,
    came,
    async [Symbol.asyncDispose]() {
      open = false
      socket.close()
      await once(socket, 'close')
    },
  }
}
