import { describe, expect, it } from 'vitest'
import { everything } from '../../harness/faults/match.ts'
import { realClock } from '../../harness/kernel/clock.ts'
import { echoBehind, heardBy } from '../support/echo-path.ts'
import { dial, serveSockets, until } from '../support/sockets.ts'
import { layersWith, readingOf, relayTo, ruleOf, untilQuiet } from '../support/stream-arm.ts'

const latency = { downlink: { latency: { delay: '1ms' } } }
const byRequest = { match: { ...everything, requests: ['/checkout'] } }
const byName = { match: { ...everything, snis: ['www.shop.test'] } }

describe('first bytes that may be the start of a request', () => {
  it('go on when nothing follows for a while, since their sender may wait for an answer', async () => {
    await using path = await echoBehind({})
    await path.relay.setLayers('a', layersWith(ruleOf(latency, byRequest)))
    const { socket, heard } = await path.dialled()
    const fromNs = realClock.nowNs()
    socket.write('QUIT')
    await until('they are held back', () => readingOf(path.relay).heldBytes === 4)
    await until('they are answered', () => heard.text === 'QUIT')
    expect((realClock.nowNs() - fromNs) / 1e6).toBeGreaterThanOrEqual(1000)
    expect(readingOf(path.relay)).toMatchObject({ heldBytes: 0, tallies: { latency: { fired: 0 } } })
    socket.destroy()
    await untilQuiet(path.relay)
  })

  it('go on when the rule that asks for the rest goes', async () => {
    await using path = await echoBehind({})
    await path.relay.setLayers('a', layersWith(ruleOf(latency, byRequest)))
    const { socket, heard } = await path.dialled()
    socket.write('GET /check')
    await until('they are held back', () => readingOf(path.relay).heldBytes === 10)
    await path.relay.setLayers('a', layersWith(ruleOf(latency)))
    await until('they are answered', () => heard.text === 'GET /check', 500)
    expect(readingOf(path.relay).tallies['latency']).toMatchObject({ fired: 1 })
  })

  it('are waited for to the end, however little a stage lets wait', async () => {
    await using path = await echoBehind({})
    const small = { uplink: { rate: { limit: '1gbps', queue: '100B' } } }
    await path.relay.setLayers('a', layersWith(ruleOf(latency, byRequest)))
    const { socket, heard } = await path.dialled()
    const request = `GET /checkout HTTP/1.1\r\n\r\n`
    await path.relay.setLayers('a', [
      ...layersWith(ruleOf(latency, byRequest)),
      { name: 'link', rules: [ruleOf(small)] },
    ])
    socket.write(request)
    await until('the first is answered', () => heard.text === request)
    const [long, rest] = [`GET /checkout?${'x'.repeat(500)}`, ' HTTP/1.1\r\n\r\n']
    socket.write(long)
    await until('it is held back', () => readingOf(path.relay).heldBytes === long.length)
    socket.write(rest)
    await until('it is answered', () => heard.text === request + long + rest, 500)
    expect(readingOf(path.relay).tallies['latency']).toMatchObject({ fired: 2 })
  })

  it('go on before the answer of a server that does not wait for a hello of TLS', async () => {
    await using server = await serveSockets((socket) => {
      socket.on('data', (chunk: Buffer) => socket.write(chunk))
      setTimeout(() => socket.write('hi;'), 30)
    })
    await using relay = await relayTo(server.port, layersWith(ruleOf(latency, byName)))
    const socket = await dial(relay.ports['a']!)
    const heard = heardBy(socket)
    socket.write(Buffer.from([22, 3]))
    await until('both are there', () => heard.bytes === 5, 500)
    expect(heard.text).toBe('hi;\x16\x03')
    socket.destroy()
  })
})

describe('a hang beside a link of little room', () => {
  it('notices that its client is gone, also when that has sent more than there is room for', async () => {
    await using path = await echoBehind({
      hang: { probability: 1 },
      uplink: { rate: { limit: '1mbps', queue: '1kB' } },
    })
    const { socket } = await path.dialled()
    socket.write(Buffer.alloc(100_000))
    await until('all is held', () => readingOf(path.relay).heldBytes === 100_000)
    socket.destroy()
    await untilQuiet(path.relay)
    expect(readingOf(path.relay).counters['tcp.discardedBytes']).toBe(100_000)
  })
})
