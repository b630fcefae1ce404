import { createServer } from 'node:http2'
import type { Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { createRng } from '../../../../harness/kernel/rng.ts'
import type { DriverContext } from '../../../../harness/load/driver.ts'
import { openHttp2Driver } from '../../../../harness/load/http2/driver.ts'
import type { HttpConnection, HttpMessage } from '../../../../harness/workload/protocols/http.ts'
import { openDriver } from '../../../support/http-lanes.ts'
import {
  block,
  data,
  flags,
  frame,
  goaway,
  headers,
  maxConcurrentStreams,
  reset,
  serveFrames,
  setting,
  types,
} from '../../../support/http2-frames.ts'
import { listening, serveSockets, until } from '../../../support/sockets.ts'

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

const ok = (stream: number): Buffer => headers(stream, flags.endStream, [[':status', '200']])
const okWithBody = (stream: number): Buffer => headers(stream, 0, [[':status', '200']])

describe('a stream that is reset', () => {
  test.each([
    [0, 'reset', 'NO_ERROR'],
    [1, 'protocol', 'PROTOCOL_ERROR'],
    [2, 'reset', 'INTERNAL_ERROR'],
    [3, 'protocol', 'FLOW_CONTROL_ERROR'],
    [8, 'reset', 'CANCEL'],
    [11, 'protocol', 'ENHANCE_YOUR_CALM'],
    [13, 'protocol', 'HTTP_1_1_REQUIRED'],
  ])('with code %i before an answer ends as %s', async (code, error, name) => {
    await using server = await serveFrames((stream, socket, nth) => {
      socket.write(nth === 0 ? reset(stream, code) : ok(stream))
    })
    await using http = await open(server.port)
    const lane = http.lane()
    const ended = await lane.run(http.prepare(get))
    expect(ended).toMatchObject({ error })
    expect(ended.detail).toContain(name)
    expect((await lane.run(http.prepare(get))).error).toBe(null)
    expect(lane.events.filter((event) => event === 'connected')).toHaveLength(1)
  })

  test('with NO_ERROR in the middle of a body is no complete answer', async () => {
    await using server = await serveFrames((stream, socket) => {
      socket.write(Buffer.concat([okWithBody(stream), data(stream, 0, 'half'), reset(stream, 0)]))
    })
    await using http = await open(server.port)
    expect((await http.lane().run(http.prepare(get))).error).toBe('reset')
  })

  test('with NO_ERROR after a complete answer is answered', async () => {
    await using server = await serveFrames((stream, socket) => {
      socket.write(Buffer.concat([okWithBody(stream), data(stream, flags.endStream, 'all'), reset(stream, 0)]))
    })
    await using http = await open(server.port)
    const upload = { kind: 'generated', sizeBytes: 10_000_000, chunked: false } as const
    const request = http.prepare({ ...get, method: 'POST', body: upload }, { expect: { body: 'all' } })
    expect((await http.lane().run(request)).error).toBe(null)
  })

  test('as refused is sent once more, since nobody has looked at it', async () => {
    await using server = await serveFrames((stream, socket, nth) => {
      socket.write(nth === 0 ? reset(stream, 7) : ok(stream))
    })
    await using http = await open(server.port)
    const lane = http.lane()
    expect((await lane.run(http.prepare(get))).error).toBe(null)
    expect(lane.events).toEqual(['connected', 'resent', 'firstByte', 'ok'])
  })

  test('as refused twice ends as reset', async () => {
    await using server = await serveFrames((stream, socket) => void socket.write(reset(stream, 7)))
    await using http = await open(server.port)
    const lane = http.lane()
    expect(await lane.run(http.prepare(get))).toMatchObject({
      error: 'reset',
      detail: 'stream reset with REFUSED_STREAM',
    })
    expect(lane.events).toEqual(['connected', 'resent', 'reset'])
  })
})

describe('GOAWAY', () => {
  test('lets the streams up to the one it names finish, and the others are sent on a new connection', async () => {
    const held: Socket[] = []
    await using server = await serveFrames((stream, socket, nth) => {
      if (nth === 0) socket.write(ok(stream))
      else if (nth === 1) held.push(socket)
      else if (nth === 2) {
        socket.write(goaway(3, 0))
        setTimeout(() => held[0]?.write(ok(3)), 20)
      } else socket.write(ok(stream))
    })
    await using http = await open(server.port)
    const [one, two] = [http.lane(), http.lane()]
    const request = http.prepare(get)
    await one.run(request)
    const ends = [one.run(request), two.run(request)]
    expect((await Promise.all(ends)).map(({ error }) => error)).toEqual([null, null])
    expect(one.events).toEqual(['connected', 'firstByte', 'ok', 'firstByte', 'ok'])
    expect(two.events).toEqual(['resent', 'connected', 'firstByte', 'ok'])
  })

  test('on an idle connection is followed by a new one', async () => {
    await using server = await serveFrames(
      (stream, socket) => void socket.write(Buffer.concat([ok(stream), goaway(stream, 0)])),
    )
    await using http = await open(server.port)
    const lane = http.lane()
    for (let nth = 0; nth < 3; nth++) expect((await lane.run(http.prepare(get))).error).toBe(null)
    expect(lane.events.filter((event) => event === 'connected')).toHaveLength(3)
    await until('what was left has ended', () => server.sockets.size <= 1)
  })

  test.each([
    [11, 'ENHANCE_YOUR_CALM'],
    [1, 'PROTOCOL_ERROR'],
    [2, 'INTERNAL_ERROR'],
  ])('with code %i ends every stream it has taken as protocol', async (code, name) => {
    await using server = await serveFrames((stream, socket) => void socket.write(goaway(stream, code)))
    await using http = await open(server.port)
    const ended = await http.lane().run(http.prepare(get))
    expect(ended).toMatchObject({ error: 'protocol', detail: `GOAWAY with ${name}` })
  })

  test('with an error has streams above the one it names sent once more', async () => {
    await using server = await serveFrames(
      (stream, socket, nth) => void socket.write(nth === 0 ? goaway(0, 11) : ok(stream)),
    )
    await using http = await open(server.port)
    const lane = http.lane()
    expect((await lane.run(http.prepare(get))).error).toBe(null)
    expect(lane.events).toEqual(['connected', 'resent', 'connected', 'firstByte', 'ok'])
  })
})

describe('what is malformed ends as protocol', () => {
  const field = (name: string, value: string) => (stream: number) =>
    headers(stream, flags.endStream, [
      [':status', '200'],
      [name, value],
    ])
  test.each<[string, (stream: number) => Buffer]>([
    ['no status', (stream) => headers(stream, flags.endStream, [['a', 'b']])],
    ['a status that is no number', (stream) => headers(stream, flags.endStream, [[':status', 'abc']])],
    ['a status of two digits', (stream) => headers(stream, flags.endStream, [[':status', '20']])],
    ['two statuses', field(':status', '200')],
    ['status 101', (stream) => headers(stream, 0, [[':status', '101']])],
    ['an interim response that ends the stream', (stream) => headers(stream, flags.endStream, [[':status', '103']])],
    ['a pseudo-header of requests', field(':path', '/')],
    ['a name in upper case', field('X-A', 'b')],
    ['a header of the connection', field('connection', 'close')],
    [
      'a header block that cannot be read',
      (stream) => frame(types.headers, 5, stream, Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff])),
    ],
    ['an index that is in no table', (stream) => frame(types.headers, 5, stream, Buffer.from([0xff, 0x40]))],
    [
      'less than content-length',
      (stream) =>
        Buffer.concat([
          headers(stream, 0, [
            [':status', '200'],
            ['content-length', '5'],
          ]),
          data(stream, 1, 'four'),
        ]),
    ],
    [
      'more than content-length',
      (stream) =>
        Buffer.concat([
          headers(stream, 0, [
            [':status', '200'],
            ['content-length', '3'],
          ]),
          data(stream, 1, 'four'),
        ]),
    ],
    ['a content-length without a body', field('content-length', '5')],
    [
      'two content-lengths',
      (stream) =>
        headers(stream, 0, [
          [':status', '200'],
          ['content-length', '1'],
          ['content-length', '2'],
        ]),
    ],
    ['a body before the head', (stream) => data(stream, 1, 'x')],
    [
      'trailers that do not end the stream',
      (stream) => Buffer.concat([okWithBody(stream), headers(stream, 0, [['a', 'b']])]),
    ],
    ['a frame longer than allowed', () => frame(types.data, 0, 1, Buffer.alloc(20_000))],
    ['data on no stream', () => frame(types.data, 0, 0, Buffer.from('x'))],
    ['headers on no stream', () => frame(types.headers, 5, 0, block([[':status', '200']]))],
    ['headers on a stream that nobody opened', () => headers(99, 1, [[':status', '200']])],
    ['data on a stream that nobody opened', () => data(99, 1, 'x')],
    [
      'padding longer than the frame',
      (stream) => Buffer.concat([okWithBody(stream), frame(types.data, flags.padded, stream, Buffer.from([9, 1]))]),
    ],
    ['a continuation of nothing', (stream) => frame(types.continuation, 4, stream, block([['a', 'b']]))],
    [
      'a header block that is interrupted',
      (stream) => Buffer.concat([frame(types.headers, 0, stream, block([[':status', '200']])), data(stream, 1, 'x')]),
    ],
    ['SETTINGS of a wrong size', () => frame(types.settings, 0, 0, Buffer.alloc(5))],
    ['a window without end', () => frame(types.windowUpdate, 0, 0, Buffer.from([0x7f, 0xff, 0xff, 0xff]))],
    ['a window update of nothing', (stream) => frame(types.windowUpdate, 0, stream, Buffer.alloc(4))],
    ['a reset of a wrong size', (stream) => frame(types.reset, 0, stream, Buffer.alloc(3))],
    [
      'a push, which was forbidden',
      (stream) => frame(5, 4, stream, Buffer.concat([Buffer.from([0, 0, 0, 2]), block([[':method', 'GET']])])),
    ],
    ['an answer of HTTP/1.1', () => Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')],
  ])('%s', async (_, bytes) => {
    await using server = await serveFrames(
      (stream, socket, nth) => void socket.write(nth === 0 ? bytes(stream) : ok(stream)),
    )
    await using http = await open(server.port, {}, { timeoutNs: 1e9 })
    const lane = http.lane()
    expect(await lane.run(http.prepare(get))).toMatchObject({ error: 'protocol' })
    expect((await lane.run(http.prepare(get))).error).toBe(null)
  })

  test('but what follows a complete answer is not part of it', async () => {
    await using server = await serveFrames((stream, socket, nth) => {
      const answer = Buffer.concat([okWithBody(stream), data(stream, flags.endStream, 'x')])
      if (nth === 0) socket.write(Buffer.concat([answer, data(stream, flags.endStream, 'y')]))
      else socket.write(answer)
    })
    await using http = await open(server.port)
    const lane = http.lane()
    const request = http.prepare(get, { expect: { body: 'x' } })
    expect((await lane.run(request)).error).toBe(null)
    expect((await lane.run(request)).error).toBe(null)
  })

  test('a server that speaks HTTP/1.1 at once', async () => {
    await using server = await serveSockets((socket) => void socket.resume().write('HTTP/1.1 400 Bad Request\r\n\r\n'))
    await using http = await open(server.port, {}, { timeoutNs: 1e9 })
    expect((await http.lane().run(http.prepare(get))).error).toBe('protocol')
  })
})

test('an answer with any byte wrong ends, and as a success only when it is still the expected one', async () => {
  const rng = createRng(7)
  const count = 120
  await using server = await serveFrames((stream, socket, nth) => {
    const answer = Buffer.concat([
      headers(stream, 0, [
        [':status', '200'],
        ['x-a', 'b'],
      ]),
      data(stream, 0, 'all '),
      data(stream, 0, 'of '),
      data(stream, flags.endStream, 'it'),
    ])
    const at = nth % answer.length
    answer[at] = (answer[at] ?? 0) ^ (1 << Math.floor(rng.next() * 8))
    socket.write(answer)
  })
  await using http = await open(server.port, { streams: 1 }, { connections: count, timeoutNs: 150e6 })
  const request = http.prepare(get, { expect: { status: 200, body: 'all of it' } })
  const ends = await Promise.all(Array.from({ length: count }, () => http.lane().run(request)))
  const errors = new Set(ends.map(({ error }) => error))
  expect(
    [...errors].filter((error) => !['protocol', 'body', 'status', 'timeout', 'reset', null].includes(error)),
  ).toEqual([])
  expect(errors.size).toBeGreaterThan(2)
})

describe('a connection that ends', () => {
  test('by a close ends all its streams as closed', async () => {
    await using server = await serveFrames((_, socket, nth) => void (nth === 2 && socket.end()))
    await using http = await open(server.port, {}, { timeoutNs: 1e9 })
    const lanes = [http.lane(), http.lane(), http.lane()]
    const ends = await Promise.all(lanes.map((lane) => lane.run(http.prepare(get))))
    expect(ends.map(({ error }) => error)).toEqual(['closed', 'closed', 'closed'])
  })

  test('by a reset ends all its streams as reset', async () => {
    await using server = await serveFrames((_, socket, nth) => void (nth === 2 && socket.resetAndDestroy()))
    await using http = await open(server.port, {}, { timeoutNs: 1e9 })
    const lanes = [http.lane(), http.lane(), http.lane()]
    const ends = await Promise.all(lanes.map((lane) => lane.run(http.prepare(get))))
    expect(ends.map(({ error, detail }) => [error, detail])).toEqual(Array(3).fill(['reset', 'ECONNRESET']))
  })

  test('in the middle of a body does not pass for its end', async () => {
    await using server = await serveFrames((stream, socket) => {
      socket.write(Buffer.concat([okWithBody(stream), data(stream, 0, 'half')]))
      socket.end()
    })
    await using http = await open(server.port, {}, { timeoutNs: 1e9 })
    expect((await http.lane().run(http.prepare(get))).error).toBe('closed')
  })

  test('while idle is made again when it is needed', async () => {
    await using server = await serveFrames((stream, socket) => void socket.write(ok(stream)))
    await using http = await open(server.port)
    const lane = http.lane()
    await lane.run(http.prepare(get))
    for (const socket of server.sockets) socket.end()
    await until('the connection is gone', () => server.sockets.size === 0)
    expect((await lane.run(http.prepare(get))).error).toBe(null)
    expect(lane.events).toEqual(['connected', 'firstByte', 'ok', 'connected', 'firstByte', 'ok'])
  })

  test('before it is made ends the attempt that it was made for', async () => {
    const gone = await serveSockets(() => {})
    await gone[Symbol.asyncDispose]()
    await using http = await open(gone.port)
    const lane = http.lane()
    expect(await lane.run(http.prepare(get))).toMatchObject({ error: 'refused', detail: 'ECONNREFUSED' })
    expect((await lane.run(http.prepare(get))).error).toBe('refused')
    expect(lane.events).toEqual(['refused', 'refused'])
  })

  test('fails one attempt after the other that waits for it, each with a try of its own', async () => {
    const gone = await serveSockets(() => {})
    await gone[Symbol.asyncDispose]()
    await using http = await open(gone.port)
    const lanes = Array.from({ length: 20 }, () => http.lane())
    const ends = await Promise.all(lanes.map((lane) => lane.run(http.prepare(get))))
    expect(ends.every(({ error }) => error === 'refused')).toBe(true)
    expect(lanes.slice(1).every(({ events }) => events.join() === 'granted,refused')).toBe(true)
  })
})

describe('the deadline', () => {
  test('ends an attempt that is not answered, and tells the peer', async () => {
    const codes: number[] = []
    const server = createServer()
    server.on('stream', (stream) => {
      stream.on('error', () => {}).on('close', () => codes.push(stream.rstCode))
      if (codes.length > 0) stream.respond({ ':status': 200 }, { endStream: true })
    })
    await using listener = await listening(server)
    await using http = await open(listener.port, {}, { timeoutNs: 50e6 })
    const lane = http.lane()
    expect(await lane.run(http.prepare(get))).toMatchObject({ error: 'timeout', detail: null })
    await until('the peer was told', () => codes[0] === 8)
    expect((await lane.run(http.prepare(get))).error).toBe(null)
    expect(lane.events).toEqual(['connected', 'timeout', 'firstByte', 'ok'])
  })

  test('counts the time that a connection takes to be made, and gives that connection up', async () => {
    // Never answers the handshake of TLS.
    await using server = await serveSockets((socket) => void socket.resume())
    const tls = { ca: null, cert: null, key: null, servername: null, verify: true, sessionReuse: false }
    await using http = await open(server.port, { tls }, { timeoutNs: 50e6 })
    const lane = http.lane()
    expect((await lane.run(http.prepare(get))).error).toBe('timeout')
    expect((await lane.run(http.prepare(get))).error).toBe('timeout')
    expect(lane.events).toEqual(['timeout', 'timeout'])
  })

  test('ends attempts at a peer that never says its SETTINGS, and at one that takes no streams', async () => {
    await using silent = await serveSockets((socket) => void socket.resume())
    await using none = await serveFrames(() => {}, { settings: setting(maxConcurrentStreams, 0) })
    for (const { port } of [silent, none]) {
      await using http = await open(port, {}, { timeoutNs: 50e6 })
      const lanes = [http.lane(), http.lane()]
      const ends = await Promise.all(lanes.map((lane) => lane.run(http.prepare(get))))
      expect(ends.map(({ error }) => error)).toEqual(['timeout', 'timeout'])
    }
  })
})

describe('an attempt that is given up', () => {
  test('is told nothing of any more, whenever that is', async () => {
    await using server = await serveFrames((stream, socket) => void setTimeout(() => socket.write(ok(stream)), 10))
    await using http = await open(server.port, { streams: 1 })
    const [one, two] = [http.lane(), http.lane()]
    const request = http.prepare(get)
    one.start(request)
    two.start(request)
    two.lane.cancel() // waits for a stream
    one.lane.cancel() // waits for its connection
    expect((await two.run(request)).error).toBe(null)
    one.start(request)
    one.lane.cancel() // waits for its answer
    expect((await one.run(request)).error).toBe(null)
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(one.events).toEqual(['firstByte', 'ok'])
    expect(two.events).toEqual(['connected', 'firstByte', 'ok'])
  })
})
