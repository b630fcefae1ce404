import { describe, expect, test } from 'vitest'
import { realClock } from '../../../../harness/kernel/clock.ts'
import { good, openHttp1, serveRaw } from '../../../support/http1.ts'
import { until } from '../../../support/sockets.ts'

const later = (ns: number, callback: () => void) => void realClock.sleep(ns).then(callback)

describe('an attempt', () => {
  test('is told of its connection, its first byte and its end', async () => {
    await using server = await serveRaw((socket) => socket.write(good))
    await using driver = await openHttp1(server.port)
    const lane = driver.lane()
    const request = driver.prepare()
    expect(await lane.run(request)).toEqual({
      error: null,
      status: 0,
      detail: null,
      sent: request.bytes.length,
      received: good.length,
      body: '',
    })
    await lane.run(request)
    expect(lane.events).toEqual(['connected', 'firstByte', 'ok', 'firstByte', 'ok'])
  })

  test('fails by its status, which is told', async () => {
    await using server = await serveRaw((socket) => socket.write(good.replace('200 OK', '404 Not Found')))
    await using driver = await openHttp1(server.port)
    const lane = driver.lane()
    expect(await lane.run(driver.prepare())).toMatchObject({ error: 'status', status: 404, detail: 'status 404' })
    expect(await lane.run(driver.prepare({}, { expect: { status: 404 } }))).toMatchObject({ error: null })
    expect(await lane.run(driver.prepare({}, { expect: { status: 200 } }))).toMatchObject({ error: 'status' })
  })

  test.each([
    [200, null],
    [399, null],
    [400, 'status'],
    [500, 'status'],
  ])('that expects no status in particular takes 200 to 399: %i', async (status, error) => {
    await using server = await serveRaw((socket) => socket.write(good.replace('200', `${status}`)))
    await using driver = await openHttp1(server.port)
    expect(await driver.lane().run(driver.prepare())).toMatchObject({ error })
  })

  test('fails by a body other than the expected one', async () => {
    await using server = await serveRaw((socket) => socket.write(good))
    await using driver = await openHttp1(server.port)
    const lane = driver.lane()
    expect(await lane.run(driver.prepare({}, { expect: { body: 'hi' } }))).toMatchObject({ error: null })
    expect(await lane.run(driver.prepare({}, { expect: { body: 'ho' } }))).toMatchObject({ error: 'body' })
  })

  test('fails by a check, and says which', async () => {
    await using server = await serveRaw((socket) => socket.write(good.replace('\r\n\r\n', '\r\nX-Kind: tea\r\n\r\n')))
    await using driver = await openHttp1(server.port)
    const lane = driver.lane()
    const run = (checks: Parameters<typeof driver.prepare>[1]) => lane.run(driver.prepare({}, checks))
    const header = (equals: string) => ({ expect: { checks: [{ kind: 'header', name: 'X-Kind', equals }] as const } })
    expect(await run(header('tea'))).toMatchObject({ error: null })
    expect(await run(header('coffee'))).toMatchObject({ error: 'check', detail: expect.stringContaining('coffee') })
    const text = { expect: { checks: [{ kind: 'body-contains', text: 'hi' }] as const } }
    expect(await run(text)).toMatchObject({ error: null, body: 'hi' })
    const fast = { expect: { checks: [{ kind: 'time', maxNs: 1 }] as const } }
    expect(await run(fast)).toMatchObject({ error: 'check' })
  })

  test('keeps what extractions need', async () => {
    await using server = await serveRaw((socket) => socket.write(good))
    await using driver = await openHttp1(server.port)
    const extract = [{ name: 'x', kind: 'matches', pattern: 'h.' }] as const
    expect(await driver.lane().run(driver.prepare({}, { extract }))).toMatchObject({ body: 'hi' })
  })

  test('counts the bytes of a response that did not come whole', async () => {
    await using server = await serveRaw((socket) => socket.end(good.slice(0, -1)))
    await using driver = await openHttp1(server.port)
    const ended = await driver.lane().run(driver.prepare())
    expect(ended).toMatchObject({ error: 'closed', received: good.length - 1 })
  })

  test('shows nothing of an earlier response when it has none of its own', async () => {
    await using server = await serveRaw((socket, { request }) =>
      request === 1 ? socket.write(good) : socket.resetAndDestroy(),
    )
    await using driver = await openHttp1(server.port)
    const lane = driver.lane()
    const request = driver.prepare({}, { expect: { checks: [{ kind: 'body-contains', text: 'hi' }] } })
    expect(await lane.run(request)).toMatchObject({ error: null, body: 'hi' })
    expect(await lane.run(request)).toMatchObject({ error: 'reset', received: 0, body: '' })
    expect(lane.lane.reply).toMatchObject({ status: 0, sizeBytes: 0 })
  })
})

describe('lanes that share a connection', () => {
  test('wait in order, and are told when they have it', async () => {
    await using server = await serveRaw((socket) => later(2e6, () => socket.write(good)))
    await using driver = await openHttp1(server.port)
    const order: number[] = []
    const request = driver.prepare()
    const lanes = [0, 1, 2].map(() => driver.lane())
    await Promise.all(lanes.map((lane, index) => lane.run(request).then(() => order.push(index))))
    expect(order).toEqual([0, 1, 2])
    expect(lanes.map(({ events }) => events[0])).toEqual(['connected', 'granted', 'granted'])
    expect(server.connections).toBe(1)
  })

  test('give it back before they tell of their end: the next attempt finds it free', async () => {
    await using server = await serveRaw((socket) => socket.write(good))
    await using driver = await openHttp1(server.port)
    const lane = driver.lane()
    const request = driver.prepare()
    lane.next = () => lane.start(request)
    lane.start(request)
    await until('both have ended', () => lane.ended.length === 2)
    expect(lane.events).toEqual(['connected', 'firstByte', 'ok', 'firstByte', 'ok'])
    expect(server.connections).toBe(1)
  })

  test('take turns: who waits has it before who had it last', async () => {
    await using server = await serveRaw((socket) => socket.write(good))
    await using driver = await openHttp1(server.port)
    const [first, second] = [driver.lane(), driver.lane()]
    const request = driver.prepare()
    const order: string[] = []
    second.next = () => order.push('second')
    first.next = () => {
      order.push('first')
      first.start(request)
      first.next = () => order.push('first again')
    }
    first.start(request)
    second.start(request)
    await until('all have ended', () => order.length === 3)
    expect(order).toEqual(['first', 'second', 'first again'])
    expect(first.events).toEqual(['connected', 'firstByte', 'ok', 'granted', 'firstByte', 'ok'])
  })

  test('see their own reply, though the connection is at work for another already', async () => {
    await using server = await serveRaw((socket, { head }) => socket.write(good.replace('hi', head.slice(5, 7))))
    await using driver = await openHttp1(server.port)
    const lanes = ['aa', 'bb', 'cc'].map((name) => {
      const extract = [{ name: 'x', kind: 'matches', pattern: '..' }] as const
      return { lane: driver.lane(), name, request: driver.prepare({ path: `/${name}` }, { extract }) }
    })
    for (let round = 0; round < 20; round++) {
      const ends = await Promise.all(lanes.map(({ lane, request }) => lane.run(request)))
      expect(ends.map(({ body }) => body)).toEqual(['aa', 'bb', 'cc'])
    }
    expect(server.connections).toBe(1)
  })
})

describe('cancelling', () => {
  test('in flight closes the connection, tells nothing, and the next attempt has a new one', async () => {
    await using server = await serveRaw((socket, { connection }) => connection === 2 && socket.write(good))
    await using driver = await openHttp1(server.port)
    const lane = driver.lane()
    void lane.run(driver.prepare())
    await until('it is there', () => server.requests === 1)
    lane.lane.cancel()
    expect(lane.lane.sentBytes).toBeGreaterThan(0)
    await until('it is gone', () => server.sockets.size === 0)
    expect(await lane.run(driver.prepare())).toMatchObject({ error: null })
    expect(lane.events).toEqual(['connected', 'connected', 'firstByte', 'ok'])
  })

  test('in the middle of a response says what had come', async () => {
    await using server = await serveRaw((socket) => socket.write(good.slice(0, -1)))
    await using driver = await openHttp1(server.port)
    const lane = driver.lane()
    void lane.run(driver.prepare())
    await until('bytes have come', () => lane.events.includes('firstByte'))
    lane.lane.cancel()
    expect(lane.lane.receivedBytes).toBe(good.length - 1)
  })

  test('while connecting makes no connection', async () => {
    await using server = await serveRaw((socket) => socket.write(good))
    await using driver = await openHttp1(server.port)
    const lane = driver.lane()
    lane.start(driver.prepare())
    lane.lane.cancel()
    await realClock.sleep(20e6)
    expect([server.connections, lane.events]).toEqual([0, []])
  })

  test('while it waits for a connection leaves the queue', async () => {
    await using server = await serveRaw((socket) => later(5e6, () => socket.write(good)))
    await using driver = await openHttp1(server.port)
    const [first, second, third] = [driver.lane(), driver.lane(), driver.lane()]
    const request = driver.prepare()
    const ends = [first.run(request)]
    second.start(request)
    ends.push(third.run(request))
    second.lane.cancel()
    await Promise.all(ends)
    expect(second.events).toEqual([])
    expect(server.requests).toBe(2)
  })

  test('gives the connection to who waits', async () => {
    await using server = await serveRaw((socket, { connection }) => connection === 2 && socket.write(good))
    await using driver = await openHttp1(server.port)
    const [first, second] = [driver.lane(), driver.lane()]
    first.start(driver.prepare())
    const end = second.run(driver.prepare())
    await until('it is there', () => server.requests === 1)
    first.lane.cancel()
    expect(await end).toMatchObject({ error: null })
    expect(second.events).toEqual(['granted', 'connected', 'firstByte', 'ok'])
  })

  test('without an attempt does nothing', async () => {
    await using server = await serveRaw((socket) => socket.write(good))
    await using driver = await openHttp1(server.port)
    const lane = driver.lane()
    lane.lane.cancel()
    await lane.run(driver.prepare())
    lane.lane.cancel()
    lane.lane.cancel()
    await lane.run(driver.prepare())
    expect(server.connections).toBe(1)
  })

  test('another lane from within an end is safe', async () => {
    await using server = await serveRaw((socket, { head }) => head.includes('/slow') || socket.write(good))
    await using driver = await openHttp1(server.port, {}, { connections: 2 })
    const [fast, slow] = [driver.lane(), driver.lane()]
    slow.start(driver.prepare({ path: '/slow' }))
    await until('the slow one is there', () => server.requests === 1)
    fast.next = () => slow.lane.cancel()
    await fast.run(driver.prepare())
    await fast.run(driver.prepare())
    expect(slow.events).toEqual(['connected'])
  })
})
