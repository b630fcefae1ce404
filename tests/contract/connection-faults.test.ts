import { connect as connectTls, createServer as createTlsServer } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { everything } from '../../harness/faults/match.ts'
import { SocketPair } from '../../harness/faults/relay/socket-pair.ts'
import type { Schedule } from '../../harness/faults/schedule.ts'
import { realClock } from '../../harness/kernel/clock.ts'
import { makeAuthority } from '../support/certificates.ts'
import { echoBehind, heardBy } from '../support/echo-path.ts'
import { dial, listening, serveSockets, until } from '../support/sockets.ts'
import { layersWith, readingOf, relayTo, ruleOf, untilQuiet } from '../support/stream-arm.ts'

const flapping = (onNs: number, offNs: number): Schedule => ({
  fromNs: 0,
  forNs: Number.POSITIVE_INFINITY,
  shape: { kind: 'flapping', onNs, offNs },
})

describe('a reset', () => {
  it('reaches both sides as a real RST, before the request has passed (F30)', async () => {
    await using path = await echoBehind({ reset: { probability: 1 } })
    const { socket, heard } = await path.dialled()
    await until('the target is reached', () => path.served.length === 1)
    socket.write('request')
    await until('both are reset', () => heard.how === 'reset' && path.served[0]!.heard.how === 'reset')
    expect(path.served[0]!.heard.bytes).toBe(0)
    expect(readingOf(path.relay)).toMatchObject({
      tallies: { reset: { eligible: 1, fired: 1, bytes: 7 } },
      counters: { 'tcp.discardedBytes': 7 },
    })
    await untilQuiet(path.relay)
  })

  it('that comes later lets pass what comes before', async () => {
    await using path = await echoBehind({ reset: { probability: 1, after: '30ms' } })
    const { socket, heard } = await path.dialled()
    const fromNs = realClock.nowNs()
    socket.write('request')
    await until('the client is reset', () => heard.how === 'reset')
    expect((realClock.nowNs() - fromNs) / 1e6).toBeGreaterThanOrEqual(30)
    expect(heard.text).toBe('request')
  })

  it('of the target reaches the client as one, and of the client the target', async () => {
    await using path = await echoBehind({})
    const [first, second] = [await path.dialled(), await path.dialled()]
    await until('both are there', () => path.served.length === 2)
    path.served[0]!.socket.resetAndDestroy()
    second.socket.resetAndDestroy()
    await until('the others hear it', () => first.heard.how !== 'open' && path.served[1]!.heard.how !== 'open')
    expect([first.heard.how, path.served[1]!.heard.how]).toEqual(['reset', 'reset'])
  })
})

describe('both sockets of a connection', () => {
  it.each([0, 1, 2])('are reset at once, also %i turns after one of them has sent its FIN', async (turns) => {
    const heard: ReturnType<typeof heardBy>[] = []
    await using server = await serveSockets((socket) => heard.push(heardBy(socket)))
    const [client, upstream] = [await dial(server.port), await dial(server.port)]
    const closed = Promise.withResolvers<void>()
    const deaf = (): void => {}
    const handlers = { up: deaf, down: deaf, clientLost: deaf, unreached: deaf, closed: () => closed.resolve() }
    const pair = new SocketPair(client, upstream, handlers)
    upstream.write(Buffer.alloc(64 * 2 ** 20))
    client.end()
    for (let n = 0; n < turns; n++) await new Promise((resolve) => setImmediate(resolve))
    pair.reset()
    await closed.promise
    // Who has heard a FIN listens no more.
    await until('both hear it', () => heard.length === 2 && heard.every(({ how }) => how !== 'open'))
    expect(heard.map(({ how }) => how)).toContain('reset')
  })
})

describe('a limit', () => {
  it.each([
    ['close', 'end'],
    ['reset', 'reset'],
  ])('lets exactly so many bytes pass, then both sides hear a %s', async (action, how) => {
    await using path = await echoBehind({ downlink: { limit: { after: '1000B', action }, latency: { delay: '5ms' } } })
    const { socket, heard } = await path.dialled()
    socket.write(Buffer.alloc(5000, 'x'))
    await until('it has ended', () => heard.how === how && path.served[0]!.heard.how === how)
    expect(heard.bytes).toBe(1000)
    expect(path.served[0]!.heard.bytes).toBe(5000)
    expect(readingOf(path.relay)).toMatchObject({ bytesUp: 5000, counters: { 'tcp.discardedBytes': 4000 } })
    socket.end()
    await untilQuiet(path.relay)
  })

  it('ends a connection that the other side does not end, after a while', async () => {
    await using path = await echoBehind({ downlink: { limit: { after: '10B' } } })
    const { socket, heard } = await path.dialled()
    socket.write(Buffer.alloc(100, 'x'))
    await until('the client hears the end', () => heard.how === 'end')
    await untilQuiet(path.relay)
    expect(socket.readableEnded).toBe(true)
    socket.destroy()
  })
})

describe('a hang', () => {
  it('lets nothing pass, holds it, and lets it go on when its rule goes', async () => {
    await using path = await echoBehind({ hang: { probability: 1 } })
    const { socket, heard } = await path.dialled()
    socket.write('one')
    await realClock.sleep(20e6)
    socket.write('two')
    await until('both are held', () => readingOf(path.relay).heldBytes === 6)
    expect([heard.bytes, path.served[0]!.heard.bytes]).toEqual([0, 0])
    await path.relay.setLayers('a', [])
    await until('both come back', () => heard.text === 'onetwo')
    socket.write('three')
    await until('that too', () => heard.text === 'onetwothree')
  })

  it('ends with a FIN to both sides when its time is over', async () => {
    await using path = await echoBehind({ hang: { probability: 1, timeout: '30ms' } })
    const { socket, heard } = await path.dialled()
    const fromNs = realClock.nowNs()
    socket.write('request')
    await until('it is closed', () => heard.how === 'end' && path.served[0]!.heard.how === 'end')
    expect((realClock.nowNs() - fromNs) / 1e6).toBeGreaterThanOrEqual(30)
    expect([heard.bytes, path.served[0]!.heard.bytes]).toEqual([0, 0])
    socket.end()
  })

  it('without end is given up soon after its client has ended', async () => {
    await using path = await echoBehind({ hang: { probability: 1 } })
    const { socket } = await path.dialled()
    socket.write('request')
    await until('it is held', () => readingOf(path.relay).heldBytes === 7)
    socket.end()
    await realClock.sleep(50e6)
    expect(readingOf(path.relay).open).toBe(1)
    await until('it is given up', () => readingOf(path.relay).open === 0, 500)
    expect(readingOf(path.relay)).toMatchObject({ heldBytes: 0, counters: { 'tcp.discardedBytes': 7 } })
  })

  it('keeps the client waiting when the target is gone', async () => {
    await using path = await echoBehind({ hang: { probability: 1 } })
    const { socket, heard } = await path.dialled()
    socket.write('request')
    await until('it is held', () => readingOf(path.relay).heldBytes === 7 && path.served.length === 1)
    path.served[0]!.socket.resetAndDestroy()
    await realClock.sleep(30e6)
    expect(heard.how).toBe('open')
    await path.relay.setLayers('a', [])
    await until('now it hears', () => heard.how === 'reset')
  })

  it('holds a sender back that sends more than it may hold', async () => {
    await using path = await echoBehind({ hang: { probability: 1 } })
    const { socket } = await path.dialled()
    socket.write(Buffer.alloc(64 * 2 ** 20))
    let before = -1
    await until('it is held back', async () => {
      const { bytesUp } = readingOf(path.relay)
      const same = bytesUp === before && bytesUp > 0
      before = bytesUp
      await realClock.sleep(20e6)
      return same
    })
    expect(readingOf(path.relay).heldBytes).toBeLessThan(9 * 2 ** 20)
    socket.destroy()
  })
})

describe('a partition', () => {
  it('by turns holds what comes while it is on, on connections that were there before too (F36)', async () => {
    await using path = await echoBehind({ partition: true }, flapping(150e6, 10e9))
    path.relay.setSlice('a', 0, realClock.nowNs() + 10e9)
    const { socket, heard } = await path.dialled()
    socket.write('before;')
    await until('it passes', () => heard.text === 'before;')
    const fromNs = realClock.nowNs()
    path.relay.setSlice('a', 1, fromNs)
    socket.write('within;')
    await until('it is held', () => readingOf(path.relay).heldBytes === 7)
    await until('it goes on at the edge', () => heard.text === 'before;within;')
    expect((realClock.nowNs() - fromNs) / 1e6).toBeGreaterThanOrEqual(150)
    expect(readingOf(path.relay).tallies['partition']!.fired).toBe(1)
  })
})

describe('a half-open connection', () => {
  it('is silent after so many bytes, and the next connection has its own count (F31, P10)', async () => {
    await using path = await echoBehind({ halfOpen: { after: '10B' } })
    for (let n = 0; n < 2; n++) {
      const { socket, heard } = await path.dialled()
      socket.write('1234567')
      await until('seven pass up and three down', () => heard.bytes === 3)
      socket.write('more')
      await realClock.sleep(20e6)
      expect(heard).toMatchObject({ bytes: 3, how: 'open' })
      expect(path.served[n]!.heard).toMatchObject({ bytes: 7, how: 'open' })
      socket.destroy()
    }
    await untilQuiet(path.relay)
  })
})

describe('a budget', () => {
  it('of three exchanges lets three succeed, on each connection (F33)', async () => {
    await using path = await echoBehind({ budget: { maxExchanges: 3, action: 'reset' } })
    for (let n = 0; n < 2; n++) {
      const { socket, heard } = await path.dialled()
      for (let exchange = 1; exchange <= 3; exchange++) {
        socket.write('x')
        await until('it is answered', () => heard.bytes === exchange)
      }
      socket.write('x')
      await until('the fourth is reset', () => heard.how === 'reset')
      expect(heard.bytes).toBe(3)
    }
  })
})

describe('the ends of a stream', () => {
  it('pass each for itself, and one that is slow to close is late by its delay', async () => {
    await using path = await echoBehind({ downlink: { slowClose: { delay: '40ms' } } })
    const { socket, heard } = await path.dialled()
    const fromNs = realClock.nowNs()
    socket.end('bye')
    await until('the answer is there', () => heard.text === 'bye')
    expect(heard.how).toBe('open')
    await until('the end is', () => heard.how === 'end')
    expect((realClock.nowNs() - fromNs) / 1e6).toBeGreaterThanOrEqual(40)
    expect(readingOf(path.relay).tallies['slowClose']).toMatchObject({ fired: 1 })
    await untilQuiet(path.relay)
  })
})

describe('a rule', () => {
  it('for some requests looks at each request line, also where it comes in pieces, and passes it on whole (L8)', async () => {
    const match = { ...everything, requests: ['/checkout'] }
    await using server = await echoBehind({})
    const rule = ruleOf({ downlink: { latency: { delay: '20ms' } } }, { match })
    await server.relay.setLayers('a', layersWith(rule))
    const { socket, heard } = await server.dialled()
    const delayed = async (...parts: string[]): Promise<boolean> => {
      const whole = heard.text + parts.join('')
      const before = readingOf(server.relay).tallies['latency']!.fired
      const fromNs = realClock.nowNs()
      for (const part of parts) {
        socket.write(part)
        await realClock.sleep(2e6)
      }
      await until('it is answered', () => heard.text === whole)
      const fired = readingOf(server.relay).tallies['latency']!.fired > before
      return fired && realClock.nowNs() - fromNs >= 20e6
    }
    expect(await delayed('GET /ch', 'eckout HTT', 'P/1.1\r\nhost: x\r\n\r\n')).toBe(true)
    expect(await delayed('GET /cart HTTP/1.1\r\nhost: x\r\n\r\n')).toBe(false)
    expect(await delayed('POST /checkout/2 HTTP/1.1\r\n\r\nbody')).toBe(true)
    expect(await delayed('no HTTP')).toBe(false)
    const { rules } = readingOf(server.relay)
    expect(rules['test/all']).toMatchObject({ connections: 1, matched: 2 })
    expect(rules['test/all']!.tallies['latency']).toMatchObject({ eligible: 2, fired: 2 })
  })

  it('for a server name looks at the hello of TLS, and passes it on whole (F35)', async () => {
    const authority = await makeAuthority()
    const pair = await authority.server()
    await using tls = await listening(createTlsServer(pair).on('secureConnection', (socket) => socket.pipe(socket)))
    const rule = ruleOf({ reset: { probability: 1 } }, { match: { ...everything, snis: ['*.shop.test'] } })
    await using relay = await relayTo(tls.port, layersWith(rule))
    const echoed = (servername: string): Promise<string> =>
      new Promise((resolve) => {
        const socket = connectTls({ host: '127.0.0.1', port: relay.ports['a']!, servername, rejectUnauthorized: false })
        socket.on('secureConnect', () => socket.write('hello'))
        socket.on('data', (chunk: Buffer) => {
          resolve(chunk.toString())
          socket.destroy()
        })
        socket.on('error', () => resolve('reset'))
      })
    expect(await echoed('www.shop.test')).toBe('reset')
    expect(await echoed('shop.test')).toBe('hello')
    expect(readingOf(relay).tallies['reset']).toMatchObject({ eligible: 1, fired: 1 })
  })

  it('with a share of connections hits all exchanges of those, and none of the others', async () => {
    await using path = await echoBehind({})
    const rule = ruleOf({ downlink: { latency: { delay: '2ms' } } }, { connections: 0.5 })
    await path.relay.setLayers('a', layersWith(rule))
    const slow: boolean[] = []
    for (let n = 0; n < 12; n++) {
      const { socket, heard } = await path.dialled()
      const each: boolean[] = []
      for (let exchange = 1; exchange <= 2; exchange++) {
        const before = readingOf(path.relay).tallies['latency']!.fired
        socket.write('x')
        await until('it is answered', () => heard.bytes === exchange)
        each.push(readingOf(path.relay).tallies['latency']!.fired > before)
      }
      socket.destroy()
      expect(new Set(each).size).toBe(1)
      slow.push(each[0]!)
    }
    expect(new Set(slow)).toEqual(new Set([true, false]))
  })
})
