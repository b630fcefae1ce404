import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { isDeepStrictEqual } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { Decisions } from '../../harness/faults/decisions.ts'
import { faultTable } from '../../harness/faults/faults.ts'
import { everything } from '../../harness/faults/match.ts'
import { openTcpArm } from '../../harness/faults/relay/tcp.ts'
import { realClock } from '../../harness/kernel/clock.ts'
import { createRng } from '../../harness/kernel/rng.ts'
import { TimerWheel } from '../../harness/kernel/timer-wheel.ts'
import { createJumpClock, watchClock } from '../support/jump-clock.ts'
import { dial, digestOf, serveSockets, sha256, until } from '../support/sockets.ts'
import { armTo, layersWith, type RawFaults, readingOf, relayTo, ruleOf, untilQuiet } from '../support/stream-arm.ts'
import { streamFaultRows } from '../support/stream-fault-rows.ts'

const mebibyte = { up: randomBytes(2 ** 20), down: randomBytes(2 ** 20) }
const whole = {
  up: { bytes: 2 ** 20, sha256: sha256(mebibyte.up) },
  down: { bytes: 2 ** 20, sha256: sha256(mebibyte.down) },
}

it('every fault of streams, of connections and of listeners has a row in this contract', () => {
  const keywords = Object.values(faultTable)
    .filter((fault) => 'stream' in fault || 'connection' in fault || 'listener' in fault)
    .map(({ keyword }) => keyword)
  expect(new Set(streamFaultRows.flatMap((row) => row.keywords))).toEqual(new Set(keywords))
})

describe.each(streamFaultRows)('$name', ({ quick, slow, random }) => {
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
    const relay = await relayTo(server.port, layersWith(ruleOf(quick)), { clock })
    const client = await dial(relay.ports['a']!)
    if (clientFirst) client.end(mebibyte.up)
    const received = await digestOf(client)
    if (!clientFirst) client.end(mebibyte.up)
    expect(received).toEqual(whole.down)
    expect(await served.promise).toEqual(whole.up)
    await untilQuiet(relay)
    const { tallies, ...reading } = readingOf(relay)
    expect(reading).toMatchObject({ accepted: 1, open: 0, heldBytes: 0, bytesUp: 2 ** 20, bytesDown: 2 ** 20 })
    expect(reading.counters['tcp.discardedBytes'] ?? 0).toBe(0)
    for (const { eligible, fired } of Object.values(tallies)) expect(fired).toBeLessThanOrEqual(eligible)
    await relay[Symbol.asyncDispose]()
    expect(clock.pending()).toBe(0)
  })

  it('leaves alone what its rule does not match', async () => {
    await using server = await serveSockets((socket) => socket.pipe(socket))
    const match = { ...everything, ports: [{ from: 1, to: 1 }] }
    await using relay = await relayTo(server.port, layersWith(ruleOf({ ...quick, ...slow }, { match })))
    const client = await dial(relay.ports['a']!)
    client.end(mebibyte.up)
    expect(await digestOf(client)).toEqual(whole.up)
    const { tallies, rules } = readingOf(relay)
    for (const tally of Object.values(tallies)) expect(tally).toEqual({ eligible: 0, fired: 0, bytes: 0 })
    expect(rules['test/all']).toMatchObject({ connections: 0, matched: 0 })
  })

  it('comes and goes under traffic, and nothing is lost, repeated or swapped', async () => {
    const served = Promise.withResolvers<Awaited<ReturnType<typeof digestOf>>>()
    await using server = await serveSockets((socket) => {
      socket.end(mebibyte.down)
      void digestOf(socket).then(served.resolve)
    })
    await using relay = await relayTo(server.port, layersWith(ruleOf(quick)))
    const client = await dial(relay.ports['a']!)
    const received = digestOf(client)
    for (let part = 0; part < 16; part++) {
      client.write(mebibyte.up.subarray(part * 2 ** 16, (part + 1) * 2 ** 16))
      await realClock.sleep(1e6)
      await relay.setLayers('a', part % 2 === 0 ? layersWith(ruleOf(slow ?? quick)) : [])
    }
    client.end()
    expect(await received).toEqual(whole.down)
    expect(await served.promise).toEqual(whole.up)
    await untilQuiet(relay)
    expect(readingOf(relay)).toMatchObject({ accepted: 1, bytesUp: 2 ** 20, bytesDown: 2 ** 20 })
  })

  it('decides the same of the n-th connection again from the same seed, and where it draws otherwise from another', async () => {
    const [first, again, other] = [
      await decisions(quick, [0]),
      await decisions(quick, [0]),
      await decisions(quick, [0], 2),
    ]
    expect(again).toEqual(first)
    expect(first[0]!.length > 0).toBe(random)
    expect(isDeepStrictEqual(other, first)).toBe(!random)
  })

  it('decides the same of a slice again when it has the same number', async () => {
    const [first, second, again] = await decisions(quick, [1, 2, 1])
    expect(again).toEqual(first)
    expect(isDeepStrictEqual(second, first)).toBe(!random)
  })
})

describe.each(streamFaultRows.filter(({ slow }) => slow))('$name, while bytes wait for it,', ({ slow = {} }) => {
  it.each([
    ['the client resets', (client: Socket, _server: Socket) => client.resetAndDestroy()],
    [
      'the server resets and the client closes',
      (client: Socket, server: Socket) => {
        server.resetAndDestroy()
        client.resetAndDestroy()
      },
    ],
  ])('ends at once when %s', async (_who, end) => {
    const clock = watchClock(realClock)
    await using server = await serveSockets((socket) => {
      socket.write(mebibyte.down.subarray(0, 10_000))
      socket.resume()
    })
    const relay = await relayTo(server.port, layersWith(ruleOf(slow)), { clock })
    const client = await dial(relay.ports['a']!)
    client.resume()
    client.write(mebibyte.up.subarray(0, 10_000))
    await until('the bytes have come', () => {
      const { bytesUp, bytesDown } = readingOf(relay)
      return bytesUp === 10_000 && bytesDown === 10_000
    })
    const before = realClock.nowNs()
    const clientClosed = new Promise((resolve) => client.once('close', resolve))
    end(client, [...server.sockets][0]!)
    await clientClosed
    await until('the server sees it', () => server.sockets.size === 0, 500)
    await untilQuiet(relay)
    expect((realClock.nowNs() - before) / 1e6).toBeLessThan(500)
    await relay[Symbol.asyncDispose]()
    expect(clock.pending()).toBe(0)
  })

  it('ends at once with its relay, and leaves nothing', async () => {
    const clock = watchClock(realClock)
    await using server = await serveSockets((socket) => {
      socket.write(mebibyte.down.subarray(0, 10_000))
      socket.resume()
    })
    const relay = await relayTo(server.port, layersWith(ruleOf(slow)), { clock })
    const clients = await Promise.all([1, 2, 3].map(() => dial(relay.ports['a']!)))
    for (const client of clients) client.resume()
    const closed = Promise.all(clients.map((client) => new Promise((resolve) => client.once('close', resolve))))
    await until('the bytes have come', () => readingOf(relay).bytesDown === 30_000)
    await relay[Symbol.asyncDispose]()
    await closed
    await until('the server sees it', () => server.sockets.size === 0, 500)
    expect(clock.pending()).toBe(0)
  })

  it('lets go of all of them when it is taken away, whole and in order', async () => {
    await using server = await serveSockets((socket) => socket.pipe(socket))
    await using relay = await relayTo(server.port, layersWith(ruleOf(slow)))
    const client = await dial(relay.ports['a']!)
    client.write(mebibyte.up.subarray(0, 100_000))
    const echoed = digestOf(client)
    await until('bytes have come', () => readingOf(relay).bytesUp > 0)
    await relay.setLayers('a', [])
    client.end(mebibyte.up.subarray(100_000))
    expect(await echoed).toEqual(whole.up)
    await untilQuiet(relay)
  })
})

/** What chance decides on one exchange of each of some connections, one after the other, on a clock without lateness. */
async function decisions(faults: RawFaults, slices: readonly number[], seed = 1): Promise<unknown[][]> {
  const made: unknown[][] = []
  const log: Decisions = {
    connection: (_arm, _slice, ordinal) => ({
      decide(site, kind, draw) {
        const value = draw()
        made.at(-1)?.push([ordinal, site, kind, value])
        return value
      },
    }),
  }
  await using server = await serveSockets((socket) => socket.on('data', (chunk: Buffer) => socket.end(chunk)))
  const clock = createJumpClock()
  const context = { rng: createRng(seed), clock, wheel: new TimerWheel(clock), allowedHosts: [], decisions: log }
  const arm = await openTcpArm(armTo(server.port, layersWith(ruleOf(faults))), context)
  for (const slice of slices) {
    made.push([])
    arm.setSlice(slice, 0)
    for (let n = 0; n < 6; n++) {
      const client = await dial(arm.port)
      client.end('x'.repeat(1000))
      await digestOf(client)
      await until('it is over', () => arm.read(false).open === 0)
    }
  }
  await arm.close()
  return made
}
