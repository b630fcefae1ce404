import { mkdtemp, rm } from 'node:fs/promises'
import { createSecureServer, createServer, type Http2SecureServer, type ServerHttp2Stream } from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import { beforeAll, describe, expect, test } from 'vitest'
import type { DriverContext } from '../../../../harness/load/driver.ts'
import { openHttp2Driver } from '../../../../harness/load/http2/driver.ts'
import type { HttpConnection, HttpMessage } from '../../../../harness/workload/protocols/http.ts'
import type { TlsSettings } from '../../../../harness/workload/tls.ts'
import { type CertificatePair, makeAuthority, type TestAuthority } from '../../../support/certificates.ts'
import { openDriver } from '../../../support/http-lanes.ts'
import { listening, until } from '../../../support/sockets.ts'

const plain: HttpConnection = {
  version: '2',
  tls: null,
  socketPath: null,
  pipelining: 1,
  streams: 10,
  keepAlive: true,
  cookies: false,
}

const get: HttpMessage = { method: 'GET', path: '/', headers: {}, body: { kind: 'text', text: '' } }

function open(port: number, connection: Partial<HttpConnection> = {}, more: Partial<DriverContext<'http'>> = {}) {
  return openDriver(openHttp2Driver, { ...plain, ...connection }, port, more)
}

/** A server that answers when it is told to; counts its connections and the most streams that one of them had open. */
async function serveHeld(settings: { maxConcurrentStreams?: number } = {}) {
  const server = createServer({ settings })
  const held: ServerHttp2Stream[] = []
  const seen = { sessions: 0, open: 0, mostStreams: 0 }
  server.on('session', (session) => {
    session.on('error', () => {})
    seen.sessions++
    seen.open++
    session.on('close', () => seen.open--)
    let streams = 0
    session.on('stream', (stream) => {
      seen.mostStreams = Math.max(seen.mostStreams, ++streams)
      stream.on('error', () => {}).on('close', () => streams--)
      held.push(stream)
    })
  })
  const listener = await listening(server)
  return {
    port: listener.port,
    held,
    seen,
    /** Answers all that wait, and those that come as long as it takes. */
    async release(total: number) {
      let answered = 0
      await until('all were answered', () => {
        for (const stream of held.splice(0)) {
          stream.respond({ ':status': 200 }, { endStream: true })
          answered++
        }
        return answered >= total
      })
    },
    [Symbol.asyncDispose]: () => listener[Symbol.asyncDispose](),
  }
}

describe('streams', () => {
  test.each([
    [1, 3, undefined, 3],
    [2, 3, undefined, 6],
    [2, 100, 4, 8],
    [1, 5, 100, 5],
  ])(
    'with %i connections of %i streams, and a peer that allows %s: %i in flight',
    async (connections, streams, most, total) => {
      await using server = await serveHeld(most === undefined ? {} : { maxConcurrentStreams: most })
      await using http = await open(server.port, { streams }, { connections })
      const request = http.prepare(get)
      const lanes = Array.from({ length: 20 }, () => http.lane())
      const ends = lanes.map((lane) => lane.run(request))
      await until('the streams that may be', () => server.held.length === total)
      await new Promise((resolve) => setTimeout(resolve, 20))
      expect(server.held).toHaveLength(total)
      expect(server.seen).toMatchObject({ sessions: connections, mostStreams: total / connections })
      await server.release(20)
      expect((await Promise.all(ends)).every(({ error }) => error === null)).toBe(true)
      expect(lanes.filter(({ events }) => events[0] === 'connected')).toHaveLength(connections)
      expect(lanes.filter(({ events }) => events[0] === 'granted')).toHaveLength(20 - connections)
      expect(server.seen.sessions).toBe(connections)
    },
  )

  test('wait for a place in the order in which they came', async () => {
    await using server = await serveHeld()
    await using http = await open(server.port, { streams: 1 })
    const order: number[] = []
    const lanes = Array.from({ length: 6 }, () => http.lane())
    const ends = lanes.map((lane, index) => lane.run(http.prepare(get)).then(() => order.push(index)))
    await server.release(6)
    await Promise.all(ends)
    expect(order).toEqual([0, 1, 2, 3, 4, 5])
    expect(server.seen).toMatchObject({ sessions: 1, mostStreams: 1 })
  })

  test('use one connection as long as one is enough', async () => {
    await using server = await serveHeld()
    await using http = await open(server.port, {}, { connections: 5 })
    const lanes = [http.lane(), http.lane()]
    for (let nth = 0; nth < 4; nth++) {
      const end = lanes[nth % 2]!.run(http.prepare(get))
      await server.release(1)
      await end
    }
    expect(server.seen.sessions).toBe(1)
  })
})

describe('connections', () => {
  test('that are not kept are made for each request and closed after it', async () => {
    await using server = await serveHeld()
    await using http = await open(server.port, { keepAlive: false }, { connections: 2 })
    const lanes = Array.from({ length: 6 }, () => http.lane())
    const ends = lanes.map((lane) => lane.run(http.prepare(get)))
    await until('two are open', () => server.held.length === 2)
    expect(server.seen.sessions).toBe(2)
    await server.release(6)
    await Promise.all(ends)
    expect(server.seen).toMatchObject({ sessions: 6, mostStreams: 1 })
    expect(lanes.every(({ events }) => events.includes('connected'))).toBe(true)
    await until('all are closed', () => server.seen.open === 0)
  })

  test('are all gone when the driver has closed, whatever was in flight', async () => {
    await using server = await serveHeld()
    const http = await open(server.port, {}, { connections: 3 })
    const lanes = [http.lane(), http.lane(), http.lane()]
    for (const lane of lanes) lane.start(http.prepare(get))
    await until('they are open', () => server.held.length === 3)
    for (const { lane } of lanes) lane.cancel()
    await http[Symbol.asyncDispose]()
    await until('they are closed', () => server.seen.open === 0)
    expect(http.wheel.size).toBe(0)
    expect(lanes.every(({ ended }) => ended.length === 0)).toBe(true)
  })

  test('go to a unix socket where there is one', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'soakrig-h2-'))
    const socketPath = join(directory, 'h2.sock')
    const server = createServer()
    server.on('stream', (stream) => stream.respond({ ':status': 200 }, { endStream: true }))
    try {
      await new Promise<void>((resolve) => server.listen(socketPath, resolve))
      await using http = await open(1, { socketPath })
      expect((await http.lane().run(http.prepare(get))).error).toBe(null)
    } finally {
      server.close()
      await rm(directory, { recursive: true })
    }
  })
})

describe('cookies', () => {
  test('are kept for each user, and sent with what a request names itself', async () => {
    const asked: (string | undefined)[] = []
    let users = 0
    const server = createServer()
    server.on('stream', (stream, headers) => {
      asked.push(headers.cookie)
      stream.respond({ ':status': 200, 'set-cookie': asked.length <= 2 ? [`id=${users++}`, 'a=b; Path=/other'] : [] })
      stream.end()
    })
    await using listener = await listening(server)
    await using http = await open(listener.port, { cookies: true })
    const [one, two] = [http.lane(), http.lane()]
    const request = http.prepare(get)
    await one.run(request)
    await two.run(request)
    const { sent } = await two.run(request)
    await one.run(http.prepare({ ...get, headers: { cookie: 'own=1' } }))
    expect(asked).toEqual([undefined, undefined, 'id=1', 'own=1; id=0'])
    expect(sent - (one.ended[0]?.sent ?? 0)).toBe('cookieid=1'.length)
  })
})

describe('TLS', () => {
  const trusting: TlsSettings = { ca: null, cert: null, key: null, servername: null, verify: true, sessionReuse: false }
  let authority: TestAuthority
  let pair: CertificatePair

  beforeAll(async () => {
    authority = await makeAuthority()
    pair = await authority.server()
  })

  function serveTls(options: Parameters<typeof createSecureServer>[0] = {}): Http2SecureServer {
    const server = createSecureServer({ ...pair, ...options })
    server.on('sessionError', () => {})
    server.on('stream', (stream) => stream.respond({ ':status': 200 }, { endStream: true }))
    return server
  }

  test('is used with h2 by ALPN, and its handshake is part of the connection', async () => {
    await using listener = await listening(serveTls())
    await using http = await open(listener.port, { tls: { ...trusting, ca: authority.ca } })
    const lane = http.lane()
    expect((await lane.run(http.prepare(get))).error).toBe(null)
    expect(lane.events).toEqual(['connected', 'firstByte', 'ok'])
    expect(http.counters).toMatchObject({ 'tls.handshakes': 1, 'tls.resumed': 0 })
  })

  test('goes on with an earlier session where that is wanted', async () => {
    await using listener = await listening(serveTls())
    const tls = { ...trusting, ca: authority.ca, sessionReuse: true }
    await using http = await open(listener.port, { tls, keepAlive: false })
    const lane = http.lane()
    for (let nth = 0; nth < 3; nth++) expect((await lane.run(http.prepare(get))).error).toBe(null)
    expect(http.counters).toMatchObject({ 'tls.handshakes': 3, 'tls.resumed': 2 })
  })

  test('with an authority that is not trusted ends as tls', async () => {
    await using listener = await listening(serveTls())
    await using http = await open(listener.port, { tls: trusting })
    const lane = http.lane()
    expect(await lane.run(http.prepare(get))).toMatchObject({ error: 'tls' })
    expect(lane.events).toEqual(['tls'])
  })

  test('without the client certificate that the server wants ends as tls, with it as ok', async () => {
    await using listener = await listening(serveTls({ ca: authority.ca, requestCert: true, rejectUnauthorized: true }))
    await using without = await open(listener.port, { tls: { ...trusting, ca: authority.ca } })
    expect((await without.lane().run(without.prepare(get))).error).toBe('tls')
    await until('the connection is gone', () => listener.sockets.size === 0)
    await using known = await open(listener.port, {
      tls: { ...trusting, ca: authority.ca, ...(await authority.client()) },
    })
    expect((await known.lane().run(known.prepare(get))).error).toBe(null)
  })

  test('with a server that knows no h2 ends as protocol, or as tls where it says so itself', async () => {
    const tls = { ...trusting, ca: authority.ca }
    await using mute = await listening(createTlsServer({ ...pair }, (socket) => socket.on('error', () => {})))
    await using one = await open(mute.port, { tls })
    expect(await one.lane().run(one.prepare(get))).toMatchObject({
      error: 'protocol',
      detail: expect.stringContaining('ALPN'),
    })
    const old = createTlsServer({ ...pair, ALPNProtocols: ['http/1.1'] }, (socket) => socket.on('error', () => {}))
    old.on('tlsClientError', () => {})
    await using refusing = await listening(old)
    await using two = await open(refusing.port, { tls })
    expect((await two.lane().run(two.prepare(get))).error).toBe('tls')
  })
})
