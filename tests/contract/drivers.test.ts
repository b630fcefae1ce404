import { once } from 'node:events'
import { renameSync } from 'node:fs'
import { createServer } from 'node:net'
import { describe, expect, test } from 'vitest'
import { nextTurn, realClock } from '../../harness/kernel/clock.ts'
import type { ErrorClass } from '../../harness/resilience/outcome.ts'
import { bodyOf, freshPath, type Opened, type Place, type Subject, subjects } from '../support/driver-subjects.ts'
import { stress } from '../support/driver-stress.ts'
import { type FaultyPath, openFaultyPath, type PathFault } from '../support/faulty-path.ts'
import type { Ended, TestLane } from '../support/message-lanes.ts'
import { serveSockets, until } from '../support/sockets.ts'
import { openUdpPeer } from '../support/udp-peer.ts'

const ms = 1e6

/** Longer than the slow target takes for an answer. */
const slow = { serviceTimeNs: 30 * ms }
const settledNs = 45 * ms

const overStreams = subjects.filter(({ protocol }) => protocol !== 'udp')

/** Runs an attempt whose answer must be its own. */
async function runGood(subject: Subject, opened: Opened, lane: TestLane, number: number): Promise<Ended> {
  const ended = await lane.run(opened.prepare(number))
  expect(ended).toMatchObject({ error: null, detail: null, body: bodyOf(subject.protocol, number) })
  return ended
}

describe.each(subjects)('$name', (subject) => {
  test('answers, and tells in order what happened and how many bytes that took', async () => {
    await using target = await subject.serve()
    await using opened = await subject.open(target)
    const lane = opened.driver.lane()
    const first = await runGood(subject, opened, lane, 1)
    expect(lane.events).toEqual(['connected', 'firstByte', 'ok'])
    const second = await runGood(subject, opened, lane, 1)
    expect(Math.min(first.sent, first.received)).toBeGreaterThan(0)
    expect(second).toEqual(first)
    expect(target.stats()).toMatchObject({ requests: 2, errors: 0 })
  })

  test('can be started again within the end of an attempt', async () => {
    await using target = await subject.serve()
    await using opened = await subject.open(target)
    const lane = opened.driver.lane()
    const again = (): void => {
      if (lane.ended.length < 50) lane.start(opened.prepare(lane.ended.length))
      lane.next = again
    }
    again()
    await until('all have ended', () => lane.ended.length === 50)
    expect(lane.ended.map(({ error, body }) => [error, body])).toEqual(
      lane.ended.map((_, number) => [null, bodyOf(subject.protocol, number)]),
    )
    expect(target.stats().requests).toBe(50)
  })

  test('shows each lane its own reply while others wait for the connection, which they get in order', async () => {
    await using target = await subject.serve()
    await using opened = await subject.open(target, { connections: 1 })
    const lanes = Array.from({ length: 12 }, () => opened.driver.lane())
    const order: number[] = []
    const types = new Set<string | null>()
    const ends = lanes.map((lane, number) => {
      lane.granted = () => void order.push(number)
      lane.next = () => types.add(lane.lane.reply.header('content-type'))
      return lane.run(opened.prepare(number))
    })
    expect((await Promise.all(ends)).map(({ error, body }) => [error, body])).toEqual(
      lanes.map((_, number) => [null, bodyOf(subject.protocol, number)]),
    )
    expect(order).toEqual(order.toSorted((a, b) => a - b))
    expect(subject.waits && order.length === 0).toBe(false)
    expect([...types]).toEqual([typeOf(subject)])
  })

  test('tells nothing of what was given up while it connected, waited, or was sent, and goes on', async () => {
    await using target = await subject.serve(slow)
    await using opened = await subject.open(target, { connections: 1 })
    const [one, other] = [opened.driver.lane(), opened.driver.lane()]
    one.start(opened.prepare(1))
    one.lane.cancel()
    const running = runGood(subject, opened, one, 2)
    other.start(opened.prepare(3))
    other.lane.cancel()
    await running
    one.start(opened.prepare(4))
    const { requests } = target.stats()
    await until('it was sent', () => target.stats().requests > requests)
    const before = one.events.length
    one.lane.cancel()
    one.lane.cancel()
    await realClock.sleep(settledNs)
    expect([one.events.slice(before), other.events]).toEqual([[], []])
    await Promise.all([runGood(subject, opened, one, 5), runGood(subject, opened, other, 6)])
  })

  test.each(['granted', 'connected', 'firstByte'] as const)(
    'can be given up, and begun again, within %s',
    async (told) => {
      await using target = await subject.serve()
      await using opened = await subject.open(target, { connections: 1 })
      const [first, lane] = [opened.driver.lane(), opened.driver.lane()]
      let given = 0
      lane[told] = () => {
        if (given++ > 0) return
        lane.lane.cancel()
        lane.start(opened.prepare(2))
      }
      // It makes the connection that the other one waits for, or uses.
      if (told === 'granted') first.start(opened.prepare(1))
      lane.start(opened.prepare(3))
      await until('it has ended', () => lane.ended.length > 0 && (told !== 'granted' || first.ended.length > 0))
      await runGood(subject, opened, lane, 4)
      expect(lane.ended.map(({ error, body }) => [error, body])).toEqual([
        [null, bodyOf(subject.protocol, given > 0 ? 2 : 3)],
        [null, bodyOf(subject.protocol, 4)],
      ])
    },
  )

  test('ends as refused where nobody listens', async () => {
    await using opened = await subject.open(await abandonedPlace(subject))
    const lane = opened.driver.lane()
    expect((await lane.run(opened.prepare(1))).error).toBe('refused')
    expect((await lane.run(opened.prepare(2))).error).toBe('refused')
  })

  test('leaves no socket and no timer behind when it is closed', async () => {
    const before = resources()
    {
      await using target = await subject.serve()
      {
        await using opened = await subject.open(target, { connections: 3 })
        const lanes = Array.from({ length: 6 }, () => opened.driver.lane())
        await Promise.all(lanes.map((lane) => lane.run(opened.prepare(1))))
        for (const lane of lanes) lane.start(opened.prepare(2))
        for (const { lane } of lanes) lane.cancel()
      }
      await until('the target sees them closed', () => target.stats().open === 0)
    }
    const limitNs = realClock.nowNs() + 2000 * ms
    while (Object.keys(leftOver(before)).length > 0 && realClock.nowNs() < limitNs) await nextTurn()
    expect(leftOver(before)).toEqual({})
  })
})

describe.each(overStreams)('$name on a way that breaks', (subject) => {
  test.each(['close', 'reset', 'garbage', 'stall'] as const)('fails by %s, wherever that is', async (kind) => {
    // A unix socket knows no reset.
    if (kind === 'reset' && subject.unix) return
    await using target = await subject.serve()
    await using path = await openFaultyPath(target)
    const answerBytes = await measureAnswer(subject, path)
    const points = kind === 'stall' ? 4 : 12
    // What is spoilt at the very end of an answer may be a part of it that means nothing.
    const lastByte = kind === 'garbage' ? answerBytes - 7 : answerBytes
    for (let point = 0; point < points; point++) {
      const fault = { kind, afterBytes: Math.floor((point / (points - 1)) * lastByte) }
      const { error, elapsedNs } = await attemptOver(subject, path, fault)
      expect(expectedClasses(subject, fault), `${kind} after ${fault.afterBytes} bytes`).toContain(error)
      if (kind !== 'stall') continue
      expect(elapsedNs).toBeGreaterThanOrEqual(stallLimitNs)
      expect(elapsedNs).toBeLessThan(stallLimitNs + 300 * ms)
    }
  })

  test('makes another connection where the peer of the last one has said nothing', async () => {
    await using target = await subject.serve()
    await using path = await openFaultyPath(target)
    // Also the time for what then goes well, handshakes included, on a busy machine.
    await using opened = await subject.open(path, { timeoutNs: 4 * stallLimitNs })
    const lane = opened.driver.lane()
    path.fault = { kind: 'stall', afterBytes: 0 }
    expect((await lane.run(opened.prepare(1))).error).toBe('timeout')
    path.fault = null
    // gRPC waits a while before it tries again.
    await until('it has recovered', async () => (await lane.run(opened.prepare(1))).error === null)
    await runGood(subject, opened, lane, 2)
    await until('the other is closed', () => path.open.size <= 1, 10_000)
  })

  test('ends every attempt once, whatever is given up and cut', async () => {
    const attempts = subject.tls || subject.unix || subject.name.includes('without') ? 1000 : 2500
    await using target = await subject.serve()
    await using path = await openFaultyPath(target)
    await using opened = await subject.open(path, { connections: 3 })
    const tally = await stress(subject, opened, { attempts, lanes: 24, seed: subject.name, path })
    const { ok, cancelled, resent, failed, live, rss } = tally
    const failures = Object.values(failed).reduce((a, b) => a + b, 0)
    expect(tally.violations).toEqual({})
    expect(ok + failures + cancelled).toBe(attempts)
    expect(ok).toBeGreaterThan(attempts / 3)
    expect(Object.keys(failed).filter((error) => !['closed', 'reset', 'tls'].includes(error))).toEqual([])
    expect(subject.tls || failed['tls'] === undefined).toBe(true)
    // Who did not succeed may have been heard all the same.
    const { requests } = target.stats()
    expect(requests).toBeGreaterThanOrEqual(ok)
    expect(requests).toBeLessThanOrEqual(attempts + resent)
    // Nobody is passed by more attempts than there are lanes, and some that are given up.
    expect(tally.mostPassed).toBeLessThan(60)
    expect((live.at(-1) as number) - (live[1] as number)).toBeLessThan(1)
    expect((rss.at(-1) as number) - (rss[1] as number)).toBeLessThan(96)
  })
})

// A record of TLS that is cut short is nothing yet.
const inClear = overStreams.filter(({ tls }) => !tls)

describe.each(inClear)('$name', (subject) => {
  test('tells nothing of what was given up in the middle of its answer, and goes on', async () => {
    await using target = await subject.serve()
    await using path = await openFaultyPath(target)
    path.fault = { kind: 'stall', afterBytes: await measureAnswer(subject, path) }
    await using opened = await subject.open(path)
    const lane = opened.driver.lane()
    lane.start(opened.prepare(1))
    await until('its answer has begun', () => lane.events.includes('firstByte'))
    path.fault = null
    lane.lane.cancel()
    // gRPC's connection is not given up with a call.
    for (const socket of path.open) socket.destroy()
    await until('it is gone', () => path.open.size === 0)
    await lane.run(opened.prepare(2))
    await runGood(subject, opened, lane, 3)
    expect(lane.ended.length).toBe(2)
  })
})

describe('udp', () => {
  const udp = subjects.find(({ protocol }) => protocol === 'udp') as Subject

  test('loses what is not answered in time', async () => {
    await using peer = await openUdpPeer(() => {})
    await using opened = await udp.open({ port: peer.port, socketPath: null }, { timeoutNs: stallLimitNs })
    const startNs = realClock.nowNs()
    expect((await opened.driver.lane().run(opened.prepare(1))).error).toBe('lost')
    expect(realClock.nowNs() - startNs).toBeGreaterThanOrEqual(stallLimitNs)
  })

  test('ends every attempt once, whatever is given up, dropped or spoilt', async () => {
    let came = 0
    await using peer = await openUdpPeer(({ bytes, answer }) => {
      came++
      if (came % 50 === 0) answer(Buffer.concat([bytes, bytes]))
      else if (came % 40 !== 0) answer()
    })
    const place = { port: peer.port, socketPath: null }
    await using opened = await udp.open(place, { connections: 3, timeoutNs: 20 * ms })
    const tally = await stress(udp, opened, { attempts: 5000, lanes: 24, seed: 'udp', path: null })
    const { ok, cancelled, failed } = tally
    expect(tally.violations).toEqual({})
    expect(ok + (failed['lost'] ?? 0) + (failed['protocol'] ?? 0) + cancelled).toBe(5000)
    expect(failed['protocol']).toBeGreaterThan(0)
    expect(came).toBe(opened.counters['udp.sent'])
    expect(opened.counters['udp.received']).toBe(ok)
    expect(opened.counters['udp.lost']).toBe(failed['lost'])
  })
})

const stallLimitNs = 30 * ms

async function attemptOver(subject: Subject, path: FaultyPath, fault: PathFault) {
  path.fault = fault
  await using opened = await subject.open(path, { timeoutNs: fault.kind === 'stall' ? stallLimitNs : 2000 * ms })
  const startNs = realClock.nowNs()
  const { error } = await opened.driver.lane().run(opened.prepare(1))
  return { error, elapsedNs: realClock.nowNs() - startNs }
}

/** Bytes of an answer on a fresh connection, handshakes included; a few less, since those with TLS differ by some. */
async function measureAnswer(subject: Subject, path: FaultyPath): Promise<number> {
  await using opened = await subject.open(path)
  await runGood(subject, opened, opened.driver.lane(), 1)
  return path.passedBytes - (subject.tls ? 20 : 1)
}

function expectedClasses({ tls, protocol, name }: Subject, { kind, afterBytes }: PathFault): ErrorClass[] {
  const handshake: ErrorClass[] = tls ? ['tls'] : []
  // node:http2 loses the error where it is a write of its own that hits the reset.
  const overHttp2 = protocol === 'grpc' || name.startsWith('http2')
  switch (kind) {
    case 'close':
      return tls && afterBytes === 0 ? ['tls'] : ['closed', ...handshake]
    case 'reset':
      return overHttp2 ? ['reset', 'closed'] : ['reset']
    case 'stall':
      return ['timeout']
    case 'garbage':
      return ['protocol', 'body', 'closed', ...handshake]
  }
}

/** The header that tells what a reply is; messages have none. */
function typeOf({ protocol }: Subject): string | null {
  if (protocol === 'grpc') return 'application/grpc+proto'
  return protocol === 'http' ? 'text/plain; charset=utf-8' : null
}

/** Where a server has been; of a unix socket the file is still there. */
async function abandonedPlace(subject: Subject): Promise<Place> {
  if (subject.protocol === 'udp') {
    await using peer = await openUdpPeer(() => {})
    return { port: peer.port, socketPath: null }
  }
  await using server = await serveSockets(() => {})
  return { port: server.port, socketPath: subject.unix ? await abandonedSocket() : null }
}

/** The file of a unix socket whose server is gone: Node takes away only the name that it was made under. */
async function abandonedSocket(): Promise<string> {
  const [path, moved] = [freshPath(), freshPath()]
  const server = createServer().listen(path)
  await once(server, 'listening')
  renameSync(path, moved)
  server.close()
  await once(server, 'close')
  return moved
}

/** Sockets, servers and timers that keep this process from ending, by their kind. */
function resources(): Readonly<Record<string, number>> {
  const names = process.getActiveResourcesInfo().filter((name) => /^(?:TCP|TLS|Pipe|UDP|Timeout)/u.test(name))
  return Object.fromEntries([...new Set(names)].map((name) => [name, names.filter((one) => one === name).length]))
}

function leftOver(before: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(resources()).filter(([name, count]) => count > (before[name] ?? 0)))
}
