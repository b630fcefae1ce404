import type { AddressInfo } from 'node:net'
import { createServer, type TlsOptions, type TLSSocket } from 'node:tls'
import { beforeAll, describe, expect, test } from 'vitest'
import { realClock } from '../../../../harness/kernel/clock.ts'
import { createTlsClient } from '../../../../harness/load/tls.ts'
import type { TlsSettings } from '../../../../harness/workload/tls.ts'
import { type CertificatePair, makeAuthority, type TestAuthority } from '../../../support/certificates.ts'
import { good, openHttp1 } from '../../../support/http1.ts'
import { serveSockets, until } from '../../../support/sockets.ts'

let authority: TestAuthority
let pair: CertificatePair
beforeAll(async () => {
  authority = await makeAuthority()
  pair = await authority.server()
})

const settings = (changes: Partial<TlsSettings> = {}): TlsSettings => ({
  ca: authority.ca,
  cert: null,
  key: null,
  servername: null,
  verify: true,
  sessionReuse: true,
  ...changes,
})

/** Answers every read with a response, over TLS. */
async function serveTls(
  options: TlsOptions = {},
  answer: (socket: TLSSocket) => unknown = (socket) => socket.write(good),
) {
  const sockets = new Set<TLSSocket>()
  const seen = {
    connections: 0,
    names: [] as (string | false | null)[],
    clients: [] as (string | undefined)[],
    alpn: [] as unknown[],
  }
  const server = createServer({ ...pair, ALPNProtocols: ['http/1.1'], ...options }, (socket) => {
    seen.connections++
    seen.names.push((socket as unknown as { servername: string | false | null }).servername)
    seen.clients.push(socket.getPeerCertificate().subject?.CN as string | undefined)
    seen.alpn.push(socket.alpnProtocol)
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    socket.on('data', () => answer(socket))
  })
  server.on('tlsClientError', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return Object.assign(seen, {
    sockets,
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  })
}

describe('a TLS connection', () => {
  test('is told of as connected when its handshake is over, and kept', async () => {
    await using server = await serveTls()
    await using driver = await openHttp1(server.port, { tls: settings() })
    const lane = driver.lane()
    const request = driver.prepare({}, { expect: { body: 'hi' } })
    expect(await lane.run(request)).toMatchObject({ error: null, received: good.length })
    expect(await lane.run(request)).toMatchObject({ error: null })
    expect(lane.events).toEqual(['connected', 'firstByte', 'ok', 'firstByte', 'ok'])
    expect(server).toMatchObject({ connections: 1, alpn: ['http/1.1'] })
    expect(driver.counters).toMatchObject({ 'tls.handshakes': 1, 'tls.resumed': 0 })
  })

  test.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'goes on with an earlier session, unless it is told not to (%s)',
    async (version) => {
      const closing = good.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n')
      await using server = await serveTls({ minVersion: version, maxVersion: version }, (socket) => socket.end(closing))
      for (const [sessionReuse, resumed] of [
        [true, 3],
        [false, 0],
      ] as const) {
        await using driver = await openHttp1(server.port, { tls: settings({ sessionReuse }) })
        const lane = driver.lane()
        for (let count = 0; count < 4; count++) expect(await lane.run(driver.prepare())).toMatchObject({ error: null })
        expect(driver.counters).toMatchObject({ 'tls.handshakes': 4, 'tls.resumed': resumed })
      }
    },
  )

  test('names the host to the server, but never an address', async () => {
    await using server = await serveTls()
    for (const host of ['localhost', '127.0.0.1']) {
      await using driver = await openHttp1(server.port, { tls: settings() }, { host })
      expect(await driver.lane().run(driver.prepare())).toMatchObject({ error: null })
    }
    expect(server.names).toEqual(['localhost', false])
  })

  test('names, and looks for in the certificate, what it was told to', async () => {
    const shop = await authority.server(['shop.test'])
    await using server = await serveTls(shop)
    await using named = await openHttp1(server.port, { tls: settings({ servername: 'shop.test' }) })
    expect(await named.lane().run(named.prepare())).toMatchObject({ error: null })
    expect(server.names).toEqual(['shop.test'])
    await using other = await openHttp1(server.port, { tls: settings() })
    expect(await other.lane().run(other.prepare())).toMatchObject({
      error: 'tls',
      detail: 'ERR_TLS_CERT_ALTNAME_INVALID',
    })
  })

  test('shows its own certificate to a server that wants one', async () => {
    const client = await authority.client('somebody')
    await using server = await serveTls({ ca: authority.ca, requestCert: true, rejectUnauthorized: true })
    await using driver = await openHttp1(server.port, { tls: settings(client) })
    expect(await driver.lane().run(driver.prepare())).toMatchObject({ error: null })
    expect(server.clients).toEqual(['somebody'])
  })

  test.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'without the certificate that a server wants fails, class tls (%s)',
    async (version) => {
      await using server = await serveTls({
        ca: authority.ca,
        requestCert: true,
        rejectUnauthorized: true,
        minVersion: version,
        maxVersion: version,
      })
      await using driver = await openHttp1(server.port, { tls: settings() })
      for (let count = 0; count < 3; count++)
        expect(await driver.lane().run(driver.prepare())).toMatchObject({
          error: 'tls',
          detail: expect.stringMatching(/^ERR_SSL_.*(CERT|ALERT)|^EPROTO: .*handshake failure/u),
        })
      expect(server.connections).toBe(0)
    },
  )

  test('carries bodies of many records whole', async () => {
    const body = 'abcdefghij'.repeat(100_000)
    const answer = `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`
    await using server = await serveTls({}, (socket) => void socket.write(answer))
    await using driver = await openHttp1(server.port, { tls: settings() })
    const lane = driver.lane()
    const request = driver.prepare({}, { expect: { body } })
    for (let count = 0; count < 3; count++)
      expect(await lane.run(request)).toMatchObject({ error: null, received: answer.length })
  })

  test('shares its read buffer with many others, and never mixes what they read', async () => {
    const size = 40_000
    let next = 0
    await using server = await serveTls({}, (socket) => {
      const letter = String.fromCharCode(65 + (next++ % 26))
      socket.write(`HTTP/1.1 200 OK\r\nX-Letter: ${letter}\r\nContent-Length: ${size}\r\n\r\n`)
      let left = size
      const piece = (): void => {
        const length = Math.min(left, 1 + Math.floor(Math.random() * 5000))
        left -= length
        socket.write(letter.repeat(length))
        if (left > 0) setImmediate(piece)
      }
      piece()
    })
    await using driver = await openHttp1(server.port, { tls: settings() }, { connections: 20 })
    const request = driver.prepare({}, { extract: [{ name: 'x', kind: 'matches', pattern: '.' }] })
    const ends = await Promise.all(Array.from({ length: 20 }, () => driver.lane().run(request)))
    for (const { body } of ends) {
      expect(body).toHaveLength(size)
      expect(new Set(body).size).toBe(1)
    }
    expect(new Set(ends.map(({ body }) => body[0])).size).toBe(20)
  })
})

describe('a TLS handshake', () => {
  test('with a server of an unknown authority fails, unless it is told to take any', async () => {
    await using server = await serveTls()
    const other = await makeAuthority('another authority')
    await using strict = await openHttp1(server.port, { tls: settings({ ca: other.ca }) })
    expect(await strict.lane().run(strict.prepare())).toMatchObject({
      error: 'tls',
      detail: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      received: 0,
    })
    expect(strict.counters['tls.handshakes']).toBe(0)
    await using lax = await openHttp1(server.port, { tls: settings({ ca: null, verify: false }) })
    expect(await lax.lane().run(lax.prepare())).toMatchObject({ error: null })
  })

  test('with an outdated certificate fails', async () => {
    const past = { notBefore: new Date('2020-01-01'), notAfter: new Date('2021-01-01') }
    await using server = await serveTls(await authority.server(['127.0.0.1'], past))
    await using driver = await openHttp1(server.port, { tls: settings() })
    expect(await driver.lane().run(driver.prepare())).toMatchObject({ error: 'tls', detail: 'CERT_HAS_EXPIRED' })
  })

  test('with a server that does not speak TLS fails', async () => {
    await using server = await serveSockets((socket) => {
      socket.on('data', () => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')).on('end', () => socket.end())
    })
    await using driver = await openHttp1(server.port, { tls: settings() })
    const lane = driver.lane()
    for (let count = 0; count < 3; count++) expect(await lane.run(driver.prepare())).toMatchObject({ error: 'tls' })
    await until('the sockets are closed', () => server.sockets.size === 0)
  })

  test('with a server that speaks another protocol only fails', async () => {
    await using server = await serveTls({ ALPNProtocols: ['h2'] })
    await using driver = await openHttp1(server.port, { tls: settings() })
    expect(await driver.lane().run(driver.prepare())).toMatchObject({
      error: 'tls',
      detail: 'EPROTO: tlsv1 alert no application protocol',
    })
  })

  test('in which the server closes fails, and is no stale connection', async () => {
    await using server = await serveSockets(
      (socket) => void socket.once('data', () => socket.end()).on('end', () => socket.end()),
    )
    await using driver = await openHttp1(server.port, { tls: settings() })
    const lane = driver.lane()
    expect(await lane.run(driver.prepare())).toMatchObject({
      error: 'tls',
      detail: expect.stringContaining('handshake'),
    })
    expect(lane.events).toEqual(['tls'])
  })

  test('in which the server resets fails as a reset', async () => {
    await using server = await serveSockets((socket) => void socket.once('data', () => socket.resetAndDestroy()))
    await using driver = await openHttp1(server.port, { tls: settings() })
    expect(await driver.lane().run(driver.prepare())).toMatchObject({ error: 'reset' })
  })

  test('that does not end is timed out', async () => {
    await using server = await serveSockets((socket) => void socket.resume().on('end', () => socket.end()))
    await using driver = await openHttp1(server.port, { tls: settings() }, { timeoutNs: 40e6 })
    const lane = driver.lane()
    expect(await lane.run(driver.prepare())).toMatchObject({ error: 'timeout' })
    expect(lane.events).toEqual(['timeout'])
    await until('the sockets are closed', () => server.sockets.size === 0)
  })

  test('that is cancelled tells nothing', async () => {
    await using server = await serveTls()
    await using driver = await openHttp1(server.port, { tls: settings() })
    const lane = driver.lane()
    lane.start(driver.prepare())
    await realClock.sleep(1e6)
    lane.lane.cancel()
    expect(await lane.run(driver.prepare())).toMatchObject({ error: null })
  })

  test('fails for all that are pipelined behind it', async () => {
    await using server = await serveTls()
    const other = await makeAuthority('another authority')
    await using driver = await openHttp1(server.port, { tls: settings({ ca: other.ca }), pipelining: 3 })
    const ends = await Promise.all([0, 1, 2].map(() => driver.lane().run(driver.prepare())))
    expect(ends.map(({ error }) => error)).toEqual(['tls', 'tls', 'tls'])
  })
})

describe('TLS settings', () => {
  const client = (changes: Partial<TlsSettings>, host = 'shop.test') =>
    createTlsClient({ settings: settings(changes), host, alpn: ['h2', 'http/1.1'], counters: {} }).options()

  test('become options: SNI for a name, none for an address', () => {
    expect(client({})).toMatchObject({
      servername: 'shop.test',
      rejectUnauthorized: true,
      ALPNProtocols: ['h2', 'http/1.1'],
    })
    expect(client({}, '127.0.0.1')).not.toHaveProperty('servername')
    expect(client({}, '::1')).not.toHaveProperty('servername')
    expect(client({ servername: 'other.test' }, '127.0.0.1')).toMatchObject({ servername: 'other.test' })
    expect(client({ verify: false })).toMatchObject({ rejectUnauthorized: false })
  })

  test('are read once for equal ones', () => {
    expect(client({}).secureContext).toBe(client({ servername: 'other.test' }).secureContext)
    expect(client({}).secureContext).not.toBe(client({ ca: null }).secureContext)
  })

  test.each([
    ['an authority', { ca: 'nonsense' }],
    ['an authority', { ca: '-----BEGIN CERTIFICATE-----\nbm9uc2Vuc2U=\n-----END CERTIFICATE-----\n' }],
    ['a certificate', { cert: 'nonsense' }],
    ['a key', { key: 'nonsense' }],
  ])('with %s that is none are refused', (_what, changes) => {
    expect(() => client(changes)).toThrow(expect.objectContaining({ code: 'tls-settings', exit: 'usage' }))
  })

  test('with a key of another certificate are refused', async () => {
    const [one, other] = [await authority.client(), await authority.client()]
    expect(() => client({ cert: one.cert, key: other.key })).toThrow(expect.objectContaining({ code: 'tls-settings' }))
  })
})
