import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { realClock } from '../../../../harness/kernel/clock.ts'
import { createRng } from '../../../../harness/kernel/rng.ts'
import type { DriverContext } from '../../../../harness/load/driver.ts'
import { openTcpDriver } from '../../../../harness/load/tcp/driver.ts'
import { openWebSocketDriver } from '../../../../harness/load/websocket/driver.ts'
import { plainKnobs } from '../../../../harness/target/builtin/knobs.ts'
import { startTcpTarget } from '../../../../harness/target/builtin/tcp.ts'
import { startWebSocketTarget } from '../../../../harness/target/builtin/websocket.ts'
import type { TlsSettings } from '../../../../harness/workload/tls.ts'
import { anyClient, authorityFile, knownClient, serverFiles } from '../../../support/certificate-files.ts'
import { openMessages } from '../../../support/message-lanes.ts'
import { serveSockets } from '../../../support/sockets.ts'

const framing = { kind: 'line', delimiter: '\n' } as const
const trusting: TlsSettings = {
  ca: anyClient.ca,
  cert: null,
  key: null,
  servername: null,
  verify: true,
  sessionReuse: false,
}

type Changes = Partial<Omit<DriverContext, 'connection'>>

const protocols = {
  tcp: {
    start: startTcpTarget,
    open: (port: number, tls: TlsSettings, changes: Changes = {}) =>
      openMessages(openTcpDriver, { connection: { framing, tls, maxMessageBytes: 2 ** 20 }, port, ...changes }),
  },
  websocket: {
    start: startWebSocketTarget,
    open: (port: number, tls: TlsSettings, changes: Changes = {}) =>
      openMessages(openWebSocketDriver, {
        connection: { path: '/', headers: {}, subprotocols: [], tls },
        port,
        ...changes,
      }),
  },
} as const

describe.each(['tcp', 'websocket'] as const)('%s over TLS', (name) => {
  const { start, open } = protocols[name]
  const serve = (clientCa: string | null = null) =>
    start({
      host: '127.0.0.1',
      port: 0,
      knobs: plainKnobs,
      tls: { cert: readFileSync(serverFiles.cert, 'utf8'), key: readFileSync(serverFiles.key, 'utf8'), clientCa },
      clock: realClock,
      rng: createRng(1),
    })

  test('carries messages, and the handshake is part of the connecting', async () => {
    await using server = await serve()
    await using client = await open(server.port, trusting)
    const lane = client.lane()
    const long = 'long '.repeat(40_000)
    for (const send of ['a', long, 'b']) {
      expect((await lane.run(client.prepare(send, { body: send }))).error).toBe(null)
    }
    expect(lane.events.slice(0, 3)).toEqual(['connected', 'firstByte', 'ok'])
    expect(client.counters).toMatchObject({ 'tls.handshakes': 1, 'tls.resumed': 0 })
    expect(server.stats()).toMatchObject({ requests: 3, connections: 1 })
  })

  test('counts the same bytes as without', async () => {
    await using server = await serve()
    await using client = await open(server.port, trusting)
    const plainBytes = { tcp: [6, 6], websocket: [11, 7] }[name]
    const { sent, received } = await client.lane().run(client.prepare('hello'))
    expect([sent, received]).toEqual(plainBytes)
  })

  test('fails with the class tls where the certificate is not trusted, or another host’s', async () => {
    await using server = await serve()
    await using doubting = await open(server.port, { ...trusting, ca: null })
    expect((await doubting.lane().run(doubting.prepare('x'))).error).toBe('tls')
    await using mistaken = await open(server.port, { ...trusting, servername: 'other.test' })
    expect(await mistaken.lane().run(mistaken.prepare('x'))).toMatchObject({
      error: 'tls',
      detail: 'ERR_TLS_CERT_ALTNAME_INVALID',
    })
    await using careless = await open(server.port, { ...trusting, ca: null, verify: false })
    expect((await careless.lane().run(careless.prepare('x'))).error).toBe(null)
  })

  test('shows the client’s certificate where one is demanded', async () => {
    await using server = await serve(readFileSync(authorityFile, 'utf8'))
    await using known = await open(server.port, { ...trusting, cert: knownClient.cert, key: knownClient.key })
    expect((await known.lane().run(known.prepare('x', { body: 'x' }))).error).toBe(null)
    await using unknown = await open(server.port, trusting)
    const lane = unknown.lane()
    expect((await lane.run(unknown.prepare('x'))).error).toBe('tls')
    expect(lane.events).not.toContain('ok')
  })

  test('goes on with an earlier session where that is wanted', async () => {
    await using server = await serve()
    await using client = await open(server.port, { ...trusting, sessionReuse: true }, { timeoutNs: 5e9 })
    const lane = client.lane()
    expect((await lane.run(client.prepare('x'))).error).toBe(null)
    lane.start(client.prepare('cut off'))
    lane.lane.cancel()
    expect((await lane.run(client.prepare('y', { body: 'y' }))).error).toBe(null)
    expect(client.counters).toMatchObject({ 'tls.handshakes': 2, 'tls.resumed': 1 })
  })

  test('with a peer that never answers the handshake ends with the attempt', async () => {
    await using server = await serveSockets(() => {})
    await using client = await open(server.port, trusting, { timeoutNs: 40e6 })
    const lane = client.lane()
    expect((await lane.run(client.prepare('x'))).error).toBe('timeout')
    expect(lane.events).toEqual(['timeout'])
  })

  test('with a peer that speaks no TLS fails with the class tls', async () => {
    await using server = await serveSockets((socket) => socket.write('220 welcome\r\n'))
    await using client = await open(server.port, trusting)
    expect((await client.lane().run(client.prepare('x'))).error).toBe('tls')
  })

  test('with a peer that closes during the handshake fails with the class tls', async () => {
    await using server = await serveSockets((socket) => socket.on('data', () => socket.end()))
    await using client = await open(server.port, trusting)
    expect((await client.lane().run(client.prepare('x'))).error).toBe('tls')
  })

  test('refuses certificates that are none before anything is sent', async () => {
    await expect(open(1, { ...trusting, ca: 'no PEM' })).rejects.toThrow('cannot be used')
  })
})
