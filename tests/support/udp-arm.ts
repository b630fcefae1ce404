import { Buffer } from 'node:buffer'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { noDecisions } from '../../harness/faults/decisions.ts'
import { parseFaults } from '../../harness/faults/faults.ts'
import type { ArmReading } from '../../harness/faults/relay/protocol.ts'
import type { OpenArm } from '../../harness/faults/relay/transport.ts'
import { openUdpArm } from '../../harness/faults/relay/udp.ts'
import type { Layer, Rule } from '../../harness/faults/rule.ts'
import { plainRule } from '../../harness/faults/rules.ts'
import { type Clock, nextTurn, realClock } from '../../harness/kernel/clock.ts'
import { createRng } from '../../harness/kernel/rng.ts'
import { TimerWheel } from '../../harness/kernel/timer-wheel.ts'
import { until } from './sockets.ts'
import type { UdpPeer } from './udp-peer.ts'

export type RawFaults = Parameters<typeof parseFaults>[0]

/** A layer with one rule of these faults. */
export function layerOf(faults: RawFaults, rule: Partial<Rule> = {}): Layer {
  return { name: 'policy', rules: [{ ...plainRule('rule', parseFaults(faults)), ...rule }] }
}

/** An arm of datagrams by itself. */
export async function udpArm(
  port: number,
  layers: readonly Layer[],
  { clock = realClock, seed = 1 }: { readonly clock?: Clock; readonly seed?: number } = {},
): Promise<OpenArm & AsyncDisposable> {
  const host = '127.0.0.1'
  const arm = await openUdpArm(
    { arm: 'a', transport: 'udp', upstream: { host, port }, layers, listen: { host, port: 0 } },
    { rng: createRng(seed), clock, wheel: new TimerWheel(clock), allowedHosts: [], decisions: noDecisions },
  )
  let closing: Promise<void> | undefined
  const close = (): Promise<void> => (closing ??= arm.close())
  return { ...arm, close, [Symbol.asyncDispose]: close }
}

/** A count of an arm, 0 where it has none of that name. */
export function countOf(arm: OpenArm, name: string): number {
  return readingOf(arm).counters[name] ?? 0
}

export function readingOf(arm: OpenArm): ArmReading {
  return arm.read(false)
}

/** A datagram that says its number, with something after it that depends on that. */
export function numbered(number: number, sizeBytes = 12): Buffer {
  const bytes = Buffer.alloc(sizeBytes, number % 251)
  bytes.writeUInt32BE(number)
  return bytes
}

export function numberOf(bytes: Buffer): number {
  return bytes.readUInt32BE()
}

/** A client of an arm, which keeps all that comes back. */
export interface UdpClient extends AsyncDisposable {
  readonly socket: Socket
  readonly came: readonly Buffer[]
  send(bytes: Buffer): void
  /** Sends so many, in turns so small that no kernel has to drop one. */
  sendNumbered(count: number, sizeBytes?: number): Promise<void>
}

export async function udpClient(port: number): Promise<UdpClient> {
  const socket = createSocket('udp4')
  const came: Buffer[] = []
  socket.on('message', (bytes) => came.push(bytes))
  socket.on('error', () => {})
  socket.connect(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.setRecvBufferSize(4 * 2 ** 20)
  const send = (bytes: Buffer): void => socket.send(bytes)
  return {
    socket,
    came,
    send,
    async sendNumbered(count, sizeBytes) {
      for (let number = 0; number < count; number++) {
        send(numbered(number, sizeBytes))
        if (number % 20 !== 19) continue
        await nextTurn()
        await nextTurn()
      }
    },
    async [Symbol.asyncDispose]() {
      socket.close()
      await once(socket, 'close')
    },
  }
}

/** Waits until an arm has got so many datagrams from clients, and its target all that it let through of them. */
export async function arrived(arm: OpenArm, { came }: Pick<UdpPeer, 'came'>, sent: number): Promise<void> {
  await until('all have come and left', () => {
    const { counters, heldBytes } = readingOf(arm)
    return counters['udp.datagramsUpIn'] === sent && heldBytes === 0
  })
  await until('all that left have arrived', () => came.length === countOf(arm, 'udp.datagramsUpOut'))
}

/** Waits until an arm has got an answer for each datagram that it let through, and a client all that it let through of those. */
export async function answered(arm: OpenArm, { came }: Pick<UdpClient, 'came'>): Promise<void> {
  await until('all answers have come and left', () => {
    const { counters, heldBytes } = readingOf(arm)
    return counters['udp.datagramsDownIn'] === counters['udp.datagramsUpOut'] && heldBytes === 0
  })
  await until('all answers that left have arrived', () => came.length === countOf(arm, 'udp.datagramsDownOut'))
}
