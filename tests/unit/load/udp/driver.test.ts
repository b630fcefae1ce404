import { execFile } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { nextTurn, realClock } from '../../../../harness/kernel/clock.ts'
import { createRng, type Rng } from '../../../../harness/kernel/rng.ts'
import { TimerWheel } from '../../../../harness/kernel/timer-wheel.ts'
import type { DriverContext } from '../../../../harness/load/driver.ts'
import { headerBytes, largestBytes, payloadOf, writeHeader } from '../../../../harness/load/udp/datagram.ts'
import { openUdpDriver } from '../../../../harness/load/udp/driver.ts'
import type { Check } from '../../../../harness/workload/expect.ts'
import { TestLane } from '../../../support/message-lanes.ts'
import { until } from '../../../support/sockets.ts'
import { type Came, openUdpPeer } from '../../../support/udp-peer.ts'

interface Changes extends Partial<Omit<DriverContext<'udp'>, 'connection' | 'counters'>> {
  readonly port: number
  readonly receiveBufferBytes?: number
}

/** A driver with one socket, whose attempts have 2 s. */
async function openUdp({ receiveBufferBytes = 2 ** 18, ...changes }: Changes) {
  const wheel = new TimerWheel(realClock)
  const counters: Record<string, number> = {}
  const driver = await openUdpDriver({
    connection: { receiveBufferBytes },
    host: '127.0.0.1',
    address: '127.0.0.1',
    timeoutNs: 2e9,
    connections: 1,
    clock: realClock,
    wheel,
    rng: createRng(1),
    counters,
    ...changes,
  })
  let open = true
  const close = (): void => {
    if (open) driver.close()
    open = false
  }
  return {
    wheel,
    counters,
    close,
    /** What was counted of the datagrams, but for what is 0. */
    counted: () =>
      Object.fromEntries(
        Object.entries(counters)
          .filter(([name, value]) => value !== 0 && !/sockets|receiveBuffer/u.test(name))
          .map(([name, value]) => [name.slice('udp.'.length), value]),
      ),
    lane: () => new TestLane(driver),
    prepare: (sizeBytes = 64, reply = true, checks: readonly Check[] = []) =>
      driver.prepare({
        name: 'test',
        message: { sizeBytes, reply },
        expect: { status: null, body: null, checks },
        extract: [],
        idempotent: false,
        templated: false,
        weight: 1,
        pause: { kind: 'none' },
      }),
    [Symbol.asyncDispose]: async () => {
      close()
      await nextTurn()
      if (wheel.size > 0) throw new Error(`${wheel.size} timers are left`)
    },
  }
}

const echo = ({ answer }: Came): void => answer()

/** A port of loopback that nobody listens on. */
async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  await once(socket, 'close')
  return port
}

describe('an attempt', () => {
  test('ends with its echo, and tells what happened in order', async () => {
    await using peer = await openUdpPeer(echo)
    await using udp = await openUdp(peer)
    const lane = udp.lane()
    const request = udp.prepare(100)
    for (let round = 0; round < 3; round++) {
      expect(await lane.run(request)).toMatchObject({ error: null, status: 0, detail: null, sent: 100, received: 100 })
    }
    expect(lane.events).toEqual(['connected', 'firstByte', 'ok', 'firstByte', 'ok', 'firstByte', 'ok'])
    expect(lane.lane.reply).toMatchObject({ sizeBytes: 100, bodyBytes: 84 })
    expect(lane.lane.reply.header('any')).toBe(null)
    expect(peer.came.map(({ number }) => number)).toEqual([0, 1, 2])
    expect(udp.counted()).toEqual({ sent: 3, received: 3 })
  })

  test.each([headerBytes, headerBytes + 1, 1472, largestBytes])('carries %d bytes', async (sizeBytes) => {
    await using peer = await openUdpPeer(echo)
    await using udp = await openUdp(peer)
    expect(await udp.lane().run(udp.prepare(sizeBytes))).toMatchObject({
      error: null,
      sent: sizeBytes,
      received: sizeBytes,
    })
    expect(peer.came.map(({ bytes }) => bytes.length)).toEqual([sizeBytes])
  })

  test('goes to addresses of IPv6 too', async () => {
    await using peer = await openUdpPeer(echo, '::1')
    await using udp = await openUdp({ port: peer.port, address: '::1' })
    expect(await udp.lane().run(udp.prepare())).toMatchObject({ error: null })
    udp.close()
    expect(udp.counted()).toEqual({ sent: 1, received: 1 })
  })

  test('can be started within the end of the one before', async () => {
    await using peer = await openUdpPeer(echo)
    await using udp = await openUdp(peer)
    const lane = udp.lane()
    lane.next = () => lane.start(udp.prepare(20))
    await lane.run(udp.prepare(30))
    await until('the second ends', () => lane.ended.length === 2)
    expect(lane.ended.map(({ received }) => received)).toEqual([30, 20])
  })

  test.each([15, largestBytes + 1, 20.5])('of %d bytes is not prepared', async (sizeBytes) => {
    await using udp = await openUdp({ port: 9 })
    expect(() => udp.prepare(sizeBytes)).toThrow(expect.objectContaining({ code: 'datagram-size', exit: 'usage' }))
  })

  test('fails a check that does not hold', async () => {
    await using peer = await openUdpPeer(echo)
    await using udp = await openUdp(peer)
    const ended = await udp.lane().run(udp.prepare(64, true, [{ kind: 'time', maxNs: 1 }]))
    expect(ended.error).toBe('check')
    expect(ended.detail).toMatch(/^took /u)
  })

  test('without a reply is done when the kernel has taken it', async () => {
    await using peer = await openUdpPeer(() => {})
    await using udp = await openUdp(peer)
    const lane = udp.lane()
    for (let round = 0; round < 3; round++) {
      expect(await lane.run(udp.prepare(64, false))).toMatchObject({ error: null, sent: 64, received: 0 })
    }
    await until('all have come', () => peer.came.length === 3)
    expect(lane.events).toEqual(['connected', 'ok', 'ok', 'ok'])
    expect(udp.counted()).toEqual({ sent: 3 })
  })

  test('without a reply lets the event loop go round, however fast it starts again', async () => {
    await using peer = await openUdpPeer(() => {})
    await using udp = await openUdp(peer)
    const lane = udp.lane()
    const request = udp.prepare(64, false)
    let again = true
    const start = (): void => {
      lane.next = () => again && start()
      lane.start(request)
    }
    start()
    for (let turn = 0; turn < 100; turn++) await nextTurn()
    again = false
    await until('the last one ends', () => udp.wheel.size === 0)
    const { length } = lane.ended
    await nextTurn()
    expect(lane.ended.length).toBeLessThanOrEqual(length + 1)
    expect(lane.ended.length).toBeGreaterThan(10)
  })
})

describe('the sockets', () => {
  test('are shared by the lanes, and no more than allowed are made', async () => {
    await using peer = await openUdpPeer(echo)
    await using udp = await openUdp({ port: peer.port, connections: 2 })
    const lanes = Array.from({ length: 5 }, () => udp.lane())
    const request = udp.prepare()
    for (let round = 0; round < 3; round++) await Promise.all(lanes.map((lane) => lane.run(request)))
    expect(new Set(peer.came.map(({ from }) => from.port)).size).toBe(2)
    expect(udp.counters['udp.sockets']).toBe(2)
    const made = lanes.filter(({ events }) => events[0] === 'connected')
    const waited = lanes.filter(({ events }) => events[0] === 'granted')
    expect([made.length, waited.length]).toEqual([2, 3])
    expect(udp.counted()).toEqual({ sent: 15, received: 15 })
  })

  test('are not made before they are needed', async () => {
    await using peer = await openUdpPeer(echo)
    await using udp = await openUdp({ port: peer.port, connections: 8 })
    const lanes = Array.from({ length: 8 }, () => udp.lane())
    expect(udp.counters['udp.sockets']).toBe(0)
    await lanes[3]!.run(udp.prepare())
    expect(udp.counters['udp.sockets']).toBe(1)
  })

  test('have the receive buffer that was asked for, as the kernel tells it', async () => {
    await using peer = await openUdpPeer(echo)
    await using udp = await openUdp({ port: peer.port, receiveBufferBytes: 50_000 })
    await udp.lane().run(udp.prepare())
    expect(udp.counters['udp.receiveBufferBytes']).toBeGreaterThanOrEqual(50_000)
  })

  test('are gone when the driver is closed, also one that is just being made', async () => {
    await using peer = await openUdpPeer(() => {})
    await using udp = await openUdp({ port: peer.port, connections: 2 })
    const [first, second] = [udp.lane(), udp.lane()]
    const handles = (): number => process.getActiveResourcesInfo().filter((name) => name === 'UDPWrap').length
    const before = handles()
    first.start(udp.prepare())
    await until('the first has come', () => peer.came.length === 1)
    second.start(udp.prepare())
    first.lane.cancel()
    second.lane.cancel()
    udp.close()
    await until('they are gone', () => handles() < before + 1)
    expect(first.events).toEqual(['connected'])
    expect(second.events).toEqual([])
  })
})

describe('an answer', () => {
  test('that does not come is lost, and late when it comes after all', async () => {
    const held: Came[] = []
    await using peer = await openUdpPeer((came) => held.push(came))
    await using udp = await openUdp({ port: peer.port, timeoutNs: 30e6 })
    const lane = udp.lane()
    expect(await lane.run(udp.prepare())).toMatchObject({ error: 'lost', sent: 64, received: 0 })
    expect(udp.counted()).toEqual({ sent: 1, lost: 1 })
    held[0]!.answer()
    held[0]!.answer()
    await until('both have come', () => udp.counters['udp.duplicated'] === 1)
    expect(udp.counted()).toEqual({ sent: 1, lost: 1, late: 1, duplicated: 1 })
    expect(lane.events).toEqual(['connected', 'lost'])
  })

  test('that comes twice is a success and a duplicate', async () => {
    await using peer = await openUdpPeer(({ answer }) => {
      answer()
      answer()
      answer()
    })
    await using udp = await openUdp(peer)
    expect(await udp.lane().run(udp.prepare())).toMatchObject({ error: null })
    await until('all have come', () => udp.counters['udp.duplicated'] === 2)
    expect(udp.counted()).toEqual({ sent: 1, received: 1, duplicated: 2 })
  })

  test('that comes after one with a higher number is reordered, but no copy of it is', async () => {
    const held: Came[] = []
    await using peer = await openUdpPeer((came) => {
      held.push(came)
      // 2, 0, 1 and copies: 0 and 1 come behind 2.
      if (held.length === 3) for (const index of [2, 0, 1, 0, 2]) held[index]!.answer()
    })
    await using udp = await openUdp(peer)
    const request = udp.prepare()
    const all = await Promise.all(Array.from({ length: 3 }, () => udp.lane().run(request)))
    expect(all.map(({ error }) => error)).toEqual([null, null, null])
    await until('the copies have come', () => udp.counters['udp.duplicated'] === 2)
    expect(udp.counted()).toEqual({ sent: 3, received: 3, reordered: 2, duplicated: 2 })
  })

  const changes: readonly (readonly [string, (bytes: Buffer) => Uint8Array])[] = [
    ['longer', (bytes) => Buffer.concat([bytes, Buffer.alloc(1)])],
    ['shorter', (bytes) => bytes.subarray(0, -1)],
    ['of its header alone', (bytes) => bytes.subarray(0, headerBytes)],
    ['with another byte', (bytes) => Buffer.from(bytes).fill(~bytes[40]!, 40, 41)],
  ]

  test.each(changes)('%s is of class protocol', async (_, change) => {
    await using peer = await openUdpPeer(({ bytes, answer }) => answer(change(bytes)))
    await using udp = await openUdp(peer)
    const ended = await udp.lane().run(udp.prepare())
    expect(ended).toMatchObject({ error: 'protocol', detail: 'an answer of another length or content' })
    expect(udp.counted()).toEqual({ sent: 1, corrupt: 1 })
  })

  test('whose header cannot be read is counted, and the attempt waits on', async () => {
    await using peer = await openUdpPeer(({ bytes, answer }) => {
      answer(Buffer.from('error by knob'))
      answer(Buffer.alloc(0))
      answer(Buffer.from(bytes).fill(~bytes[9]!, 9, 10))
      answer()
    })
    await using udp = await openUdp(peer)
    expect(await udp.lane().run(udp.prepare())).toMatchObject({ error: null })
    expect(udp.counted()).toEqual({ sent: 1, received: 1, corrupt: 3 })
  })

  test('to a number that was never given out is corrupt, and one to another socket a stray', async () => {
    await using peer = await openUdpPeer(({ bytes, answer }) => {
      const header = Buffer.alloc(headerBytes)
      const id = bytes.readUInt32BE(4)
      for (const [whose, number] of [
        [id, 1],
        [id, 2 ** 32 - 1],
        [id ^ 1, 0],
      ] as const) {
        writeHeader(header, whose, number, 64)
        answer(Buffer.concat([header, payloadOf(64)]))
      }
      answer()
    })
    await using udp = await openUdp(peer)
    expect(await udp.lane().run(udp.prepare())).toMatchObject({ error: null })
    expect(udp.counted()).toEqual({ sent: 1, received: 1, corrupt: 2, stray: 1 })
  })

  test('from anybody but the target is not heard', async () => {
    await using stranger = await openUdpPeer(() => {})
    await using peer = await openUdpPeer(({ bytes, from, answer }) => {
      stranger.socket.send(bytes, from.port, from.address)
      setTimeout(answer, 20)
    })
    await using udp = await openUdp(peer)
    const fromNs = realClock.nowNs()
    expect(await udp.lane().run(udp.prepare())).toMatchObject({ error: null })
    expect(realClock.nowNs() - fromNs).toBeGreaterThan(15e6)
    expect(udp.counted()).toEqual({ sent: 1, received: 1 })
  })

  test('that nobody wanted is unclaimed', async () => {
    await using peer = await openUdpPeer(echo)
    await using udp = await openUdp(peer)
    await udp.lane().run(udp.prepare(64, false))
    await until('it has come', () => udp.counters['udp.unclaimed'] === 1)
    expect(udp.counted()).toEqual({ sent: 1, unclaimed: 1 })
  })
})

describe('an attempt that is cancelled', () => {
  test('is told of nothing, and its answer reaches no later one', async () => {
    const held: Came[] = []
    await using peer = await openUdpPeer((came) => {
      held.push(came)
      if (held.length === 2) for (const { answer } of held) answer()
    })
    await using udp = await openUdp(peer)
    const lane = udp.lane()
    lane.start(udp.prepare(64))
    await until('it has come', () => held.length === 1)
    lane.lane.cancel()
    expect(udp.wheel.size).toBe(0)
    expect(await lane.run(udp.prepare(32))).toMatchObject({ error: null, received: 32 })
    await until('the other answer has come', () => udp.counters['udp.unclaimed'] === 1)
    expect(lane.events).toEqual(['connected', 'firstByte', 'ok'])
    // The first one was overtaken by none: it was answered first.
    expect(udp.counted()).toEqual({ sent: 2, received: 1, cancelled: 1, unclaimed: 1 })
  })

  test('before it has a socket sends nothing', async () => {
    await using peer = await openUdpPeer(echo)
    await using udp = await openUdp(peer)
    const [one, other] = [udp.lane(), udp.lane()]
    one.start(udp.prepare(64))
    one.lane.cancel()
    await other.run(udp.prepare(32))
    expect(peer.came.map(({ bytes }) => bytes.length)).toEqual([32])
    expect([one.events, other.events[0]]).toEqual([[], 'connected'])
  })

  test('right after it was handed over is sent, and can be started again at once', async () => {
    await using peer = await openUdpPeer(echo)
    await using udp = await openUdp(peer)
    const lane = udp.lane()
    await lane.run(udp.prepare(64))
    for (let round = 0; round < 5; round++) {
      lane.start(udp.prepare(100 + round))
      lane.lane.cancel()
    }
    expect(await lane.run(udp.prepare(32))).toMatchObject({ error: null, received: 32 })
    await until('all have come', () => udp.counters['udp.unclaimed'] === 5)
    expect(peer.came.map(({ bytes }) => bytes.length)).toEqual([64, 100, 101, 102, 103, 104, 32])
    expect(udp.counted()).toEqual({ sent: 7, received: 2, cancelled: 5, unclaimed: 5 })
  })
})

describe.runIf(process.platform === 'linux')('a target that does not listen', () => {
  test('refuses an attempt that is alone', async () => {
    await using udp = await openUdp({ port: await freePort() })
    const lane = udp.lane()
    for (let round = 0; round < 3; round++) {
      expect(await lane.run(udp.prepare())).toMatchObject({ error: 'refused', detail: 'ECONNREFUSED' })
    }
    expect(udp.counted()).toEqual({ sent: 3, refused: 3 })
  })

  test('refuses those of many attempts that are known, and lets no error reach a wrong one', async () => {
    await using udp = await openUdp({ port: await freePort(), timeoutNs: 300e6 })
    const request = udp.prepare()
    const all = await Promise.all(Array.from({ length: 20 }, () => udp.lane().run(request)))
    expect(all.filter(({ error }) => error !== 'refused' && error !== 'lost')).toEqual([])
    expect(all.filter(({ error }) => error === 'refused').length).toBeGreaterThan(0)
    expect(udp.counters['udp.lost']).toBe(all.filter(({ error }) => error === 'lost').length)
  })

  test('is no failure of a datagram that wants no answer, and is counted', async () => {
    await using udp = await openUdp({ port: await freePort() })
    const lane = udp.lane()
    for (let round = 0; round < 4; round++)
      expect(await lane.run(udp.prepare(64, false))).toMatchObject({ error: null, sent: 64 })
    await until('the refusals have come', () => udp.counters['udp.refused'] === 4)
    expect(udp.counted()).toEqual({ sent: 4, refused: 4 })
  })

  test('can come back', async () => {
    const port = await freePort()
    await using udp = await openUdp({ port })
    const lane = udp.lane()
    expect(await lane.run(udp.prepare())).toMatchObject({ error: 'refused' })
    const socket = createSocket('udp4')
    socket.on('message', (bytes, from) => socket.send(bytes, from.port, from.address))
    socket.bind(port, '127.0.0.1')
    await once(socket, 'listening')
    expect(await lane.run(udp.prepare())).toMatchObject({ error: null })
    socket.close()
  })
})

test('an address that cannot be reached is an error, not a hang', async () => {
  // No route: an IPv4 socket does not connect to broadcast without leave to (EACCES).
  await using udp = await openUdp({ port: 9, address: '255.255.255.255' })
  const [one, other] = [udp.lane(), udp.lane()]
  const request = udp.prepare()
  const all = await Promise.all([one.run(request), other.run(request)])
  expect(all.map(({ error }) => error)).toEqual(['connect', 'connect'])
  expect(one.events).toEqual(['connect'])
})

test.runIf(process.platform === 'linux')(
  'a process without a file left is exhausted, and goes on once it has one',
  async () => {
    const root = new URL('../../../../harness/', import.meta.url)
    const script = `
    const load = (path) => import(new URL(path, ${JSON.stringify(root.href)}).href)
    const { openUdpDriver } = await load('load/udp/driver.ts')
    const { realClock: clock } = await load('kernel/clock.ts')
    const { TimerWheel } = await load('kernel/timer-wheel.ts')
    const { closeSync, openSync } = await import('node:fs')
    const context = { connection: { receiveBufferBytes: 4096 }, address: '127.0.0.1', port: ${await freePort()}, timeoutNs: 5e9 }
    const shared = { connections: 1, clock, wheel: new TimerWheel(clock), rng: { next: () => 0 }, counters: {} }
    const driver = await openUdpDriver({ ...context, ...shared })
    const files = [], ends = []
    let starting = false
    const start = () => { starting = true; lane.start(request, clock.nowNs()); starting = false }
    const lane = driver.lane({
      granted() {}, connected() { ends.push('connected') }, firstByte() {}, resent() {},
      attemptEnded({ error }) {
        ends.push(starting ? 'within start' : error)
        if (files.length > 0) { for (const file of files.splice(0)) closeSync(file); start() }
        else { driver.close(); console.log(ends.join()) }
      },
    })
    const request = driver.prepare({ message: { sizeBytes: 64, reply: true }, expect: { checks: [] }, idempotent: false })
    try { for (;;) files.push(openSync('/dev/null')) } catch {}
    start()`
    const command = ['-c', 'ulimit -n 50 && exec "$0" --input-type=module -e "$1"', process.execPath, script]
    const { stdout } = await promisify(execFile)('sh', command, { timeout: 20_000 })
    expect(stdout.trim()).toBe('exhausted,connected,refused')
  },
  30_000,
)

test.runIf(process.platform === 'linux')(
  'what the kernel drops at the sockets is told when they are closed',
  async () => {
    await using peer = await openUdpPeer(({ answer }) => {
      for (let copy = 0; copy < 200; copy++) answer()
    })
    await using udp = await openUdp({ port: peer.port, receiveBufferBytes: 1 })
    const drops = (): number => {
      const lines = readFileSync('/proc/net/udp', 'utf8').split('\n')
      const port = peer.port.toString(16).toUpperCase().padStart(4, '0')
      return Number(
        lines.map((line) => line.trim().split(/\s+/u)).find((fields) => fields[2]?.endsWith(`:${port}`))?.[12],
      )
    }
    await udp.lane().run(udp.prepare(1000))
    await until('all were received or dropped', () => 200 === 1 + (udp.counters['udp.duplicated'] ?? 0) + drops())
    udp.close()
    const { received, duplicated, kernelDrops } = udp.counted()
    expect(kernelDrops).toBeGreaterThan(0)
    expect((received ?? 0) + (duplicated ?? 0) + (kernelDrops ?? 0)).toBe(200)
  },
)

/** What a path does to the answer of a number. */
type Harm = 'none' | 'drop' | 'duplicate' | 'hold' | 'late' | 'corrupt'

function harmOf(rng: Rng): Harm {
  const draw = rng.next()
  if (draw < 0.05) return 'drop'
  if (draw < 0.1) return 'duplicate'
  if (draw < 0.15) return 'hold'
  if (draw < 0.17) return 'late'
  return draw < 0.19 ? 'corrupt' : 'none'
}

test('a path that drops, duplicates, reorders, delays and corrupts what it is told to is counted exactly', async () => {
  const count = 1500
  // Long enough that nothing else is late on a busy machine.
  const timeoutNs = 400e6
  const rng = createRng('a lossy path')
  const truth = { dropped: 0, duplicated: 0, late: 0, corrupt: 0, reordered: 0, answered: 0 }
  let highest = -1
  const held: Came[] = []
  const late: Came[] = []
  const forward = ({ number, answer }: Came): void => {
    if (number! < highest) truth.reordered++
    else highest = number!
    answer()
  }
  await using peer = await openUdpPeer((came) => {
    const harm = harmOf(rng)
    if (harm === 'drop') truth.dropped++
    else if (harm === 'late') late.push(came)
    else if (harm === 'hold') held.push(came)
    else if (harm === 'corrupt') {
      truth.corrupt++
      came.answer(Buffer.concat([came.bytes, Buffer.alloc(1)]))
    } else {
      forward(came)
      truth.answered++
      if (harm === 'duplicate') {
        truth.duplicated++
        came.answer()
      }
      // Those that were held are let go behind this one.
      for (const one of held.splice(0)) {
        truth.answered++
        forward(one)
      }
    }
  })
  await using udp = await openUdp({ port: peer.port, timeoutNs, receiveBufferBytes: 2 ** 20 })
  const request = udp.prepare(200)
  const results: (string | null)[] = []
  let started = 0
  const carry = async (lane: TestLane): Promise<void> => {
    while (started < count) {
      started++
      results.push((await lane.run(request)).error)
    }
  }
  await Promise.all(Array.from({ length: 100 }, () => carry(udp.lane())))
  for (const came of [...late, ...held]) {
    truth.late++
    forward(came)
  }
  await until('the late ones have come', () => udp.counters['udp.late']! >= truth.late)
  udp.close()
  const failed = (error: string | null): number => results.filter((one) => one === error).length
  expect({
    ...udp.counted(),
    ok: failed(null),
    lostAttempts: failed('lost'),
    corruptAttempts: failed('protocol'),
  }).toEqual({
    sent: count,
    received: truth.answered,
    lost: truth.dropped + truth.late,
    late: truth.late,
    duplicated: truth.duplicated,
    reordered: truth.reordered,
    corrupt: truth.corrupt,
    ok: truth.answered,
    lostAttempts: truth.dropped + truth.late,
    corruptAttempts: truth.corrupt,
  })
})
