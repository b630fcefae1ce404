import { request } from 'node:http'
import type { Socket } from 'node:net'
import { text as textOf } from 'node:stream/consumers'
import { Toxiproxy } from 'toxiproxy-node-client'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openRelay, type Relay } from '../../harness/faults/relay/relay.ts'
import { serveToxiproxyApi, type ToxiproxyApi } from '../../harness/faults/toxiproxy/api.ts'
import { realClock } from '../../harness/kernel/clock.ts'
import { dial, serveSockets, type TestServer, until } from '../support/sockets.ts'

const answer = Buffer.alloc(5000, 'x')

/** Answers each message with 5000 bytes; closes after the word `bye`. */
function serve(socket: Socket): void {
  socket.on('data', (bytes: Buffer) => {
    if (bytes.toString() === 'bye') socket.end('bye')
    else socket.write(answer)
  })
  socket.on('end', () => socket.end())
}

let server: TestServer
let relay: Relay
let api: ToxiproxyApi
let client: Toxiproxy
let base = ''
let upstream = ''

beforeAll(async () => {
  server = await serveSockets(serve)
  upstream = `127.0.0.1:${server.port}`
  relay = await openRelay({ arms: [], seed: 1, clock: realClock, allowedHosts: [], log: null })
  const listen = { host: '127.0.0.1', port: 0 }
  api = await serveToxiproxyApi({ listen, relay, clock: realClock, allowedHosts: [], adopted: [] })
  base = `http://127.0.0.1:${api.port}`
  client = new Toxiproxy(base)
})
afterAll(async () => {
  await api[Symbol.asyncDispose]()
  await relay[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})
beforeEach(async () => {
  for (const proxy of Object.values(await client.getAll())) await proxy.remove()
})

/** A proxy of the server, and the port that it listens on. */
async function makeProxy(name: string) {
  const proxy = await client.createProxy({ name, listen: 'localhost:0', upstream })
  return { proxy, port: Number(proxy.listen.split(':')[1]) }
}

/** Sends a word and takes what comes until there is as much, or the end; says how long that took. */
async function ask(socket: Socket, word = 'hi', wanted = answer.length) {
  const fromNs = realClock.nowNs()
  let size = 0
  let ended: string | null = null
  const take = (bytes: Buffer): void => {
    size += bytes.length
  }
  const end = (): void => {
    ended ??= 'end'
  }
  const fail = (error: NodeJS.ErrnoException): void => {
    ended = error.code ?? 'error'
  }
  socket.on('data', take).on('end', end).on('error', fail)
  socket.write(word)
  await until(`${wanted} bytes or the end, after ${size}`, () => size >= wanted || ended !== null)
  socket.off('data', take).off('end', end).off('error', fail)
  return { size, ended, tookMs: (realClock.nowNs() - fromNs) / 1e6 }
}

const toxic = (type: string, attributes: Record<string, number>, more: object = {}) =>
  ({ type, attributes, stream: 'downstream', toxicity: 1, name: '', ...more }) as never

describe('a client of Toxiproxy', () => {
  test('makes, finds, changes and removes proxies (F38)', async () => {
    const { proxy, port } = await makeProxy('db')
    expect(proxy).toMatchObject({ name: 'db', listen: `127.0.0.1:${port}`, upstream, enabled: true })
    expect(await client.get('db')).toMatchObject({ name: 'db', upstream })
    expect(Object.keys(await client.getAll())).toEqual(['db'])
    expect(JSON.parse(await client.getVersion())).toEqual({ version: '2.12.0' })
    await (await client.get('db')).remove()
    expect(await client.getAll()).toEqual({})
    await expect(client.get('db')).rejects.toThrow('404')
  })

  test('takes a proxy down, which drops its connections, and up again on the same port', async () => {
    const { proxy, port } = await makeProxy('db')
    const open = await dial(port)
    expect(await ask(open)).toMatchObject({ size: answer.length })
    const gone = new Promise((resolve) => open.once('close', resolve))
    await proxy.update({ enabled: false, listen: proxy.listen, upstream })
    await gone
    await expect(dial(port)).rejects.toThrow('ECONNREFUSED')
    await proxy.update({ enabled: true, listen: proxy.listen, upstream })
    const again = await dial(port)
    expect(await ask(again)).toMatchObject({ size: answer.length })
    again.destroy()
  })

  test('adds, finds, changes and removes toxics, which act on connections that are open', async () => {
    const { proxy, port } = await makeProxy('db')
    const socket = await dial(port)
    expect((await ask(socket)).tookMs).toBeLessThan(40)
    const added = await proxy.addToxic<{ latency: number; jitter: number }>(
      toxic('latency', { latency: 60, jitter: 0 }),
    )
    expect(added).toMatchObject({ name: 'latency_downstream', stream: 'downstream', toxicity: 1 })
    expect((await ask(socket)).tookMs).toBeGreaterThan(59)
    const found = await proxy.getToxic<{ latency: number; jitter: number }>('latency_downstream')
    await found.update({ ...found.toJson(), attributes: { latency: 120, jitter: 0 } } as never)
    expect((await ask(socket)).tookMs).toBeGreaterThan(119)
    await found.remove()
    expect((await ask(socket)).tookMs).toBeLessThan(55)
    expect(server.sockets.size).toBe(1)
    socket.destroy()
  })

  test('populates and resets', async () => {
    const proxies = await client.populate([
      { name: 'a', listen: '127.0.0.1:0', upstream },
      { name: 'b', listen: '127.0.0.1:0', upstream, enabled: false },
    ])
    expect(proxies).toMatchObject({ a: { enabled: true }, b: { enabled: false } })
    await proxies['a']!.addToxic(toxic('latency', { latency: 5000 }))
    await client.reset()
    const { b } = await client.getAll()
    expect(b).toMatchObject({ enabled: true })
    const socket = await dial(Number((await client.get('a')).listen.split(':')[1]))
    expect(await ask(socket)).toMatchObject({ size: answer.length })
    socket.destroy()
  })

  test('has both of two toxics act', async () => {
    const { proxy, port } = await makeProxy('db')
    await proxy.addToxic(toxic('latency', { latency: 40 }))
    await proxy.addToxic(toxic('latency', { latency: 40 }, { name: 'more', stream: 'upstream' }))
    const socket = await dial(port)
    expect((await ask(socket)).tookMs).toBeGreaterThan(79)
    socket.destroy()
  })

  test('has a toxic of no toxicity act on nothing', async () => {
    const { proxy, port } = await makeProxy('db')
    await proxy.addToxic(toxic('reset_peer', { timeout: 0 }, { toxicity: 0 }))
    const socket = await dial(port)
    expect(await ask(socket)).toMatchObject({ size: answer.length, ended: null })
    socket.destroy()
  })
})

describe('every toxic acts on real traffic, and is counted', () => {
  const whole = answer.length
  const rows: readonly (readonly [string, Record<string, number>, string, (socket: Socket) => Promise<void>])[] = [
    ['latency', { latency: 50, jitter: 5 }, 'latency', async (s) => expect((await ask(s)).tookMs).toBeGreaterThan(44)],
    // 5 kB at 50 kB/s.
    ['bandwidth', { rate: 50 }, 'rate', async (s) => expect((await ask(s)).tookMs).toBeGreaterThan(95)],
    ['slow_close', { delay: 60 }, 'slowClose', slowClosed],
    ['timeout', { timeout: 50 }, 'hang', async (s) => expect(await ask(s)).toMatchObject({ size: 0, ended: 'end' })],
    ['reset_peer', { timeout: 0 }, 'reset', async (s) => expect(await ask(s)).toMatchObject({ ended: 'ECONNRESET' })],
    [
      'slicer',
      { average_size: 500, size_variation: 100, delay: 1000 },
      'slicer',
      async (s) => expect(await ask(s)).toMatchObject({ size: whole, ended: null }),
    ],
    [
      'limit_data',
      { bytes: 1234 },
      'limit',
      async (s) => expect(await ask(s)).toMatchObject({ size: 1234, ended: 'end' }),
    ],
    ['packet_loss', { loss_rate: 0.3, correlation: 0.2 }, 'loss', lost],
  ]

  /** Not a byte is missing, however often something is lost. */
  async function lost(socket: Socket): Promise<void> {
    for (let n = 0; n < 20 && !relay.read(null)['p-packet_loss']!.tallies['loss']?.fired; n++)
      expect(await ask(socket)).toMatchObject({ size: whole })
  }

  async function slowClosed(socket: Socket): Promise<void> {
    const fromNs = realClock.nowNs()
    socket.write('bye')
    expect(await textOf(socket)).toBe('bye')
    expect((realClock.nowNs() - fromNs) / 1e6).toBeGreaterThan(59)
  }

  test.each(rows)('%s %o is our %s (P1, P2)', async (type, attributes, keyword, check) => {
    const { proxy, port } = await makeProxy(`p-${type}`)
    await proxy.addToxic(toxic(type, attributes))
    const socket = await dial(port)
    await check(socket)
    const { tallies, rules } = relay.read(null)[`p-${type}`]!
    expect(tallies[keyword]!.fired).toBeGreaterThan(0)
    expect(rules[`${type}_downstream/${type}`]).toMatchObject({ connections: 1 })
    socket.destroy()
  })

  test('an upstream toxic acts on the way up', async () => {
    const { proxy, port } = await makeProxy('up')
    await proxy.addToxic(toxic('limit_data', { bytes: 1 }, { stream: 'upstream' }))
    const socket = await dial(port)
    expect(await ask(socket)).toMatchObject({ ended: 'end' })
    expect(relay.read(null)['up']!.tallies['limit']!.fired).toBe(1)
    socket.destroy()
  })
})

/** A request by hand. */
async function send(method: string, path: string, body: string | Buffer = '', headers: Record<string, string> = {}) {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number | undefined; body: string }>()
  const outgoing = request({ host: '127.0.0.1', port: api.port, method, path, headers, agent: false }, (response) => {
    void textOf(response).then((text) => resolve({ status: response.statusCode, body: text }), reject)
  })
  // The server may answer, and close, before a large body is through.
  outgoing.on('error', reject).end(body)
  return promise
}

describe('the API', () => {
  test.each([
    ['GET', '/proxies/none', '', 404, { error: 'proxy not found', status: 404 }],
    ['GET', '/nothing', '', 404, { error: 'not found', status: 404 }],
    ['PUT', '/proxies', '', 405, { error: 'method not allowed', status: 405 }],
    ['POST', '/proxies', '{', 400, { error: expect.stringMatching(/^bad request body: /u), status: 400 }],
    ['POST', '/proxies', '', 400, { error: 'bad request body: found nothing, allowed: a proxy', status: 400 }],
    ['POST', '/proxies', '{"upstream":"a:1"}', 400, { error: 'missing required field: name', status: 400 }],
    ['POST', '/populate', '{}', 400, { error: expect.stringContaining('a list of proxies'), status: 400 }],
  ])('answers %s %s %s with %i', async (method, path, body, status, expected) => {
    const given = await send(method, path, body)
    expect({ ...given, body: JSON.parse(given.body) as unknown }).toEqual({ status, body: expected })
  })

  test('answers as Toxiproxy does: 201 for proxies, 200 for toxics, 204 for what is gone', async () => {
    const proxy = JSON.stringify({ name: 'a/b', listen: '127.0.0.1:0', upstream })
    const statuses = [
      await send('POST', '/proxies', proxy),
      await send('POST', '/proxies', proxy),
      await send('POST', '/proxies/a%2Fb/toxics', '{"type":"latency"}'),
      await send('POST', '/proxies/a%2Fb/toxics', '{"type":"latency"}'),
      await send('PATCH', '/proxies/a%2Fb/toxics/latency_downstream', '{"attributes":{"latency":3}}'),
      await send('GET', '/proxies/a%2Fb/toxics', ''),
      await send('DELETE', '/proxies/a%2Fb/toxics/latency_downstream'),
      await send('PATCH', '/proxies/a%2Fb', '{"enabled":false}'),
      await send('POST', '/reset'),
      await send('POST', '/populate', `[${proxy}]`),
      await send('DELETE', '/proxies/a%2Fb'),
    ].map(({ status }) => status)
    expect(statuses).toEqual([201, 409, 200, 409, 200, 200, 204, 200, 204, 201, 204])
  })

  test.each([
    ['a browser', { 'User-Agent': 'Mozilla/5.0' }],
    ['a page', { Origin: 'http://evil.test' }],
    ['a page that hides its origin', { 'Sec-Fetch-Site': 'cross-site' }],
    ['a page whose name was bound to loopback', { Host: 'evil.test' }],
  ])('is not driven by %s', async (_what, headers) => {
    expect(await send('POST', '/reset', '', headers)).toEqual({ status: 403, body: 'User agent not allowed\n' })
  })

  test('takes no body over its limit', async () => {
    const large = Buffer.alloc(2 ** 20 + 1, ' ')
    const given = await send('POST', '/proxies', large).catch((error: NodeJS.ErrnoException) => ({
      status: error.code,
    }))
    expect([413, 'EPIPE', 'ECONNRESET']).toContain(given.status)
  })

  test('ends once what it does is done, so that no proxy is opened behind its relay', async () => {
    const begun = Promise.withResolvers<void>()
    const opened = Promise.withResolvers<void>()
    const slow = {
      ports: {},
      close: () => Promise.resolve(),
      setSlice: () => {},
      setLayers: () => Promise.resolve(),
      open() {
        begun.resolve()
        return opened.promise
      },
    }
    const listen = { host: '127.0.0.1', port: 0 }
    const served = await serveToxiproxyApi({ listen, relay: slow, clock: realClock, allowedHosts: [], adopted: [] })
    const asked = fetch(`http://127.0.0.1:${served.port}/proxies`, {
      method: 'POST',
      headers: { 'User-Agent': 'test' },
      body: JSON.stringify({ name: 'slow', upstream }),
    }).catch(() => 'cut off')
    await begun.promise
    let ended = false
    const ending = served[Symbol.asyncDispose]().then(() => (ended = true))
    expect(await asked).toBe('cut off')
    await realClock.sleep(5e6)
    expect(ended).toBe(false)
    opened.resolve()
    await ending
  })

  test('is not served beyond loopback', async () => {
    const listen = { host: '192.0.2.1', port: 0 }
    await expect(
      serveToxiproxyApi({ listen, relay, clock: realClock, allowedHosts: ['192.0.2.1'], adopted: [] }),
    ).rejects.toThrow('not a loopback address')
  })
})
