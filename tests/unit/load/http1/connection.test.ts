import type { Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { realClock } from '../../../../harness/kernel/clock.ts'
import { good, openHttp1, serveRaw } from '../../../support/http1.ts'
import { serveSockets, until } from '../../../support/sockets.ts'

const closing = good.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n')

describe('a connection', () => {
  test('is kept from one request to the next', async () => {
    await using server = await serveRaw((socket) => socket.write(good))
    await using driver = await openHttp1(server.port)
    const lane = driver.lane()
    for (let count = 0; count < 20; count++) expect(await lane.run(driver.prepare())).toMatchObject({ error: null })
    expect([server.requests, server.connections]).toEqual([20, 1])
  })

  test.each([
    ['by Connection: close', closing],
    ['by HTTP/1.0, with a body until the close', 'HTTP/1.0 200 OK\r\n\r\nhi'],
    ['by HTTP/1.1, with a body until the close', 'HTTP/1.1 200 OK\r\n\r\nhi'],
  ])('that the server ends %s is made again, and nothing fails', async (_how, answer) => {
    await using server = await serveRaw((socket) => socket.end(answer))
    await using driver = await openHttp1(server.port)
    const lane = driver.lane()
    const request = driver.prepare({}, { expect: { body: 'hi' } })
    for (let count = 0; count < 5; count++) expect(await lane.run(request)).toMatchObject({ error: null })
    expect(server.connections).toBe(5)
    expect(lane.events).not.toContain('resent')
  })

  test('that the server announces to end, and does not, is left to it; a few of them', async () => {
    await using server = await serveRaw((socket) => socket.write(closing))
    await using driver = await openHttp1(server.port)
    const lane = driver.lane()
    for (let count = 0; count < 12; count++) expect(await lane.run(driver.prepare())).toMatchObject({ error: null })
    await until('the older ones are closed', () => server.sockets.size === 4)
    expect(server.connections).toBe(12)
  })

  test('closed while idle is made again, without a word', async () => {
    await using server = await serveRaw((socket, { request }) => (request === 1 ? socket.end(good) : socket.end()))
    await using driver = await openHttp1(server.port)
    const lane = driver.lane()
    await lane.run(driver.prepare())
    await until('it is closed', () => server.sockets.size === 0)
    await lane.run(driver.prepare())
    expect(lane.events).toEqual(['connected', 'firstByte', 'ok', 'connected', 'firstByte', 'ok'])
  })

  test('on which the server speaks out of turn is dropped, and nothing fails', async () => {
    await using server = await serveRaw((socket) => {
      socket.write(good)
      void realClock.sleep(5e6).then(() => socket.write(good))
    })
    await using driver = await openHttp1(server.port)
    const lane = driver.lane()
    await lane.run(driver.prepare())
    await until('it is dropped', () => server.sockets.size === 0)
    expect(await lane.run(driver.prepare())).toMatchObject({ error: null })
    expect(server.connections).toBe(2)
  })

  test('without keep-alive is made for each request, and says so (P13)', async () => {
    const heads: string[] = []
    await using server = await serveRaw((socket, { head }) => {
      heads.push(head)
      socket.end(closing)
    })
    await using driver = await openHttp1(server.port, { keepAlive: false })
    const lane = driver.lane()
    for (let count = 0; count < 5; count++) expect(await lane.run(driver.prepare())).toMatchObject({ error: null })
    expect(server.connections).toBe(5)
    expect(heads.every((head) => head.includes('\r\nConnection: close\r\n'))).toBe(true)
    await until('all are closed', () => server.sockets.size === 0)
  })

  test('without keep-alive is not used again, whatever the server says', async () => {
    await using server = await serveRaw((socket) => socket.write(good))
    await using driver = await openHttp1(server.port, { keepAlive: false })
    const lane = driver.lane()
    for (let count = 0; count < 10; count++) expect(await lane.run(driver.prepare())).toMatchObject({ error: null })
    expect(server.connections).toBe(10)
    await until('the older ones are closed', () => server.sockets.size <= 4)
  })
})

describe('a connection that is closed under a request', () => {
  const answerFirst = (then: (socket: Socket) => void) =>
    serveRaw((socket, { request }) => (request === 1 ? socket.write(good) : then(socket)))

  test('has it sent once more, when it had served one', async () => {
    await using server = await answerFirst((socket) => socket.end())
    await using driver = await openHttp1(server.port)
    const lane = driver.lane()
    const request = driver.prepare()
    await lane.run(request)
    expect(await lane.run(request)).toMatchObject({ error: null, sent: 2 * request.bytes.length })
    expect(lane.events.slice(3)).toEqual(['resent', 'connected', 'firstByte', 'ok'])
    expect(server.requests).toBe(3)
  })

  test('fails it when sending it twice is not the same as once', async () => {
    await using server = await answerFirst((socket) => socket.end())
    await using driver = await openHttp1(server.port)
    const lane = driver.lane()
    await lane.run(driver.prepare())
    expect(await lane.run(driver.prepare({}, { idempotent: false }))).toMatchObject({ error: 'closed' })
    expect(server.requests).toBe(2)
  })

  test('fails it when it was sent twice already', async () => {
    await using server = await serveRaw((socket, { request, connection }) =>
      request === 1 && connection === 1 ? socket.write(good) : socket.end(),
    )
    await using driver = await openHttp1(server.port)
    const lane = driver.lane()
    await lane.run(driver.prepare())
    expect(await lane.run(driver.prepare())).toMatchObject({ error: 'closed' })
    expect(server.requests).toBe(3)
  })

  test('fails it when it had served nothing', async () => {
    await using server = await serveRaw((socket) => socket.end())
    await using driver = await openHttp1(server.port)
    const lane = driver.lane()
    expect(await lane.run(driver.prepare())).toMatchObject({ error: 'closed' })
    expect(lane.events).toEqual(['connected', 'closed'])
  })

  test('fails it when a part of the response had come', async () => {
    await using server = await answerFirst((socket) => socket.end(good.slice(0, 20)))
    await using driver = await openHttp1(server.port)
    const lane = driver.lane()
    await lane.run(driver.prepare())
    expect(await lane.run(driver.prepare())).toMatchObject({ error: 'closed', received: 20 })
  })

  test('by a reset fails it, whatever it had served', async () => {
    await using server = await answerFirst((socket) => socket.resetAndDestroy())
    await using driver = await openHttp1(server.port)
    const lane = driver.lane()
    await lane.run(driver.prepare())
    expect(await lane.run(driver.prepare())).toMatchObject({ error: 'reset', detail: 'ECONNRESET' })
    expect(server.requests).toBe(2)
  })
})

describe('a server', () => {
  test.each([
    ['answers with nonsense', 'HTTP/1.1 200 OK\n\n'],
    ['speaks another protocol', '220 mail.test ESMTP'],
    ['answers more than it said', `${good}!`],
    ['switches protocols unasked', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n'],
  ])('that %s fails the attempt, class protocol, and loses the connection', async (_what, answer) => {
    await using server = await serveRaw((socket) => socket.write(answer))
    await using driver = await openHttp1(server.port)
    const ended = await driver.lane().run(driver.prepare())
    expect(ended).toMatchObject({
      error: 'protocol',
      detail: expect.stringMatching(/\w/u),
      received: expect.any(Number),
    })
    expect(ended.received).toBeGreaterThan(0)
    await until('it is dropped', () => server.sockets.size === 0)
  })

  test('that sends interim responses first is waited for', async () => {
    await using server = await serveRaw((socket) => socket.write(`HTTP/1.1 103 Early Hints\r\n\r\n${good}`))
    await using driver = await openHttp1(server.port)
    expect(await driver.lane().run(driver.prepare({}, { expect: { status: 200, body: 'hi' } }))).toMatchObject({
      error: null,
    })
  })

  test('that is not there refuses, and the lane can go on at once', async () => {
    const gone = await serveRaw(() => {})
    await gone[Symbol.asyncDispose]()
    await using driver = await openHttp1(gone.port)
    const lane = driver.lane()
    const request = driver.prepare()
    lane.next = () => lane.start(request)
    lane.start(request)
    await until('both have ended', () => lane.ended.length === 2)
    expect(lane.ended[0]).toMatchObject({ error: 'refused', detail: 'ECONNREFUSED', received: 0 })
    expect(lane.events).toEqual(['refused', 'refused'])
  })

  test('that answers a HEAD sends no body', async () => {
    await using server = await serveRaw((socket) => socket.write(good.slice(0, -2)))
    await using driver = await openHttp1(server.port)
    const lane = driver.lane()
    for (let count = 0; count < 3; count++)
      expect(await lane.run(driver.prepare({ method: 'HEAD' }))).toMatchObject({ error: null })
    expect(server.connections).toBe(1)
  })
})

describe('the limit of an attempt', () => {
  const elapsedMs = async (work: Promise<unknown>): Promise<number> => {
    const fromNs = realClock.nowNs()
    await work
    return (realClock.nowNs() - fromNs) / 1e6
  }

  test('ends one without an answer, not before its time and hardly after it', async () => {
    await using server = await serveRaw(() => {})
    await using driver = await openHttp1(server.port, {}, { timeoutNs: 40e6 })
    const lane = driver.lane()
    for (let count = 0; count < 3; count++) {
      const tookMs = await elapsedMs(lane.run(driver.prepare()))
      expect(tookMs).toBeGreaterThanOrEqual(40)
      expect(tookMs).toBeLessThan(90)
    }
    expect(lane.ended.map(({ error }) => error)).toEqual(['timeout', 'timeout', 'timeout'])
    await until('the sockets are closed', () => server.sockets.size === 0)
  })

  test('counts from the start of each attempt, not of the one that the timer was set for', async () => {
    await using server = await serveRaw(
      (socket, { request }) => request < 5 && setTimeout(() => socket.write(good), 12),
    )
    await using driver = await openHttp1(server.port, {}, { timeoutNs: 40e6 })
    const lane = driver.lane()
    for (let count = 1; count < 5; count++) await lane.run(driver.prepare())
    const tookMs = await elapsedMs(lane.run(driver.prepare()))
    expect(lane.ended.at(-1)).toMatchObject({ error: 'timeout' })
    expect(tookMs).toBeGreaterThanOrEqual(40)
    expect(tookMs).toBeLessThan(90)
  })

  test('ends a response that does not, and says what came of it', async () => {
    await using server = await serveRaw((socket) => socket.write(good.slice(0, -1)))
    await using driver = await openHttp1(server.port, {}, { timeoutNs: 30e6 })
    expect(await driver.lane().run(driver.prepare())).toMatchObject({ error: 'timeout', received: good.length - 1 })
  })

  test('leaves no timer behind that wakes for an idle connection', async () => {
    await using server = await serveRaw((socket) => socket.write(good))
    await using driver = await openHttp1(server.port, {}, { timeoutNs: 30e6 })
    const lane = driver.lane()
    await lane.run(driver.prepare())
    expect(driver.wheel.size).toBe(1)
    await until('it has looked', () => driver.wheel.size === 0)
    expect(await lane.run(driver.prepare())).toMatchObject({ error: null })
  })

  test('begins when a connection was had', async () => {
    await using server = await serveRaw((socket) => void setTimeout(() => socket.write(good), 60))
    await using driver = await openHttp1(server.port, {}, { timeoutNs: 180e6 })
    const request = driver.prepare()
    const ends = await Promise.all([0, 1, 2, 3].map(() => driver.lane().run(request)))
    expect(ends.map(({ error }) => error)).toEqual([null, null, null, null])
  })
})

describe('many connections', () => {
  test('read into one buffer and never mix what they read', async () => {
    // Each answers with its own letter, in pieces that interleave with those of all others.
    const size = 20_000
    await using server = await serveSockets((socket) => {
      socket.on('data', (chunk: Buffer) => {
        const letter = /GET \/(.)/u.exec(chunk.toString('latin1'))![1]!
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`)
        let left = size
        const piece = (): void => {
          const length = Math.min(left, 1 + Math.floor(Math.random() * 3000))
          left -= length
          socket.write(letter.repeat(length))
          if (left > 0) setImmediate(piece)
        }
        piece()
      })
      socket.on('end', () => socket.end())
    })
    await using driver = await openHttp1(server.port, {}, { connections: 50 })
    const lanes = Array.from({ length: 50 }, (_, index) => {
      const letter = String.fromCharCode(65 + index)
      return {
        lane: driver.lane(),
        request: driver.prepare({ path: `/${letter}` }, { expect: { body: letter.repeat(size) } }),
      }
    })
    for (let round = 0; round < 3; round++) {
      const ends = await Promise.all(lanes.map(({ lane, request }) => lane.run(request)))
      expect(ends.filter(({ error }) => error !== null)).toEqual([])
    }
    expect(server.sockets.size).toBe(50)
  })

  test('are closed with their driver', async () => {
    await using server = await serveRaw((socket) => socket.write(good))
    {
      await using driver = await openHttp1(server.port, {}, { connections: 5 })
      await Promise.all(Array.from({ length: 5 }, () => driver.lane().run(driver.prepare())))
      expect(server.sockets.size).toBe(5)
    }
    await until('all are closed', () => server.sockets.size === 0)
  })
})
