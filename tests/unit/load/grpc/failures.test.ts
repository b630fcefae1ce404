import type { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { realClock } from '../../../../harness/kernel/clock.ts'
import { createRng } from '../../../../harness/kernel/rng.ts'
import type { DriverContext } from '../../../../harness/load/driver.ts'
import { openGrpcDriver } from '../../../../harness/load/grpc/driver.ts'
import { startGrpcTarget } from '../../../../harness/target/builtin/grpc.ts'
import { plainKnobs } from '../../../../harness/target/builtin/knobs.ts'
import { openDriver } from '../../../support/http-lanes.ts'
import { data, flags, frame, goaway, headers, reset, serveFrames, types } from '../../../support/http2-frames.ts'
import { serveSockets, until } from '../../../support/sockets.ts'

const proto = fileURLToPath(new URL('../../../../profiles/echo.proto', import.meta.url))

function open(port: number, more: Partial<DriverContext<'grpc'>> = {}) {
  return openDriver(openGrpcDriver, { proto, includeDirs: [], tls: null }, port, more)
}

const unary = { method: 'soakrig.Echo/Unary', messages: [{ text: 'hi' }], metadata: {} }
const streaming = { ...unary, method: 'soakrig.Echo/ServerStream' }

const head = (stream: number): Buffer =>
  headers(stream, 0, [
    [':status', '200'],
    ['content-type', 'application/grpc'],
  ])
const trailers = (stream: number, code: number): Buffer =>
  headers(stream, flags.endStream, [['grpc-status', `${code}`]])
/** A message of these bytes, with its prefix. */
const message = (stream: number, hex: string, length = hex.length / 2): Buffer =>
  frame(types.data, 0, stream, Buffer.concat([Buffer.from([0, 0, 0, 0, length]), Buffer.from(hex, 'hex')]))
/** `{ text: 'hi' }` */
const hi = '0a026869'
const good = (stream: number): Buffer => Buffer.concat([head(stream), message(stream, hi), trailers(stream, 0)])

type Answer = (stream: number, socket: Socket, nth: number) => void

async function runAgainst(answer: Answer, request = unary, more: Partial<DriverContext<'grpc'>> = {}) {
  await using server = await serveFrames(answer)
  await using grpc = await open(server.port, more)
  const lane = grpc.lane()
  const { error, status, detail } = await lane.run(grpc.prepare(request))
  return { error, status, detail, events: lane.events.join() }
}

describe('a stream that is reset', () => {
  test.each([
    [1, 'protocol', 'PROTOCOL_ERROR'],
    [2, 'reset', 'INTERNAL_ERROR'],
    [8, 'reset', 'CANCEL'],
    [11, 'protocol', 'ENHANCE_YOUR_CALM'],
    [12, 'protocol', 'INADEQUATE_SECURITY'],
  ])('with code %i ends as %s', async (code, error, name) => {
    const ended = await runAgainst((stream, socket) => void socket.write(reset(stream, code)))
    expect(ended).toMatchObject({ error, detail: `stream reset with ${name}` })
  })

  test('as refused is sent once more, and no more', async () => {
    const once = await runAgainst(
      (stream, socket, nth) => void socket.write(nth === 0 ? reset(stream, 7) : good(stream)),
    )
    expect(once).toMatchObject({ error: null, events: 'connected,resent,firstByte,ok' })
    const twice = await runAgainst((stream, socket) => void socket.write(reset(stream, 7)))
    expect(twice).toMatchObject({ error: 'reset', detail: 'stream reset with REFUSED_STREAM' })
  })

  test('by a GOAWAY that leaves it out is sent once more on a new connection', async () => {
    const ended = await runAgainst((stream, socket, nth) => void socket.write(nth === 0 ? goaway(0, 0) : good(stream)))
    expect(ended).toMatchObject({ error: null, events: 'connected,resent,connected,firstByte,ok' })
  })

  test('by a GOAWAY that says what is wrong ends as protocol', async () => {
    const ended = await runAgainst((stream, socket) => void socket.write(goaway(stream, 11)))
    expect(ended.error).toBe('protocol')
  })
})

describe('what is malformed ends as protocol', () => {
  test.each<[string, (stream: number) => Buffer]>([
    [
      'no grpc-status',
      (stream) => Buffer.concat([head(stream), message(stream, hi), data(stream, flags.endStream, '')]),
    ],
    [
      'a grpc-status that is no number',
      (stream) =>
        headers(stream, flags.endStream, [
          [':status', '200'],
          ['grpc-status', 'ok'],
        ]),
    ],
    ['no message', (stream) => Buffer.concat([head(stream), trailers(stream, 0)])],
    [
      'a message that is cut short by the end',
      (stream) => Buffer.concat([head(stream), message(stream, hi, 20), trailers(stream, 0)]),
    ],
    [
      'two messages',
      (stream) => Buffer.concat([head(stream), message(stream, hi), message(stream, hi), trailers(stream, 0)]),
    ],
    [
      'a text that is longer than its message',
      (stream) => Buffer.concat([head(stream), message(stream, '0a056869'), trailers(stream, 0)]),
    ],
    [
      'a number without an end',
      (stream) => Buffer.concat([head(stream), message(stream, '18ff'), trailers(stream, 0)]),
    ],
    ['a field of no type', (stream) => Buffer.concat([head(stream), message(stream, '0f'), trailers(stream, 0)])],
    [
      'a group that does not end',
      (stream) => Buffer.concat([head(stream), message(stream, '2b'), trailers(stream, 0)]),
    ],
    ['a frame on no stream', () => data(0, 0, 'x')],
    ['headers that cannot be read', (stream) => frame(types.headers, 5, stream, Buffer.from([0xff, 0x40]))],
    [
      'a name in upper case',
      (stream) =>
        headers(stream, flags.endStream, [
          [':status', '200'],
          ['X-A', 'b'],
        ]),
    ],
  ])('%s', async (_, bytes) => {
    const ended = await runAgainst((stream, socket) => void socket.write(bytes(stream)), unary, { timeoutNs: 1e9 })
    expect(ended.error).toBe('protocol')
  })

  test('one message of many that cannot be read', async () => {
    const ended = await runAgainst(
      (stream, socket) =>
        void socket.write(Buffer.concat([head(stream), message(stream, hi), message(stream, '0a05')])),
      streaming,
    )
    expect(ended.error).toBe('protocol')
  })

  test('a server of HTTP/1.1', async () => {
    await using server = await serveSockets((socket) => void socket.resume().write('HTTP/1.1 400 Bad Request\r\n\r\n'))
    await using grpc = await open(server.port)
    const ended = await grpc.lane().run(grpc.prepare(unary))
    expect(ended).toMatchObject({ error: 'protocol', detail: 'Protocol error' })
  })
})

test('an answer of HTTP without gRPC is a failure by its status', async () => {
  const ended = await runAgainst(
    (stream, socket) => void socket.write(headers(stream, flags.endStream, [[':status', '503']])),
  )
  expect(ended).toMatchObject({
    error: 'status',
    status: 14,
    detail: 'status 14 UNAVAILABLE: Received HTTP status code 503',
  })
})

describe('a connection', () => {
  test('that closes ends its calls as closed', async () => {
    expect((await runAgainst((_, socket) => void socket.end())).error).toBe('closed')
  })

  test('that is reset ends its calls as reset', async () => {
    const ended = await runAgainst((_, socket) => void socket.resetAndDestroy())
    expect(ended).toMatchObject({ error: 'reset', detail: 'ECONNRESET' })
  })

  test('that is refused ends its calls as refused, also while it is not tried again, and comes back', async () => {
    const gone = await serveSockets(() => {})
    await gone[Symbol.asyncDispose]()
    await using grpc = await open(gone.port)
    const lane = grpc.lane()
    // Not even where this status is expected: the server has said nothing.
    const request = grpc.prepare(unary, { expect: { status: 14 } })
    expect(await lane.run(request)).toMatchObject({ error: 'refused', detail: 'ECONNREFUSED' })
    expect((await lane.run(request)).error).toBe('refused')
    expect(lane.events).toEqual(['refused', 'refused'])
    const options = {
      host: '127.0.0.1',
      port: gone.port,
      knobs: plainKnobs,
      tls: null,
      clock: realClock,
      rng: createRng(1),
    }
    await using target = await startGrpcTarget(options)
    const any = grpc.prepare(unary)
    await until('it is tried again', async () => (await lane.run(any)).error === null)
    expect(target.stats().connections).toBe(1)
  })

  test('that closes before it has said anything ends its calls as closed', async () => {
    await using server = await serveSockets((socket) => void socket.end())
    await using grpc = await open(server.port)
    expect((await grpc.lane().run(grpc.prepare(unary))).error).toBe('closed')
  })

  test('that never says its SETTINGS, or never answers, ends its calls by their deadline', async () => {
    await using mute = await serveSockets((socket) => void socket.resume())
    await using grpc = await open(mute.port, { timeoutNs: 60e6 })
    expect((await grpc.lane().run(grpc.prepare(unary))).error).toBe('timeout')
    expect((await runAgainst(() => {}, unary, { timeoutNs: 60e6 })).error).toBe('timeout')
  })

  test('that closes while idle is made again', async () => {
    await using server = await serveFrames((stream, socket) => void socket.write(good(stream)))
    await using grpc = await open(server.port)
    const lane = grpc.lane()
    expect((await lane.run(grpc.prepare(unary))).error).toBe(null)
    for (const socket of server.sockets) socket.end()
    await until('the connection is gone', () => server.sockets.size === 0)
    expect((await lane.run(grpc.prepare(unary))).error).toBe(null)
    expect(lane.events).toEqual(['connected', 'firstByte', 'ok', 'connected', 'firstByte', 'ok'])
  })
})

test('a status that the server sends is told with its words', async () => {
  const words = [
    [':status', '200'],
    ['grpc-status', '14'],
    ['grpc-message', 'out of stock'],
  ] as const
  const ended = await runAgainst((stream, socket) => void socket.write(headers(stream, flags.endStream, words)))
  expect(ended).toMatchObject({ error: 'status', status: 14, detail: 'status 14 UNAVAILABLE: out of stock' })
})
