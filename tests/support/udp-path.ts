import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { DatagramReader } from '../../harness/load/udp/datagram.ts'
import { readKernelDrops } from '../../harness/kernel/kernel-drops.ts'

/** What a path does to the datagrams of some numbers; shares of them, which together are at most 1. */
export interface PathHarm {
  readonly seed: number
  /** Never reach the target. */
  readonly dropShare: number
  /** Their answers go out twice. */
  readonly duplicateShare: number
  /** Their answers go out behind some that came after them. */
  readonly reorderShare: number
}

/** What it has done. */
export interface PathTruth {
  readonly seen: number
  readonly dropped: number
  readonly duplicated: number
  /** First answers sent behind one with a higher number. */
  readonly reordered: number
  /** Datagrams that the kernel dropped at the path's own sockets. */
  readonly kernelDrops: number
}

/** A path to a target, on a free port of loopback. */
export interface UdpPath extends AsyncDisposable {
  readonly port: number
  truth(): PathTruth
}

const host = '127.0.0.1'
const receiveBufferBytes = 8 * 2 ** 20
/** A held answer goes out after so many others, or after so long. */
const heldAnswers = 5
const heldMs = 20

/** A number in [0, 1) that follows from the seed and a datagram's number alone (the finalizer of MurmurHash3). */
function drawOf(seed: number, number: number): number {
  let hash = Math.imul(number ^ Math.imul(seed, 0x9e3779b1), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32
}

async function opened(): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', lookup: (name, _, found) => found(null, name, 4) })
  // Without a look-up it may listen at once.
  const listening = once(socket, 'listening')
  socket.bind(0, host)
  await listening
  socket.setRecvBufferSize(receiveBufferBytes)
  return socket
}

/** Opens a path that harms numbered datagrams and their answers. */
export async function openUdpPath(targetPort: number, harm: PathHarm): Promise<UdpPath> {
  const { seed, dropShare, duplicateShare, reorderShare } = harm
  const counts = { seen: 0, dropped: 0, duplicated: 0, reordered: 0 }
  const reader = new DatagramReader()
  const front = await opened()
  const ways = new Map<number, Promise<Socket>>()
  const backs: Socket[] = []

  /** The way of one client's datagrams to the target and back. */
  const open = async (clientPort: number): Promise<Socket> => {
    const back = await opened()
    backs.push(back)
    let highest = -1
    let held: { bytes: Buffer; number: number; left: number }[] = []
    const send = (bytes: Buffer, number: number): void => {
      if (number < highest) counts.reordered++
      else highest = number
      front.send(bytes, clientPort, host)
    }
    const release = (bytes: Buffer, number: number): void => {
      held = held.filter((one) => one.bytes !== bytes)
      send(bytes, number)
    }
    back.on('message', (bytes) => {
      if (!reader.read(bytes)) return
      const { number } = reader
      const draw = drawOf(seed, number) - dropShare
      if (draw >= 0 && draw - duplicateShare < reorderShare && draw >= duplicateShare) {
        held.push({ bytes, number, left: heldAnswers })
        setTimeout(() => held.some((one) => one.bytes === bytes) && release(bytes, number), heldMs)
        return
      }
      send(bytes, number)
      if (draw < duplicateShare) {
        counts.duplicated++
        front.send(bytes, clientPort, host)
      }
      for (const one of held) if (--one.left === 0) release(one.bytes, one.number)
    })
    return back
  }

  front.on('message', (bytes, { port }) => {
    counts.seen++
    if (reader.read(bytes) && drawOf(seed, reader.number) < dropShare) {
      counts.dropped++
      return
    }
    let way = ways.get(port)
    if (!way) ways.set(port, (way = open(port)))
    void way.then((back) => back.send(bytes, targetPort, host))
  })
  return {
    port: front.address().port,
    truth: () => ({ ...counts, kernelDrops: dropsOf([front, ...backs]) }),
    async [Symbol.asyncDispose]() {
      for (const socket of [front, ...(await Promise.all(ways.values()))]) socket.close()
    },
  }
}

/** Datagrams that the kernel has dropped at sockets of this process; NaN where it does not tell. */
function dropsOf(sockets: readonly Socket[]): number {
  return readKernelDrops(sockets.map((socket) => socket.address())) ?? Number.NaN
}
