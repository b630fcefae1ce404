import type { Buffer } from 'node:buffer'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { isDeepStrictEqual } from 'node:util'
import { describe, expect, it } from 'vitest'
import { faultTable } from '../../harness/faults/faults.ts'
import { everything } from '../../harness/faults/match.ts'
import type { OpenArm } from '../../harness/faults/relay/transport.ts'
import { realClock } from '../../harness/kernel/clock.ts'
import { createVirtualClock } from '../../harness/kernel/virtual-clock.ts'
import { watchClock } from '../support/jump-clock.ts'
import { until } from '../support/sockets.ts'
import {
  answered,
  arrived,
  countOf,
  layerOf,
  numbered,
  numberOf,
  type RawFaults,
  readingOf,
  udpArm,
  type UdpClient,
  udpClient,
} from '../support/udp-arm.ts'
import { type Came, openUdpPeer, type UdpPeer } from '../support/udp-peer.ts'

interface Row {
  readonly name: string
  readonly keywords: readonly string[]
  /** Quick enough for some hundreds of datagrams. */
  readonly quick: RawFaults
  /** What of a datagram may be other than without the fault. */
  readonly mayLose?: true
  readonly mayRepeat?: true
  readonly mayReorder?: true
  readonly mayChange?: true
  /** Whether its decisions are drawn. */
  readonly random?: true
  /** So slow that datagrams wait in the relay for as long as a test takes; where it holds any. */
  readonly slow?: RawFaults
}

const both = (faults: RawFaults): RawFaults => ({ uplink: faults, downlink: faults })

/** Each fault that acts on datagrams, and several together. `noop` is the relay's path without any. */
const rows: readonly Row[] = [
  { name: 'noop', keywords: [], quick: {} },
  {
    name: 'latency',
    keywords: ['latency'],
    quick: both({ latency: { delay: '5ms' } }),
    slow: both({ latency: { delay: '1h' } }),
  },
  {
    name: 'latency with jitter',
    keywords: ['latency'],
    quick: both({ latency: { delay: '5ms', jitter: '5ms' } }),
    mayReorder: true,
    random: true,
    slow: both({ latency: { delay: '1h', jitter: '10m' } }),
  },
  { name: 'rate', keywords: ['rate'], quick: both({ rate: '10mbps' }), slow: both({ rate: '8bps' }) },
  {
    name: 'loss',
    keywords: ['loss'],
    quick: both({ loss: { probability: '10%' } }),
    mayLose: true,
    random: true,
  },
  {
    name: 'loss in bursts',
    keywords: ['loss'],
    quick: both({ loss: { probability: '3%', burst: 4 } }),
    mayLose: true,
    random: true,
  },
  {
    name: 'reorder',
    keywords: ['reorder'],
    quick: both({ reorder: { probability: '20%', window: 3, delay: '20ms' } }),
    mayReorder: true,
    random: true,
    slow: both({ reorder: { probability: '100%', window: 64, delay: '1h' } }),
  },
  {
    name: 'duplicate',
    keywords: ['duplicate'],
    quick: both({ duplicate: { probability: '20%', maxExtra: 2 } }),
    mayRepeat: true,
    random: true,
  },
  {
    name: 'corrupt',
    keywords: ['corrupt'],
    quick: both({ corrupt: { probability: '20%' } }),
    mayChange: true,
    random: true,
  },
  {
    name: 'mutation',
    keywords: ['mutation'],
    quick: both({ mutation: { type: 'corruptBytes', size: '2b', probability: '20%' } }),
    mayChange: true,
    random: true,
  },
  { name: 'mtu', keywords: ['mtu'], quick: both({ mtu: '10b' }), mayLose: true },
  { name: 'partition', keywords: ['partition'], quick: { partition: true }, mayLose: true },
  {
    name: 'all at once',
    keywords: [],
    quick: both({
      latency: { delay: '2ms', jitter: '2ms' },
      rate: '10mbps',
      loss: { probability: '5%' },
      reorder: { probability: '10%' },
      duplicate: { probability: '10%' },
    }),
    mayLose: true,
    mayRepeat: true,
    mayReorder: true,
    random: true,
    slow: both({ latency: { delay: '1h' }, duplicate: { probability: '50%' } }),
  },
]

/** A peer whose kernel has room for all that a test sends. */
async function receiver(receive: (came: Came) => void = () => {}): Promise<UdpPeer> {
  const peer = await openUdpPeer(receive)
  peer.socket.setRecvBufferSize(4 * 2 ** 20)
  return peer
}

const echo = (): Promise<UdpPeer> => receiver(({ answer }) => answer())

it('every fault of datagrams has a row in this contract', () => {
  const wanted = Object.values(faultTable).filter((fault) => fault.datagram !== undefined)
  expect(new Set(rows.flatMap(({ keywords }) => keywords))).toEqual(new Set(wanted.map(({ keyword }) => keyword)))
})

/** The arm counted each datagram: in each direction what came in has left, or it says what became of it. */
function expectReconciled(arm: OpenArm, { sent, seen, came }: { sent: number; seen: number; came: number }): void {
  const { tallies, counters, heldBytes } = arm.read(true)
  const count = (name: string): number => counters[name] ?? 0
  expect(heldBytes).toBe(0)
  expect(count('udp.datagramsUpIn')).toBe(sent)
  expect(count('udp.datagramsUpOut')).toBe(seen)
  expect(count('udp.datagramsDownIn')).toBe(seen)
  expect(count('udp.datagramsDownOut')).toBe(came)
  const dropped = ['loss', 'mtu', 'partition'].reduce((sum, keyword) => sum + (tallies[keyword]?.fired ?? 0), 0)
  const notInjected = ['udp.queueDrops', 'udp.kernelDrops', 'udp.discarded', 'udp.sendErrors', 'rate.queueDrops']
  for (const name of notInjected) expect([name, count(name)]).toEqual([name, 0])
  const copies = (tallies['duplicate']?.bytes ?? 0) / 12
  expect(sent + seen + copies - dropped).toBe(seen + came)
}

/** How far behind others that came after it each datagram arrived, at most. */
function displacement(numbers: readonly number[]): number {
  return Math.max(
    0,
    ...numbers.map((number, place) => numbers.slice(0, place).filter((earlier) => earlier > number).length),
  )
}

/** What happened to 300 numbered datagrams that must not. */
function harmOf({ mayLose, mayRepeat, mayReorder, mayChange }: Row, came: readonly Buffer[]): string[] {
  // A wrong number is missing, and may be another's.
  if (mayChange) return []
  const numbers = came.map(numberOf)
  const kinds = new Set(numbers).size
  const harms = {
    changed: came.some((bytes) => !bytes.equals(numbered(numberOf(bytes)))),
    lost: !mayLose && kinds < count,
    repeated: !mayRepeat && kinds < numbers.length,
    reordered: !mayReorder && displacement(numbers) > 0,
  }
  return Object.entries(harms).flatMap(([harm, happened]) => (happened ? [harm] : []))
}

const count = 300
const all = Array.from({ length: count }, (_, number) => number)

describe.each(rows)('$name', (row) => {
  it('loses, repeats, swaps or changes nothing but what it is asked to (F22, F28, F29)', async () => {
    await using peer = await echo()
    await using arm = await udpArm(peer.port, [layerOf(row.quick)])
    await using client = await udpClient(arm.port)
    await client.sendNumbered(count)
    await arrived(arm, peer, count)
    await answered(arm, client)
    const seen = peer.came.map(({ bytes }) => bytes)
    expect([...harmOf(row, seen), ...harmOf(row, client.came)]).toEqual([])
    expectReconciled(arm, { sent: count, seen: seen.length, came: client.came.length })
  })

  it('leaves traffic alone that its rule does not match', async () => {
    await using peer = await echo()
    await using arm = await udpArm(peer.port, [layerOf(row.quick, { match: { ...everything, protocol: 'tcp' } })])
    await using client = await udpClient(arm.port)
    await client.sendNumbered(40)
    await until('all answers have come', () => client.came.length === 40)
    expect(client.came).toEqual(all.slice(0, 40).map((number) => numbered(number)))
    const { tallies, rules, delays } = arm.read(true)
    expect(Object.values(tallies).filter(({ eligible }) => eligible > 0)).toEqual([])
    expect(rules['policy/rule']).toMatchObject({ connections: 0, matched: 0 })
    expect(delays).not.toBeNull()
  })

  it('decides the same of the n-th session again, whatever runs beside it, and where it draws otherwise from another seed', async () => {
    const alone = await decided(row.quick, 1, 0)
    expect(await decided(row.quick, 1, 2)).toEqual(alone)
    expect(isDeepStrictEqual(await decided(row.quick, 2, 0), alone)).toBe(!row.random)
  })

  it('ends at once while datagrams wait, and leaves neither socket nor timer', async () => {
    await using peer = await receiver()
    const clock = watchClock(realClock)
    const arm = await udpArm(peer.port, [layerOf(row.slow ?? row.quick)], { clock })
    await using client = await udpClient(arm.port)
    await client.sendNumbered(40)
    await until('all have come', () => countOf(arm, 'udp.datagramsUpIn') === 40)
    expect(readingOf(arm).open).toBe(row.slow ? 1 : readingOf(arm).open)
    await arm.close()
    await until('the wheel has disarmed', () => clock.pending() === 0)
  })
})

/** What becomes of the uplink of the first session, and in which order, on a clock that moves when all have come. */
async function decided(faults: RawFaults, seed: number, others: number): Promise<unknown> {
  await using peer = await receiver()
  const clock = createVirtualClock(1e9)
  await using arm = await udpArm(peer.port, [layerOf(faults)], { seed, clock })
  await using client = await udpClient(arm.port)
  client.send(numbered(0))
  await until('the session is there', () => countOf(arm, 'udp.sessions') === 1)
  const beside: UdpClient[] = []
  for (let n = 0; n < others; n++) beside.push(await udpClient(arm.port))
  const otherBytes = 20
  for (let number = 1; number < 60; number++) {
    for (const other of beside) other.send(numbered(number, otherBytes))
    client.send(numbered(number))
  }
  await until('all have come', () => countOf(arm, 'udp.datagramsUpIn') === 60 + others * 59)
  for (let round = 0; round < 100; round++) await clock.advance(1e8)
  await until('all have left', () => peer.came.length === countOf(arm, 'udp.datagramsUpOut'))
  for (const other of beside) await other[Symbol.asyncDispose]()
  return peer.came.filter(({ bytes }) => bytes.length !== otherBytes).map(({ bytes }) => bytes.toString('hex'))
}

describe('loss of datagrams', () => {
  const lost = async (faults: RawFaults, seed: number): Promise<number[]> => {
    await using peer = await receiver()
    await using arm = await udpArm(peer.port, [layerOf(faults)], { seed })
    await using client = await udpClient(arm.port)
    await client.sendNumbered(2000)
    await arrived(arm, peer, 2000)
    const came = new Set(peer.came.map(({ bytes }) => numberOf(bytes)))
    const missing = Array.from({ length: 2000 }, (_, number) => number).filter((number) => !came.has(number))
    expect(readingOf(arm).tallies['loss']).toMatchObject({ eligible: 2000, fired: missing.length })
    expect(countOf(arm, 'udp.kernelDrops')).toBe(0)
    return missing
  }

  it('drops exactly the same of 2,000 again from the same seed, and others from another; the sender sees success (F22, F41, P8)', async () => {
    const faults = { uplink: { loss: { probability: '10%' } } }
    const first = await lost(faults, 7)
    expect(await lost(faults, 7)).toEqual(first)
    expect(await lost(faults, 8)).not.toEqual(first)
    expect(Math.abs(first.length / 2000 - 0.1)).toBeLessThan(3.29 * Math.sqrt((0.1 * 0.9) / 2000))
  })

  it('drops in runs of at least the burst (F23)', async () => {
    const missing = new Set(await lost({ uplink: { loss: { probability: '1%', burst: 4 } } }, 7))
    const begins = [...missing].filter((number) => !missing.has(number - 1))
    expect(begins.length).toBeGreaterThan(5)
    for (const begin of begins.filter((number) => number < 1996)) {
      for (let step = 0; step < 4; step++) expect(missing).toContain(begin + step)
    }
  })

  it('has a state of its own for each session, which ends with it (F24, P10)', async () => {
    const gilbertElliott = { goodToBad: '100%', badToGood: '0%', lossGood: '0%', lossBad: '100%' }
    await using peer = await receiver()
    await using arm = await udpArm(peer.port, [layerOf({ uplink: { loss: { gilbertElliott } } }, { connections: 0.5 })])
    for (let session = 0; session < 20; session++) {
      await using client = await udpClient(arm.port)
      for (let n = 0; n < 5; n++) client.send(numbered(session))
      await until('they have come', () => countOf(arm, 'udp.datagramsUpIn') === 5 * (session + 1))
    }
    await until('all have come', () => peer.came.length === countOf(arm, 'udp.datagramsUpOut'))
    const bySession = Map.groupBy(peer.came, ({ bytes }) => numberOf(bytes))
    // The share of sessions is sticky: all of a session, or nothing.
    for (const came of bySession.values()) expect(came).toHaveLength(5)
    expect(bySession.size).toBeGreaterThan(2)
    expect(bySession.size).toBeLessThan(18)
  })
})

describe('the share of datagrams of a rule', () => {
  it('is drawn for each datagram', async () => {
    await using peer = await receiver()
    await using arm = await udpArm(peer.port, [layerOf({ partition: true }, { probability: 0.3 })])
    await using client = await udpClient(arm.port)
    await client.sendNumbered(1000)
    await arrived(arm, peer, 1000)
    const { tallies, rules } = readingOf(arm)
    expect(tallies['partition']).toEqual({
      eligible: 1000 - peer.came.length,
      fired: 1000 - peer.came.length,
      bytes: 12 * (1000 - peer.came.length),
    })
    expect(rules['policy/rule']).toMatchObject({ connections: 1, matched: 1000 })
    expect(Math.abs(1 - peer.came.length / 1000 - 0.3)).toBeLessThan(3.29 * Math.sqrt((0.3 * 0.7) / 1000))
  })
})

describe('reorder of datagrams', () => {
  const order = async (faults: RawFaults, sent: number): Promise<number[]> => {
    await using peer = await receiver()
    await using arm = await udpArm(peer.port, [layerOf(faults)])
    await using client = await udpClient(arm.port)
    await client.sendNumbered(sent)
    await until('all have come', () => peer.came.length === sent)
    return peer.came.map(({ bytes }) => numberOf(bytes))
  }

  it.each([1, 2, 5])('displaces by no more than a window of %i, and loses none (F28)', async (window) => {
    const numbers = await order({ uplink: { reorder: { probability: '20%', window, delay: '100ms' } } }, 300)
    // Whoever was held may have been passed by those held after it that went before it, too.
    expect(displacement(numbers)).toBeGreaterThan(0)
    expect(displacement(numbers)).toBeLessThanOrEqual(window)
    expect(numbers.toSorted((a, b) => a - b)).toEqual(all)
  })

  it('really reorders at 100 %, and composes with latency (F28, P5)', async () => {
    const reorder = { probability: '100%', delay: '30ms' }
    expect(displacement(await order({ uplink: { reorder } }, 100))).toBeGreaterThan(0)
    expect(displacement(await order({ uplink: { reorder, latency: { delay: '10ms' } } }, 100))).toBeGreaterThan(0)
  })

  it('lets the last one go after its delay, and does not block who waits for an answer (F28, P5)', async () => {
    await using peer = await echo()
    await using arm = await udpArm(peer.port, [
      layerOf({ uplink: { reorder: { probability: '100%', window: 64, delay: '20ms' } } }),
    ])
    await using client = await udpClient(arm.port)
    client.send(numbered(1))
    await until('its answer has come', () => client.came.length === 1)
    expect(arm.read(true).tallies['reorder']).toMatchObject({ eligible: 1, fired: 1 })
  })
})

describe('copies of datagrams', () => {
  it('are as many as were drawn, in both directions (F29)', async () => {
    await using peer = await echo()
    const duplicate = { probability: '25%', maxExtra: 2 }
    await using arm = await udpArm(peer.port, [layerOf({ uplink: { duplicate } })])
    await using client = await udpClient(arm.port)
    await client.sendNumbered(2000)
    await arrived(arm, peer, 2000)
    expect(readingOf(arm).tallies['duplicate']?.bytes).toBe(12 * (peer.came.length - 2000))
    const spread = 3.29 * Math.sqrt(2 * 2000 * 0.25 * 0.75)
    expect(Math.abs(peer.came.length - 2000 * (1 + 2 * 0.25))).toBeLessThan(spread)
  })
})

describe('wrong bits', () => {
  it('are exactly one in each datagram that is hit', async () => {
    await using peer = await receiver()
    await using arm = await udpArm(peer.port, [layerOf({ uplink: { corrupt: { probability: '50%' } } })])
    await using client = await udpClient(arm.port)
    for (let n = 0; n < 200; n++) client.send(numbered(7, 40))
    await until('all have come', () => peer.came.length === 200)
    const right = numbered(7, 40)
    const wrongBits = peer.came.map(({ bytes }) => {
      expect(bytes).toHaveLength(40)
      return bytes.reduce((sum, byte, at) => sum + bitsOf(byte ^ right.readUInt8(at)), 0)
    })
    expect(new Set(wrongBits)).toEqual(new Set([0, 1]))
    expect(wrongBits.reduce((sum, bits) => sum + bits, 0)).toBe(readingOf(arm).tallies['corrupt']?.fired)
  })
})

const bitsOf = (byte: number): number => byte.toString(2).replaceAll('0', '').length

describe('a link of limited rate', () => {
  it.each([100, 1460])('lets datagrams of %i bytes arrive at its rate, within 2 % (P4)', async (sizeBytes) => {
    await using peer = await receiver()
    const clock = createVirtualClock(1e9)
    await using arm = await udpArm(peer.port, [layerOf({ uplink: { rate: '4mbps' } })], { clock })
    await using client = await udpClient(arm.port)
    const sent = Math.floor(100_000 / sizeBytes)
    await client.sendNumbered(sent, sizeBytes)
    await until('all have come', () => countOf(arm, 'udp.datagramsUpIn') === sent)
    const neededNs = (sent * sizeBytes * 8 * 1e9) / 4e6
    await clock.advance(neededNs / 2)
    await until('what has left has come', () => peer.came.length === countOf(arm, 'udp.datagramsUpOut'))
    expect(Math.abs(peer.came.length / (sent / 2) - 1)).toBeLessThan(0.02)
    await clock.advance(neededNs / 2 + 1e6)
    await until('all have come', () => peer.came.length === sent)
  })
})

describe('sessions', () => {
  it('bring each client its own answers', async () => {
    await using peer = await echo()
    await using arm = await udpArm(peer.port, [layerOf(both({ latency: { delay: '1ms', jitter: '1ms' } }))])
    const clients = await Promise.all(Array.from({ length: 10 }, () => udpClient(arm.port)))
    for (let round = 0; round < 5; round++) clients.forEach((client, index) => client.send(numbered(index)))
    await until('all answers have come', () => clients.every(({ came }) => came.length === 5))
    clients.forEach(({ came }, index) => expect(came.map(numberOf)).toEqual(Array(5).fill(index)))
    expect(new Set(peer.came.map(({ from }) => from.port)).size).toBe(10)
    expect(readingOf(arm)).toMatchObject({ accepted: 10, open: 0, upstreamFailures: 0 })
    for (const client of clients) await client[Symbol.asyncDispose]()
  })

  it('end after a minute of silence, and begin again', async () => {
    await using peer = await echo()
    const clock = createVirtualClock(1e9)
    await using arm = await udpArm(peer.port, [], { clock })
    await using client = await udpClient(arm.port)
    const ask = async (): Promise<number | undefined> => {
      const before = peer.came.length
      client.send(numbered(1))
      await until('it has come', () => peer.came.length === before + 1)
      return peer.came.at(-1)?.from.port
    }
    const first = await ask()
    await clock.advance(59e9)
    expect(await ask()).toBe(first)
    await clock.advance(62e9)
    expect(countOf(arm, 'udp.expired')).toBe(1)
    expect(clock.pending()).toBe(0)
    expect(await ask()).not.toBe(first)
    expect(countOf(arm, 'udp.sessions')).toBe(2)
  })

  it('of a later slice are new ones, with the decisions of that slice', async () => {
    await using peer = await receiver()
    await using arm = await udpArm(peer.port, [layerOf({ uplink: { loss: { probability: '50%' } } })])
    await using client = await udpClient(arm.port)
    const cameOf = async (slice: number): Promise<number[]> => {
      arm.setSlice(slice, 0)
      const [before, seen] = [countOf(arm, 'udp.datagramsUpIn'), peer.came.length]
      for (let number = 0; number < 50; number++) client.send(numbered(number))
      await until('they have come', () => countOf(arm, 'udp.datagramsUpIn') === before + 50)
      await until('they have left', () => peer.came.length === countOf(arm, 'udp.datagramsUpOut'))
      return peer.came.slice(seen).map(({ bytes }) => numberOf(bytes))
    }
    const [one, two, again] = [await cameOf(1), await cameOf(2), await cameOf(1)]
    expect(again).toEqual(one)
    expect(two).not.toEqual(one)
    expect(countOf(arm, 'udp.superseded')).toBe(2)
  })

  it('count that the target refuses, of which a client hears nothing', async () => {
    const closed = createSocket('udp4')
    closed.bind(0, '127.0.0.1')
    await once(closed, 'listening')
    const { port } = closed.address()
    closed.close()
    await once(closed, 'close')
    await using arm = await udpArm(port, [])
    await using client = await udpClient(arm.port)
    for (let n = 0; n < 5; n++) {
      client.send(numbered(n))
      await realClock.sleep(2e6)
    }
    await until('it was refused', () => countOf(arm, 'udp.refused') > 0)
    expect(client.came).toEqual([])
    expect(readingOf(arm).tallies).toEqual({})
  })
})

describe('datagrams that no fault has dropped', () => {
  it.runIf(process.platform === 'linux')('are counted apart: those that the kernel had no room for (P8)', async () => {
    await using peer = await receiver()
    await using arm = await udpArm(peer.port, [layerOf({ partition: true })])
    await using client = await udpClient(arm.port)
    // All within one turn, so that nobody reads meanwhile: more than the largest buffer that is asked for.
    for (let n = 0; n < 2500; n++) client.send(numbered(n, 10_000))
    const come = (): number => countOf(arm, 'udp.datagramsUpIn')
    await until('all have come or are lost', () => {
      const { counters } = arm.read(true)
      return come() + (counters['udp.kernelDrops'] ?? 0) === 2500
    })
    expect(countOf(arm, 'udp.kernelDrops')).toBeGreaterThan(0)
    expect(countOf(arm, 'udp.kernelDropsUnread')).toBe(0)
    expect(readingOf(arm).tallies['partition']).toMatchObject({ eligible: come(), fired: come() })
  })

  it('are counted apart: those for which there is no room in the relay', async () => {
    await using peer = await receiver()
    await using arm = await udpArm(peer.port, [layerOf({ uplink: { latency: { delay: '1h' } } })])
    await using client = await udpClient(arm.port)
    await client.sendNumbered(200, 60_000)
    await until('all have come', () => countOf(arm, 'udp.datagramsUpIn') === 200)
    const { heldBytes, counters } = readingOf(arm)
    expect(heldBytes).toBeLessThanOrEqual(8 * 2 ** 20)
    expect(counters['udp.queueDrops']).toBe(200 - heldBytes / 60_000)
  })
})

describe('changes while datagrams pass', () => {
  it('let go what waited because of a rule that is gone, and lose none (F22)', async () => {
    await using peer = await receiver()
    const clock = watchClock(realClock)
    await using arm = await udpArm(peer.port, [layerOf({ uplink: { latency: { delay: '1h' } } })], { clock })
    await using client = await udpClient(arm.port)
    for (let round = 0; round < 20; round++) {
      for (let n = 0; n < 10; n++) client.send(numbered(round * 10 + n))
      await until('they have come', () => countOf(arm, 'udp.datagramsUpIn') === (round + 1) * 10)
      await arm.setLayers(round % 2 === 0 ? [] : [layerOf({ uplink: { latency: { delay: '1h' } } })])
    }
    await arm.setLayers([])
    await until('all have come', () => peer.came.length === 200)
    expect(peer.came.map(({ bytes }) => numberOf(bytes)).toSorted((a, b) => a - b)).toEqual(all.slice(0, 200))
    expect(readingOf(arm).tallies['latency']).toMatchObject({ fired: 100 })
  })
})
