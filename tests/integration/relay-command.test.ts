import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { Resolver } from 'node:dns/promises'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Toxiproxy } from 'toxiproxy-node-client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { faultTable } from '../../harness/faults/faults.ts'
import type { ArmReading } from '../../harness/faults/relay/protocol.ts'
import { realClock } from '../../harness/kernel/clock.ts'
import { serveRelay, type ServeRelayOptions } from '../../harness/pipeline/serve-relay.ts'
import { soakrig, startSoakrig } from '../support/soakrig.ts'
import { dial, serveSockets, type TestServer, until } from '../support/sockets.ts'

let server: TestServer
let udp: UdpSocket
let directory = ''

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'soakrig-relay-'))
  server = await serveSockets((socket) => {
    socket.on('data', (bytes) => socket.write(bytes)).on('end', () => socket.end())
  })
  udp = createSocket('udp4', (message, { port, address }) => udp.send(message, port, address))
  udp.bind(0, '127.0.0.1')
  await once(udp, 'listening')
})
afterAll(async () => {
  udp.close()
  await server[Symbol.asyncDispose]()
  await rm(directory, { recursive: true, force: true })
})

const listen = { host: '127.0.0.1', port: 0 }

function optionsOf(changes: Partial<ServeRelayOptions>): ServeRelayOptions {
  const nothing = { fault: undefined, preset: undefined, rules: undefined, upstream: undefined, api: undefined }
  const upstream = { host: '127.0.0.1', port: server.port }
  return { ...nothing, transport: 'tcp', listen, upstream, names: {}, log: null, seed: 1, allowedHosts: [], ...changes }
}

/** Sends some messages one after the other, each when the last was answered or has waited long enough, and ends. */
async function talk(port: number, messages = 4, waitMs = 30): Promise<void> {
  const socket: Socket | null = await dial(port).catch(() => null)
  if (!socket) return
  let size = 0
  let closed = false
  socket.on('data', (bytes: Buffer) => (size += bytes.length)).on('close', () => (closed = true))
  for (let n = 1; n <= messages && !closed; n++) {
    socket.write('request '.repeat(250))
    await until('an answer', () => size >= 2000 * n || closed, waitMs).catch(() => {})
  }
  socket.end()
  await realClock.sleep(5e6)
  socket.destroy()
}

describe('every fault fires through the relay by itself', () => {
  const streams: Readonly<Record<string, unknown>> = {
    refused: true,
    connectTimeout: true,
    partition: true,
    budget: { maxExchanges: 1 },
    hang: { probability: 1 },
    reset: { probability: 1 },
    limit: { after: '100b' },
    halfOpen: { after: '100b' },
    duplicate: { probability: 1 },
    mutation: { type: 'swapBytes' },
    rate: '10mbps',
    latency: { delay: '1ms' },
    reorder: { probability: 1, delay: '1ms' },
    loss: { probability: 0.9, tcp: { rtoMin: '1ms', maxRetries: 2 } },
    slicer: { size: '100b' },
    slowClose: { delay: '1ms' },
  }
  const datagrams: Readonly<Record<string, unknown>> = {
    partition: true,
    mtu: '100b',
    mutation: { type: 'truncate', size: '10b' },
    duplicate: { probability: 1 },
    corrupt: { probability: 1 },
    rate: '10mbps',
    latency: { delay: '1ms' },
    reorder: { probability: 1, delay: '5ms' },
    loss: { probability: 1 },
  }

  test('the lists name every fault that a relay carries out', () => {
    const names = (parts: readonly string[]): string[] =>
      Object.values(faultTable)
        .filter((fault) => parts.some((part) => part in fault))
        .map(({ keyword }) => keyword)
        .toSorted()
    expect(Object.keys(streams).toSorted()).toEqual(names(['stream', 'connection', 'listener']))
    expect(Object.keys(datagrams).toSorted()).toEqual(names(['datagram']))
  })

  async function firedOf(keyword: string, options: Partial<ServeRelayOptions>, use: (port: number) => Promise<void>) {
    await using served = await serveRelay(optionsOf(options))
    await use(served.address!.port)
    const counters = (await served.close()).counters as ArmReading
    return counters.tallies[keyword]?.fired ?? 0
  }

  test.each(Object.entries(streams))('%s on streams (F38, P1, P2)', async (keyword, settings) => {
    const use = (port: number): Promise<void> => {
      // A handshake with a deaf listener would not end.
      if (keyword === 'connectTimeout') return Promise.resolve()
      return talk(port)
    }
    expect(await firedOf(keyword, { fault: { [keyword]: settings } }, use)).toBeGreaterThan(0)
  })

  test.each(Object.entries(datagrams))('%s on datagrams (F38, P1, P2)', async (keyword, settings) => {
    const upstream = { host: '127.0.0.1', port: udp.address().port }
    const fault = { [keyword]: settings }
    const use = async (port: number): Promise<void> => {
      const client = createSocket('udp4')
      let size = 0
      client.on('message', () => size++)
      for (let n = 0; n < 4; n++) client.send(Buffer.alloc(200, n), port, '127.0.0.1')
      await until('answers', () => size >= 4, 50).catch(() => {})
      client.close()
    }
    expect(await firedOf(keyword, { transport: 'udp', upstream, fault }, use)).toBeGreaterThan(0)
  })

  test('dns on names', async () => {
    const names = { 'db.test': ['127.0.0.1'] }
    const fault = { dns: { nxdomain: 1 } }
    const use = async (port: number): Promise<void> => {
      const resolver = new Resolver({ timeout: 500, tries: 1 })
      resolver.setServers([`127.0.0.1:${port}`])
      await expect(resolver.resolve4('db.test')).rejects.toThrow('ENOTFOUND')
    }
    expect(await firedOf('dns', { transport: 'dns', upstream: undefined, names, fault }, use)).toBeGreaterThan(0)
  })
})

describe('the relay by itself', () => {
  test.each([
    ['a fault that is not valid', { fault: { latency: {} } }, 'bad-fault'],
    ['a fault that changes nothing', { fault: { reset: { probability: 0 } } }, 'bad-fault'],
    ['a fault of datagrams on streams', { fault: { mtu: '100b' } }, 'bad-fault'],
    ['a fault of streams on datagrams', { transport: 'udp', fault: { slicer: { size: '1b' } } }, 'bad-fault'],
    ['a fault of the target', { fault: { kill: {} } }, 'bad-fault'],
    ['a fault of the target among rules', { rules: [{ fault: { pause: { every: '1s', for: '1s' } } }] }, 'bad-fault'],
    ['rules that are none', { rules: { latency: 5 } }, 'bad-fault'],
    ['a preset that is none', { preset: '3q' }, 'bad-flag'],
    ['a fault beside a preset that is none', { preset: '3g', fault: 5 }, 'bad-fault'],
    ['rules beside a fault', { rules: [], fault: {} }, 'bad-flag'],
    ['no upstream', { upstream: undefined }, 'bad-flag'],
    ['a fault of nothing', { upstream: undefined, api: listen, fault: { partition: true } }, 'bad-flag'],
    ['no number for a seed', { seed: Number.NaN }, 'bad-flag'],
    ['an upstream beyond loopback', { upstream: { host: '192.0.2.1', port: 1 } }, 'host-not-allowed'],
    ['an API beyond loopback', { api: { host: '192.0.2.1', port: 1 } }, 'host-not-allowed'],
  ] as const)('refuses %s (P12)', async (_what, changes, code) => {
    await expect(serveRelay(optionsOf(changes))).rejects.toMatchObject({ code, exitCode: 104 })
  })

  test('takes rules: the strongest that matches acts, by share of connections', async () => {
    const rules = [
      { name: 'none', match: 'tcp://*:1', priority: 200, fault: { reset: { probability: 1 } } },
      { name: 'all', fault: { latency: { delay: '1ms' } } },
    ]
    await using served = await serveRelay(optionsOf({ rules }))
    await talk(served.address!.port)
    const counters = (await served.close()).counters as ArmReading
    expect(counters.rules).toMatchObject({ 'relay/none': { matched: 0 }, 'relay/all': { connections: 1, matched: 4 } })
  })

  test('replaces parts of a preset by the fault beside it', async () => {
    const fault = { uplink: { latency: { delay: '1ms' } }, latency: { delay: '1ms' }, rate: '10mbps' }
    await using served = await serveRelay(optionsOf({ preset: '3g', fault }))
    const fromNs = realClock.nowNs()
    await talk(served.address!.port, 1, 500)
    expect((realClock.nowNs() - fromNs) / 1e6).toBeLessThan(150)
    const { tallies } = (await served.close()).counters as ArmReading
    expect(tallies).toMatchObject({ latency: { fired: expect.any(Number) }, rate: { fired: expect.any(Number) } })
  })

  test('shows its own arm to the API, and tells the counters of all proxies, also of those that are gone', async () => {
    await using served = await serveRelay(optionsOf({ api: listen, fault: { latency: { delay: '1ms' } } }))
    const client = new Toxiproxy(`http://127.0.0.1:${served.api!.port}`)
    const own = await client.get('relay')
    expect(own).toMatchObject({ enabled: true, listen: `127.0.0.1:${served.address!.port}` })
    await own.addToxic({ type: 'slicer', attributes: { average_size: 100 } } as never)
    await talk(served.address!.port, 2, 5000)
    // Names are any text, also that of something which every object has.
    const other = await client.createProxy({ name: 'constructor', listen: '127.0.0.1:0', upstream: own.upstream })
    await talk(Number(other.listen.split(':')[1]), 1, 500)
    for (const enabled of [false, true]) await other.update({ enabled, listen: other.listen, upstream: other.upstream })
    await talk(Number(other.listen.split(':')[1]), 1, 500)
    await other.remove()
    expect((await served.close()).counters).toMatchObject({
      relay: { accepted: 1, tallies: { latency: { fired: 2 }, slicer: { fired: expect.any(Number) } } },
      constructor: { accepted: 2, open: 0, bytesUp: 4000 },
    })
  })
})

/** Starts the real command, and gives the port that it relays and that of its API. */
async function startRelay(...args: string[]) {
  const run = startSoakrig(['relay', ...args, '--json'])
  const said = await new Promise<string>((resolve, reject) => {
    let text = ''
    run.stderr.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (text.includes('Ctrl-C')) resolve(text)
    })
    run.nodeChildProcess.once('exit', () => reject(new Error(`it ended: ${text}`)))
  })
  const port = Number(/relaying 127\.0\.0\.1:(\d+)/u.exec(said)?.[1])
  return { run, port, api: /API at (http:\S+);/u.exec(said)?.[1] ?? '' }
}

describe('soakrig relay', () => {
  const upstream = (): string => `127.0.0.1:${server.port}`
  const fault = JSON.stringify({ latency: { delay: '1ms', jitter: '1ms' } })

  test('serves the API alone, and ends with the counters by proxy', async () => {
    const { run, api } = await startRelay('--api', '127.0.0.1:0')
    const proxy = await new Toxiproxy(api).createProxy({ name: 'db', listen: '127.0.0.1:0', upstream: upstream() })
    await talk(Number(proxy.listen.split(':')[1]), 1, 500)
    run.kill('SIGTERM')
    const { exitCode, stdout } = await run
    expect(exitCode).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ db: { accepted: 1, bytesUp: 2000, bytesDown: 2000 } })
  })

  test('records its decisions, replays them, and ends with 114 where traffic is another (F39)', async () => {
    const file = join(directory, 'decisions.jsonl')
    const use = async (messages: number, ...args: string[]) => {
      const { run, port } = await startRelay('--upstream', upstream(), '--fault', fault, ...args)
      // Each message is answered before the next, however slow the machine is: they decide one by one.
      await talk(port, messages, 5000)
      run.kill('SIGINT')
      return run
    }
    const recording = await use(4, '--log', file)
    expect(recording.exitCode).toBe(0)
    expect(recording.stderr).toMatch(/\d+ decisions recorded in/u)
    expect((await readFile(file, 'utf8')).split('\n').length).toBeGreaterThan(5)
    const longer = await use(5, '--seed', '2', '--replay', file)
    expect(longer.stderr).toMatch(/\d+ decisions replayed/u)
    expect(longer.exitCode).toBe(114)
    expect(longer.stderr).toMatch(
      /the replay left its log: connection 0 of arm "relay", slice 0, relay\/fault\/downlink\/latency/u,
    )
  })

  test('reads rules from a file, and says what is wrong with them', async () => {
    const file = join(directory, 'rules.json')
    await writeFile(file, '[{"fault":{"latency":{"delay":"fast"}}}]')
    const wrong = await soakrig(['relay', '--upstream', upstream(), '--rules', `@${file}`])
    expect(wrong.code).toBe(104)
    expect(wrong.stderr).toContain('/0/fault/latency/delay')
  })
})
