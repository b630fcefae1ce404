import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { isDeepStrictEqual } from 'node:util'
import { describe, expect, it } from 'vitest'
import { parseFaults, streamFaults } from '../../harness/faults/faults.ts'
import { openRelay, type Relay } from '../../harness/faults/relay/relay.ts'
import { type Clock, realClock } from '../../harness/kernel/clock.ts'
import { decodeHistogram } from '../../harness/measure/histogram.ts'
import { createJumpClock, watchClock } from '../support/jump-clock.ts'
import { dial, digestOf, serveSockets, sha256, until } from '../support/sockets.ts'

type RawFaults = Parameters<typeof parseFaults>[0]

interface Row {
  readonly name: string
  readonly keywords: readonly string[]
  /** Quick enough for a MiB each way. */
  readonly quick: RawFaults
  /** So slow that bytes wait in the relay for as long as a test takes. */
  readonly slow: RawFaults
  /** Whether its decisions are drawn. */
  readonly random: boolean
}

/** The same fault in both directions. */
const both = (faults: RawFaults): RawFaults => ({ uplink: faults, downlink: faults })

/** Each member of the family, and several together. `noop` is the relay's path without any. */
const rows: readonly Row[] = [
  { name: 'noop', keywords: [], quick: {}, slow: {}, random: false },
  {
    name: 'latency',
    keywords: ['latency'],
    quick: both({ latency: { delay: '5ms', jitter: '5ms' } }),
    slow: both({ latency: { delay: '1h', jitter: '1m' } }),
    random: true,
  },
  { name: 'rate', keywords: ['rate'], quick: both({ rate: '200mbps' }), slow: both({ rate: '8bps' }), random: false },
  {
    name: 'rate and latency',
    keywords: ['rate', 'latency'],
    quick: both({ rate: '200mbps', latency: { delay: '2ms', jitter: '2ms' } }),
    slow: both({ rate: '8bps', latency: { delay: '1h' } }),
    random: true,
  },
]

const mebibyte = { up: randomBytes(2 ** 20), down: randomBytes(2 ** 20) }

function relayTo(
  port: number,
  faults: RawFaults,
  { clock = realClock, seed = 1 }: { clock?: Clock; seed?: number } = {},
): Promise<Relay> {
  const listen = { host: '127.0.0.1', port: 0 }
  const upstream = { host: '127.0.0.1', port }
  return openRelay({
    arms: [{ arm: 'a', upstream, listen, faults: parseFaults(faults) }],
    seed,
    clock,
    allowedHosts: [],
  })
}

async function quiet(relay: Relay): Promise<void> {
  await until('the relay is quiet', () => {
    const { open, heldBytes } = relay.read(null)['a']!
    return open === 0 && heldBytes === 0
  })
}

it('every fault of streams has a row in this contract', () => {
  expect(new Set(rows.flatMap(({ keywords }) => keywords))).toEqual(new Set(Object.keys(streamFaults)))
})

describe.each(rows)('$name', ({ quick, slow, random }) => {
  it.each([
    ['both at once', { clientFirst: true, serverFirst: true }],
    ['the client first, then on its half-closed connection the server', { clientFirst: true, serverFirst: false }],
    ['the server first, then on its half-closed connection the client', { clientFirst: false, serverFirst: true }],
  ])('carries a MiB each way intact and in order: %s', async (_order, { clientFirst, serverFirst }) => {
    const served = Promise.withResolvers<Awaited<ReturnType<typeof digestOf>>>()
    const clock = watchClock(realClock)
    await using server = await serveSockets((socket) => {
      if (serverFirst) socket.end(mebibyte.down)
      void digestOf(socket).then((digest) => {
        served.resolve(digest)
        if (!serverFirst) socket.end(mebibyte.down)
      })
    })
    const relay = await relayTo(server.port, quick, { clock })
    const client = await dial(relay.ports['a']!)
    if (clientFirst) client.end(mebibyte.up)
    const received = await digestOf(client)
    if (!clientFirst) client.end(mebibyte.up)
    expect(received).toEqual({ bytes: 2 ** 20, sha256: sha256(mebibyte.down) })
    expect(await served.promise).toEqual({ bytes: 2 ** 20, sha256: sha256(mebibyte.up) })
    await quiet(relay)
    expect(relay.read(null)['a']).toMatchObject({
      accepted: 1,
      open: 0,
      heldBytes: 0,
      bytesUp: 2 ** 20,
      bytesDown: 2 ** 20,
    })
    await relay[Symbol.asyncDispose]()
    expect(clock.pending()).toBe(0)
  })

  it.each([
    ['the client resets', (client: Socket, _server: Socket) => client.resetAndDestroy()],
    ['the server resets', (_client: Socket, server: Socket) => server.resetAndDestroy()],
  ])('ends at once when %s while bytes wait', async (_who, end) => {
    const clock = watchClock(realClock)
    await using server = await serveSockets((socket) => {
      socket.write(mebibyte.down.subarray(0, 10_000))
      socket.resume()
    })
    const relay = await relayTo(server.port, slow, { clock })
    const client = await dial(relay.ports['a']!)
    client.resume()
    client.write(mebibyte.up.subarray(0, 10_000))
    await until('the bytes have come', () => {
      const { bytesUp, bytesDown } = relay.read(null)['a']!
      return bytesUp === 10_000 && bytesDown === 10_000
    })
    const before = realClock.nowNs()
    const clientClosed = new Promise((resolve) => client.once('close', resolve))
    end(client, [...server.sockets][0]!)
    await clientClosed
    await until('the server sees it', () => server.sockets.size === 0, 500)
    await quiet(relay)
    expect((realClock.nowNs() - before) / 1e6).toBeLessThan(500)
    await relay[Symbol.asyncDispose]()
    expect(clock.pending()).toBe(0)
  })

  it('ends at once with its relay while bytes wait, and leaves nothing', async () => {
    const clock = watchClock(realClock)
    await using server = await serveSockets((socket) => {
      socket.write(mebibyte.down.subarray(0, 10_000))
      socket.resume()
    })
    const relay = await relayTo(server.port, slow, { clock })
    const clients = await Promise.all([1, 2, 3].map(() => dial(relay.ports['a']!)))
    for (const client of clients) client.resume()
    const closed = Promise.all(clients.map((client) => new Promise((resolve) => client.once('close', resolve))))
    await until('the bytes have come', () => relay.read(null)['a']!.bytesDown === 30_000)
    await relay[Symbol.asyncDispose]()
    await closed
    await quiet(relay)
    await until('the server sees it', () => server.sockets.size === 0, 500)
    expect(clock.pending()).toBe(0)
  })

  it('decides the same of the n-th connection again from the same seed, and where it draws otherwise from another', async () => {
    const [first, again, other] = [await decisions(quick, 1), await decisions(quick, 1), await decisions(quick, 2)]
    expect(again).toEqual(first)
    expect(isDeepStrictEqual(other, first)).toBe(!random)
  })

  it('decides the same of a slice again when it has the same number', async () => {
    const [first, second, again] = await decisionsOfSlices(quick, [1, 2, 1])
    expect(again).toEqual(first)
    expect(isDeepStrictEqual(second, first)).toBe(!random)
  })
})

/** What a relay adds to one exchange on each of some connections, one after the other, on a clock without lateness. */
async function decisions(faults: RawFaults, seed: number): Promise<unknown> {
  return (await decisionsOfSlices(faults, [0], seed))[0]
}

async function decisionsOfSlices(faults: RawFaults, slices: readonly number[], seed = 1): Promise<unknown[]> {
  await using server = await serveSockets((socket) => socket.on('data', (chunk: Buffer) => socket.end(chunk)))
  await using relay = await relayTo(server.port, faults, { clock: createJumpClock(), seed })
  const seen: unknown[] = []
  for (const slice of slices) {
    relay.setSlice('a', slice)
    const connections: unknown[] = []
    for (let n = 0; n < 6; n++) {
      const client = await dial(relay.ports['a']!)
      client.end('x'.repeat(1000))
      await digestOf(client)
      await quiet(relay)
      const { added, error } = relay.read('a')['a']!.delays!
      expect(decodeHistogram(error).summary().max ?? 0).toBe(0)
      const { min, max, count } = decodeHistogram(added).summary()
      connections.push({ min, max, count })
    }
    seen.push(connections)
  }
  return seen
}
