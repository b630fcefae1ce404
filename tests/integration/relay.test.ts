import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent, createServer, request } from 'node:http'
import { describe, expect, test } from 'vitest'
import type { RelayArm, RelayCommand, RelayReply } from '../../harness/faults/relay/protocol.ts'
import { openRelay, type Relay } from '../../harness/faults/relay/relay.ts'
import { realClock } from '../../harness/kernel/clock.ts'
import { isSoakrigError } from '../../harness/kernel/errors.ts'
import { binomialBand } from '../../harness/measure/binomial.ts'
import { decodeHistogram } from '../../harness/measure/histogram.ts'
import { forkEntry } from '../support/forked.ts'
import { dial, listening, serveSockets, until } from '../support/sockets.ts'
import { armTo, layersWith, type RawFaults, ruleOf } from '../support/stream-arm.ts'

function armOf(port: number, faults: RawFaults = {}, changes: Partial<RelayArm> = {}): RelayArm {
  return armTo(port, layersWith(ruleOf(faults)), changes)
}

function relayOf(...arms: RelayArm[]): Promise<Relay> {
  return openRelay({ arms, seed: 1, clock: realClock, allowedHosts: [] })
}

/** An HTTP server that counts what reaches it. */
async function countingServer() {
  const seen = { requests: 0 }
  const http = createServer((_request, response) => {
    seen.requests++
    response.end('hi')
  })
  const server = await listening(http)
  return { seen, port: server.port, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}

/** One GET; true when it was answered. */
function get(port: number, agent: Agent): Promise<boolean> {
  return new Promise((resolve) => {
    request({ host: '127.0.0.1', port, agent }, (response) => {
      response.resume().once('end', () => resolve(true))
    })
      .once('error', () => resolve(false))
      .end()
  })
}

describe('a relay', () => {
  test('adds the delay it was asked for, and says how late it was', async () => {
    await using server = await countingServer()
    await using relay = await relayOf(armOf(server.port, { latency: { delay: '20ms' } }))
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const tookMs: number[] = []
    for (let i = 0; i < 15; i++) {
      const fromNs = realClock.nowNs()
      expect(await get(relay.ports['a']!, agent)).toBe(true)
      tookMs.push((realClock.nowNs() - fromNs) / 1e6)
    }
    agent.destroy()
    const { delays, tallies } = relay.read('a')['a']!
    expect(Math.min(...tookMs)).toBeGreaterThanOrEqual(20)
    expect(tookMs.toSorted((a, b) => a - b)[7]).toBeLessThan(30)
    expect(tallies['latency']).toMatchObject({ eligible: 15, fired: 15 })
    expect(decodeHistogram(delays!.added).summary().min).toBeGreaterThanOrEqual(20)
    expect(decodeHistogram(delays!.asked).summary()).toMatchObject({ count: 15, min: 20, p50: expect.closeTo(20, 1) })
    expect(decodeHistogram(delays!.error).summary().p50).toBeLessThan(5)
    expect(decodeHistogram(relay.read('a')['a']!.delays!.added).count).toBe(0)
  })

  test('resets exchanges before they reach the target: its requests are the attempts less what was reset', async () => {
    await using server = await countingServer()
    await using relay = await relayOf(armOf(server.port, { reset: { probability: '20%' } }))
    const agent = new Agent({ keepAlive: true, maxSockets: 2 })
    const answers = await Promise.all(Array.from({ length: 400 }, () => get(relay.ports['a']!, agent)))
    agent.destroy()
    const { tallies } = relay.read(null)['a']!
    const { eligible, fired } = tallies['reset']!
    const [lo, hi] = binomialBand(400, 0.2, 1e-6)
    expect(eligible).toBe(400)
    expect(fired / 400).toBeGreaterThan(lo)
    expect(fired / 400).toBeLessThan(hi)
    expect(server.seen.requests).toBe(400 - fired)
    expect(answers.filter(Boolean)).toHaveLength(400 - fired)
  })

  test('decides about resets the same of the n-th connection, whatever runs beside it', async () => {
    await using server = await countingServer()
    const faults = { reset: { probability: '50%' } }
    const pattern = async (beside: boolean): Promise<boolean[]> => {
      await using relay = await relayOf(armOf(server.port, faults, { arm: 'b' }), armOf(server.port, faults))
      const answers: boolean[] = []
      for (let n = 0; n < 24; n++) {
        const agent = new Agent()
        if (beside) void get(relay.ports['b']!, agent)
        answers.push(await get(relay.ports['a']!, agent))
      }
      return answers
    }
    const alone = await pattern(false)
    expect(new Set(alone)).toEqual(new Set([true, false]))
    expect(await pattern(true)).toEqual(alone)
  })

  test('counts targets that refuse, also when the client has already spoken', async () => {
    const gone = await serveSockets(() => {})
    await gone[Symbol.asyncDispose]()
    await using relay = await relayOf(armOf(gone.port))
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => get(relay.ports['a']!, new Agent())))
    expect(outcomes).not.toContain(true)
    await until('all are closed', () => relay.read(null)['a']!.open === 0)
    expect(relay.read(null)['a']).toMatchObject({ accepted: 20, upstreamFailures: 20 })
  })

  test('gives up a connection to the target that is still being made', async () => {
    // A server that listens and never accepts: its backlog is full after two connections.
    const code = `require('net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, function () {
      require('fs').writeSync(1, String(this.address().port))
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20000)
    })`
    const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
    try {
      const [port] = (await once(child.stdout, 'data')) as [Buffer]
      const fillers = await Promise.all([1, 2].map(() => dial(Number(port.toString()))))
      await using relay = await relayOf(armOf(Number(port.toString())))
      const client = await dial(relay.ports['a']!)
      client.write('hello')
      await until('the relay dials', () => relay.read(null)['a']!.bytesUp === 5)
      client.resetAndDestroy()
      await until('it has given up', () => relay.read(null)['a']!.open === 0, 500)
      expect(relay.read(null)['a']).toMatchObject({ accepted: 1, heldBytes: 0 })
      for (const filler of fillers) filler.destroy()
    } finally {
      child.kill('SIGKILL')
    }
  })

  test('holds a fast sender back when the receiver is slow', async () => {
    const total = 64 * 2 ** 20
    await using server = await serveSockets((socket) => socket.end(Buffer.alloc(total)))
    await using relay = await relayOf(armOf(server.port, { rate: '800mbps' }), armOf(server.port, {}, { arm: 'plain' }))
    for (const arm of ['a', 'plain']) {
      const client = await dial(relay.ports[arm]!)
      await until('the sender is held back', async () => {
        const before = relay.read(null)[arm]!.bytesDown
        await realClock.sleep(50e6)
        return before > 0 && relay.read(null)[arm]!.bytesDown === before
      })
      expect(relay.read(null)[arm]!.bytesDown).toBeLessThan(total / 2)
      client.destroy()
    }
    await until('all are closed', () =>
      Object.values(relay.read(null)).every(({ open, heldBytes }) => open + heldBytes === 0),
    )
  })

  test('opens and closes arms while it serves', async () => {
    await using server = await serveSockets((socket) => socket.pipe(socket))
    await using relay = await relayOf(armOf(server.port))
    const port = await relay.open(armOf(server.port, {}, { arm: 'b' }))
    expect(relay.ports).toEqual({ a: relay.ports['a'], b: port })
    const client = await dial(port)
    const closed = new Promise((resolve) => client.once('close', resolve))
    await expect(relay.open(armOf(server.port))).rejects.toMatchObject({ code: 'arm-taken' })
    await expect(relay.open(armOf(1, {}, { arm: 'c', listen: { host: '127.0.0.1', port } }))).rejects.toMatchObject({
      code: 'port-taken',
    })
    await relay.close('b')
    await closed
    expect(Object.keys(relay.read(null))).toEqual(['a'])
    await expect(dial(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    await expect(relay.setLayers('b', [])).rejects.toMatchObject({ code: 'arm-unknown' })
    expect(await relay.open(armOf(server.port, {}, { arm: 'b', listen: { host: '127.0.0.1', port } }))).toBe(port)
  })

  test('keeps its arms apart', async () => {
    await using server = await countingServer()
    await using relay = await relayOf(
      armOf(server.port, { latency: { delay: '1ms' } }),
      armOf(server.port, {}, { arm: 'b' }),
    )
    await get(relay.ports['b']!, new Agent())
    expect(relay.read(null)['a']).toMatchObject({ accepted: 0, bytesUp: 0, bytesDown: 0 })
    expect(relay.read(null)['b']).toMatchObject({ accepted: 1, tallies: {}, counters: {} })
  })

  test.each([
    [
      'a port that is taken',
      'port-taken',
      'environment',
      (taken: number) => armOf(1, {}, { listen: { host: '127.0.0.1', port: taken } }),
    ],
    [
      'an upstream beyond loopback',
      'host-not-allowed',
      'usage',
      () => armOf(1, {}, { upstream: { host: '192.0.2.1', port: 1 } }),
    ],
    [
      'an upstream without an address',
      'host-unknown',
      'environment',
      () => armOf(1, {}, { upstream: { host: 'nowhere.invalid', port: 1 } }),
    ],
  ])('refuses %s', async (_what, code, exit, arm) => {
    await using server = await serveSockets(() => {})
    const fine = armOf(server.port, {}, { arm: 'fine' })
    const error = await relayOf(fine, arm(server.port)).catch((reason: unknown) => reason)
    expect(isSoakrigError(error) && { code: error.code, exit: error.exit }).toEqual({ code, exit })
  })
})

describe("the relay's process", () => {
  const open = (port: number): RelayCommand => ({
    kind: 'open',
    id: 1,
    seed: 1,
    arms: [armOf(port, { latency: { delay: '1ms' } })],
    allowedHosts: [],
    log: null,
  })

  test('opens arms, names slices, reads counters, and ends within a second of losing its channel', async () => {
    await using server = await countingServer()
    await using relay = forkEntry<RelayCommand, RelayReply>('faults/relay')
    relay.send(open(server.port))
    const { ports } = await relay.reply('opened', 1)
    relay.send({ kind: 'slice', id: 2, arm: 'a', slice: 3, originNs: 0 })
    await relay.reply('done', 2)
    expect(await get(ports['a']!, new Agent())).toBe(true)
    relay.send({ kind: 'layers', id: 5, arm: 'a', layers: [] })
    await relay.reply('done', 5)
    relay.send({ kind: 'read', id: 3, takeDelaysOf: 'a' })
    const { reading } = await relay.reply('reading', 3)
    expect(reading.arms['a']).toMatchObject({ accepted: 1, upstreamFailures: 0 })
    expect(decodeHistogram(reading.arms['a']!.delays!.added).count).toBeGreaterThan(0)
    expect(reading.eventLoopDelayP99Ms).toBeGreaterThanOrEqual(0)
    // A connection that waits must not keep it.
    const client = await dial(ports['a']!)
    const { afterMs, code } = await relay.loseChannel()
    expect(afterMs).toBeLessThan(1000)
    expect(code).toBe(0)
    client.destroy()
  })

  test('leaves terminal signals to the conductor', async () => {
    await using server = await countingServer()
    await using relay = forkEntry<RelayCommand, RelayReply>('faults/relay')
    relay.send(open(server.port))
    const { ports } = await relay.reply('opened', 1)
    for (const signal of ['SIGINT', 'SIGTERM'] as const) relay.child.kill(signal)
    expect(await get(ports['a']!, new Agent())).toBe(true)
    expect((await relay.loseChannel()).code).toBe(0)
  })

  test('says why it cannot go on', async () => {
    await using relay = forkEntry<RelayCommand, RelayReply>('faults/relay')
    const arms = [armOf(1, {}, { upstream: { host: '192.0.2.1', port: 1 } })]
    relay.send({ kind: 'open', id: 1, seed: 1, arms, allowedHosts: [], log: null })
    expect(await relay.reply('failed')).toMatchObject({
      code: 'host-not-allowed',
      message: expect.stringContaining('192.0.2.1'),
    })
  })
})
