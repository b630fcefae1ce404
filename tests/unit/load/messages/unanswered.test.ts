import { describe, expect, test } from 'vitest'
import { nextTurn, realClock } from '../../../../harness/kernel/clock.ts'
import type { DriverContext } from '../../../../harness/load/driver.ts'
import { openTcpDriver } from '../../../../harness/load/tcp/driver.ts'
import { openWebSocketDriver } from '../../../../harness/load/websocket/driver.ts'
import { builtinOf } from '../../../../harness/target/builtin/builtins.ts'
import { plainKnobs } from '../../../../harness/target/builtin/knobs.ts'
import { createRng } from '../../../../harness/kernel/rng.ts'
import { openMessages } from '../../../support/message-lanes.ts'
import { serveSockets, until } from '../../../support/sockets.ts'
import { frameOf, handshakeOf } from '../../../support/websocket-peer.ts'

const framing = { kind: 'line', delimiter: '\n' } as const

const openTcp = (port: number, changes: Partial<DriverContext<'tcp'>> = {}) => {
  const connection = { framing, tls: null, maxMessageBytes: 2 ** 20 }
  return openMessages(openTcpDriver, { connection, port, ...changes })
}

const openWebSocket = (port: number, changes: Partial<DriverContext<'websocket'>> = {}) => {
  const connection = { path: '/', headers: {}, subprotocols: [], tls: null }
  return openMessages(openWebSocketDriver, { connection, port, ...changes })
}

const protocols = [
  { name: 'tcp' as const, open: (port: number, clock = realClock) => openTcp(port, { clock }) },
  { name: 'websocket' as const, open: (port: number, clock = realClock) => openWebSocket(port, { clock }) },
]

describe.each(protocols)('messages of $name that want no answer', ({ name, open }) => {
  const serve = () =>
    builtinOf(name).start({
      host: '127.0.0.1',
      port: 0,
      knobs: plainKnobs,
      tls: null,
      clock: realClock,
      rng: createRng(1),
      socketPath: null,
      framing,
    })

  test('let the event loop go round, however fast the kernel takes them', async () => {
    await using target = await serve()
    await using driver = await open(target.port)
    const lane = driver.lane()
    const request = driver.prepare({ send: 'fire', replies: 0 })
    await lane.run(request)
    const again = (): void => {
      lane.next = again
      if (lane.ended.length < 1000) lane.start(request)
    }
    lane.next = again
    lane.start(request)
    let turns = 0
    for (; lane.ended.length < 1000; turns++) await nextTurn()
    expect(turns).toBeGreaterThan(400)
  })

  test('all reach a peer that answers each of them, though the driver closes at once', async () => {
    await using target = await serve()
    {
      await using driver = await open(target.port)
      const lane = driver.lane()
      const request = driver.prepare({ send: 'x'.repeat(20_000), replies: 0 })
      for (let count = 0; count < 100; count++) await lane.run(request)
    }
    await until('all have come', () => target.stats().requests === 100)
    await until('the connection is closed', () => target.stats().open === 0)
    expect(target.stats()).toMatchObject({ requests: 100, connections: 1 })
  })

  test('end well when the peer closes as soon as it has them', async () => {
    await using server = await serveSockets((socket) => {
      let read = ''
      socket.on('data', (chunk: Buffer) => {
        const opens = name === 'websocket' && read === ''
        read += chunk.toString('latin1')
        if (opens) socket.write(handshakeOf(read))
        else socket.end()
      })
    })
    await using driver = await open(server.port)
    const lane = driver.lane()
    for (let count = 0; count < 20; count++) {
      expect(await lane.run(driver.prepare({ send: 'fire', replies: 0 }))).toMatchObject({ error: null })
      await until('it is closed', () => server.sockets.size === 0)
    }
  })

  test('keep no connection for ever after the end to a peer that never stops to talk', async () => {
    let aheadNs = 0
    await using server = await serveSockets((socket) => {
      const talk = (): void => {
        const timer = setInterval(() => socket.write(name === 'tcp' ? 'news\n' : frameOf(1, 'news')), 5)
        socket.on('close', () => clearInterval(timer)).resume()
      }
      if (name === 'tcp') return talk()
      socket.once('data', (chunk: Buffer) => {
        socket.write(handshakeOf(chunk.toString('latin1')))
        talk()
      })
    })
    {
      await using driver = await open(server.port, { ...realClock, nowNs: () => realClock.nowNs() + aheadNs })
      await driver.lane().run(driver.prepare({ send: 'fire', replies: 0 }))
    }
    await realClock.sleep(50e6)
    expect(server.sockets.size).toBe(1)
    aheadNs = 10e9
    await until('it is cut', () => server.sockets.size === 0)
  })
})
