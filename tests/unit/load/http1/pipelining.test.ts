import type { Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { realClock } from '../../../../harness/kernel/clock.ts'
import { good, openHttp1, type RawRequest, serveRaw } from '../../../support/http1.ts'
import { until } from '../../../support/sockets.ts'

/** A server that answers nothing until it has so many requests on a connection; then it does with them what a test says. */
function gather(most: number, then: (socket: Socket, requests: readonly RawRequest[]) => unknown) {
  const gathered = new Map<number, RawRequest[]>()
  return serveRaw((socket, request) => {
    const waiting = gathered.get(request.connection) ?? []
    gathered.set(request.connection, waiting)
    waiting.push(request)
    if (waiting.length === most) then(socket, waiting.splice(0))
  })
}

const bodyOf = ({ head }: RawRequest) => good.replace('hi', head.slice(5, 7))

/** Lanes that each ask for a body of their own. */
async function openLanes(port: number, count: number, changes: { connections?: number; timeoutNs?: number } = {}) {
  const driver = await openHttp1(port, { pipelining: count }, changes)
  const users = Array.from({ length: count }, (_, index) => {
    const name = `${index}`.padStart(2, '0')
    return { lane: driver.lane(), request: driver.prepare({ path: `/${name}` }, { expect: { body: name } }) }
  })
  return {
    driver,
    users,
    runAll: () => Promise.all(users.map(({ lane, request }) => lane.run(request))),
    [Symbol.asyncDispose]: () => driver[Symbol.asyncDispose](),
  }
}

const errors = (ends: readonly { readonly error: unknown }[]) => ends.map(({ error }) => error)

describe('pipelined requests', () => {
  test('are in flight together on one connection, and answered in order', async () => {
    await using server = await gather(3, (socket, requests) => socket.write(requests.map(bodyOf).join('')))
    await using lanes = await openLanes(server.port, 3)
    for (let round = 0; round < 5; round++) expect(errors(await lanes.runAll())).toEqual([null, null, null])
    expect([server.connections, server.requests]).toEqual([1, 15])
    expect(lanes.users.map(({ lane }) => lane.ended.every(({ received }) => received === good.length))).toEqual([
      true,
      true,
      true,
    ])
  })

  test('are answered wherever the responses are split', async () => {
    await using server = await gather(3, async (socket, requests) => {
      for (const byte of requests.map(bodyOf).join('')) {
        socket.write(byte)
        await realClock.sleep(0)
      }
    })
    await using lanes = await openLanes(server.port, 3)
    expect(errors(await lanes.runAll())).toEqual([null, null, null])
  })

  test('spread over the connections there may be before they share one', async () => {
    await using server = await gather(2, (socket, requests) => socket.write(requests.map(bodyOf).join('')))
    await using lanes = await openLanes(server.port, 4, { connections: 2 })
    expect(errors(await lanes.runAll())).toEqual([null, null, null, null])
    expect(server.connections).toBe(2)
  })

  test('go out together when they follow from responses that came together', async () => {
    const reads: number[] = []
    await using server = await gather(4, (socket, requests) => {
      socket.on('data', () => reads.push(1))
      socket.write(requests.map(bodyOf).join(''))
    })
    await using lanes = await openLanes(server.port, 4)
    for (const { lane, request } of lanes.users) {
      lane.next = () => lane.start(request)
      lane.start(request)
    }
    await until('all have ended twice', () => lanes.users.every(({ lane }) => lane.ended.length === 2))
    expect(reads).toHaveLength(1)
  })

  test('wait in order when all connections are full', async () => {
    await using server = await serveRaw((socket, request) => socket.write(bodyOf(request)))
    await using driver = await openHttp1(server.port, { pipelining: 2 })
    const order: number[] = []
    const lanes = Array.from({ length: 6 }, () => driver.lane())
    await Promise.all(lanes.map((lane, index) => lane.run(driver.prepare()).then(() => order.push(index))))
    expect(order).toEqual([0, 1, 2, 3, 4, 5])
    expect(lanes.map(({ events }) => events[0] === 'granted')).toEqual([false, false, true, true, true, true])
  })
})

describe('a connection with requests in flight', () => {
  test('that the server ends behind a response has the others sent once more', async () => {
    await using server = await gather(3, (socket, requests) => {
      const closing = bodyOf(requests[0]!).replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n')
      socket.end(requests[0]!.connection === 1 ? closing : requests.map(bodyOf).join(''))
    })
    await using lanes = await openLanes(server.port, 3)
    const [first, ...others] = lanes.users
    first!.lane.next = () => first!.lane.start(first!.request)
    for (const { lane, request } of lanes.users) lane.start(request)
    await until('all have ended', () => lanes.users.flatMap(({ lane }) => lane.ended).length === 4)
    expect(lanes.users.flatMap(({ lane }) => errors(lane.ended))).toEqual([null, null, null, null])
    expect(others.map(({ lane }) => lane.events.includes('resent'))).toEqual([true, true])
    expect(first!.lane.events).not.toContain('resent')
    expect(server.requests).toBe(6)
  })

  test('that is reset fails the first unanswered one, and sends the others once more', async () => {
    await using server = await gather(3, (socket, requests) => {
      if (requests[0]!.connection > 1) socket.write(requests.map(bodyOf).join(''))
      else socket.write(bodyOf(requests[0]!), () => void realClock.sleep(5e6).then(() => socket.resetAndDestroy()))
    })
    await using lanes = await openLanes(server.port, 3)
    const filler = lanes.driver.lane()
    const ends = lanes.runAll()
    await until('the connection is reset', () => server.sockets.size === 0 || server.connections === 2)
    void filler.run(lanes.driver.prepare({ path: '/ff' }))
    // Two are enough: the server waits for a third, which is the filler and one more.
    void lanes.driver.lane().run(lanes.driver.prepare({ path: '/gg' }))
    expect(errors(await ends)).toEqual([null, 'reset', null])
    expect(lanes.users.map(({ lane }) => lane.events.includes('resent'))).toEqual([false, false, true])
  })

  test('that breaks twice fails those that were sent twice', async () => {
    await using server = await gather(3, (socket) => socket.resetAndDestroy())
    await using lanes = await openLanes(server.port, 3)
    const ends = lanes.runAll()
    await until('the first has failed', () => lanes.users[0]!.lane.ended.length === 1)
    void lanes.driver.lane().run(lanes.driver.prepare({ path: '/ff' }))
    expect(errors(await ends)).toEqual(['reset', 'reset', 'closed'])
  })

  test('that breaks fails those which must not be sent twice', async () => {
    await using server = await gather(3, (socket) => socket.resetAndDestroy())
    await using driver = await openHttp1(server.port, { pipelining: 3 })
    const request = driver.prepare({ method: 'POST' }, { idempotent: false })
    const ends = await Promise.all([0, 1, 2].map(() => driver.lane().run(request)))
    expect(errors(ends)).toEqual(['reset', 'closed', 'closed'])
    expect(server.requests).toBe(3)
  })

  test('that cannot be made fails all of them by what was wrong', async () => {
    const gone = await serveRaw(() => {})
    await gone[Symbol.asyncDispose]()
    await using lanes = await openLanes(gone.port, 3)
    expect(errors(await lanes.runAll())).toEqual(['refused', 'refused', 'refused'])
    expect(lanes.users.flatMap(({ lane }) => lane.events)).not.toContain('resent')
  })

  test('times out the first, and sends the others once more', async () => {
    await using server = await serveRaw((socket, request) => {
      if (request.connection > 1) socket.write(bodyOf(request))
    })
    await using lanes = await openLanes(server.port, 3, { timeoutNs: 50e6 })
    const [first, ...others] = lanes.users
    const ends = [first!.lane.run(first!.request)]
    await realClock.sleep(15e6)
    ends.push(...others.map(({ lane, request }) => lane.run(request)))
    expect(errors(await Promise.all(ends))).toEqual(['timeout', null, null])
  })

  test('goes with a cancelled one, and the others are sent once more', async () => {
    await using server = await serveRaw((socket, request) => {
      if (request.connection > 1) socket.write(bodyOf(request))
    })
    await using lanes = await openLanes(server.port, 3)
    const [first, second, third] = lanes.users
    const ends = [first!.lane.run(first!.request)]
    second!.lane.start(second!.request)
    ends.push(third!.lane.run(third!.request))
    await until('all are there', () => server.requests === 3)
    second!.lane.lane.cancel()
    expect(errors(await Promise.all(ends))).toEqual([null, null])
    expect(second!.lane.events).toEqual([])
    expect(first!.lane.events).toContain('resent')
    expect([server.connections, server.requests]).toEqual([2, 5])
  })

  test('fails one of which a part had come when another is cancelled', async () => {
    await using server = await serveRaw((socket, request) => request.request === 2 && socket.write(good.slice(0, -1)))
    await using lanes = await openLanes(server.port, 2)
    const [first, second] = lanes.users
    const end = first!.lane.run(first!.request)
    second!.lane.start(second!.request)
    await until('a part has come', () => first!.lane.events.includes('firstByte'))
    second!.lane.lane.cancel()
    expect(await end).toMatchObject({ error: 'closed', received: good.length - 1 })
  })

  test('is not made again for those which are cancelled all at once', async () => {
    await using server = await serveRaw(() => {})
    await using lanes = await openLanes(server.port, 5)
    for (const { lane, request } of lanes.users) lane.start(request)
    await until('all are there', () => server.requests === 5)
    for (const { lane } of lanes.users) lane.lane.cancel()
    await until('it is closed', () => server.sockets.size === 0)
    expect(server.connections).toBe(1)
    expect(lanes.users.flatMap(({ lane }) => lane.events)).toEqual(['connected'])
  })

  test('fails one of them as malformed, and sends those behind it once more', async () => {
    await using server = await serveRaw((socket, request) =>
      socket.write(request.connection === 1 ? (request.request === 1 ? bodyOf(request) : 'nonsense') : bodyOf(request)),
    )
    await using lanes = await openLanes(server.port, 3)
    expect(errors(await lanes.runAll())).toEqual([null, 'protocol', null])
  })

  test('fails the last one when more comes than was asked for', async () => {
    await using server = await gather(2, (socket, requests) => socket.write(`${requests.map(bodyOf).join('')}${good}`))
    await using lanes = await openLanes(server.port, 2)
    expect(errors(await lanes.runAll())).toEqual([null, 'protocol'])
  })

  test('still reads the answer that lies there when a write is refused', async () => {
    let meanwhile = (): void => {}
    await using server = await serveRaw((socket, request) => {
      socket.write(bodyOf(request))
      if (request.connection > 1) return
      socket.resetAndDestroy()
      meanwhile()
    })
    await using lanes = await openLanes(server.port, 2)
    const [first, second] = lanes.users
    // It is written before anything that has come is read.
    meanwhile = () => second!.lane.start(second!.request)
    expect(await first!.lane.run(first!.request)).toMatchObject({ error: null })
    await until('the second has ended', () => second!.lane.ended.length === 1)
    expect(second!.lane.ended[0]).toMatchObject({ error: 'reset', received: 0 })
  })
})
