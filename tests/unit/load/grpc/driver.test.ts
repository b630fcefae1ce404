import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { realClock } from '../../../../harness/kernel/clock.ts'
import type { SoakrigError } from '../../../../harness/kernel/errors.ts'
import { createRng } from '../../../../harness/kernel/rng.ts'
import type { DriverContext } from '../../../../harness/load/driver.ts'
import { openGrpcDriver } from '../../../../harness/load/grpc/driver.ts'
import { startGrpcTarget } from '../../../../harness/target/builtin/grpc.ts'
import { type Knobs, plainKnobs } from '../../../../harness/target/builtin/knobs.ts'
import type { BuiltinOptions } from '../../../../harness/target/builtin/service.ts'
import type { GrpcMessage } from '../../../../harness/workload/protocols/grpc.ts'
import { type CertificatePair, makeAuthority, type TestAuthority } from '../../../support/certificates.ts'
import { openDriver } from '../../../support/http-lanes.ts'
import { until } from '../../../support/sockets.ts'

const proto = fileURLToPath(new URL('../../../../profiles/echo.proto', import.meta.url))
const plain = { proto, includeDirs: [], tls: null }

function open(port: number, more: Partial<DriverContext<'grpc'>> = {}, connection = {}) {
  return openDriver(openGrpcDriver, { ...plain, ...connection }, port, more)
}

function start(knobs: Partial<Knobs> = {}, more: Partial<BuiltinOptions> = {}) {
  const options = { host: '127.0.0.1', port: 0, tls: null, clock: realClock, rng: createRng(1) }
  return startGrpcTarget({ ...options, knobs: { ...plainKnobs, ...knobs }, ...more })
}

const call = (name: string, ...messages: object[]): GrpcMessage => ({
  method: `soakrig.Echo/${name}`,
  messages,
  metadata: {},
})

/** A reply as its JSON: all fields, in the order of the .proto. */
const reply = (text: string, count = 0): string => JSON.stringify({ text, payload: '', count, delay_ms: 0 })

describe('a call', () => {
  test('that is unary is answered, and tells in order what became of it', async () => {
    await using target = await start()
    await using grpc = await open(target.port)
    const lane = grpc.lane()
    const request = grpc.prepare(call('Unary', { text: 'hi', count: 7 }), { expect: { body: reply('hi', 7) } })
    const { error, detail, sent, received } = await lane.run(request)
    expect({ error, detail }).toEqual({ error: null, detail: null })
    // Two fields of four and two bytes, and the prefix; the server sends the empty ones too.
    expect({ sent, received }).toEqual({ sent: 11, received: 15 })
    expect((await lane.run(request)).error).toBe(null)
    expect(lane.events).toEqual(['connected', 'firstByte', 'ok', 'firstByte', 'ok'])
    expect(target.stats()).toMatchObject({ requests: 2, connections: 1, errors: 0 })
  })

  test.each<[string, GrpcMessage, string, number]>([
    ['streams its requests', call('ClientStream', { text: 'a' }, { text: 'b' }, { text: 'c' }), reply('c', 3), 1],
    ['streams its replies', call('ServerStream', { text: 'x', count: 5 }), reply('x', 5), 5],
    ['streams both', call('Bidi', { text: 'a' }, { text: 'b' }), reply('b'), 2],
    ['streams requests, of which there are none', call('ClientStream'), reply(''), 1],
    ['streams both, and sends nothing', call('Bidi'), '', 0],
  ])('that %s ends with the last message', async (_, message, body, messages) => {
    await using target = await start()
    await using grpc = await open(target.port)
    const lane = grpc.lane()
    const keep = { kind: 'body-contains', text: '' } as const
    const ended = await lane.run(grpc.prepare(message, { expect: { body, checks: [keep] } }))
    expect(ended).toMatchObject({ error: null, body })
    expect((lane.lane.reply as unknown as { messages: number }).messages).toBe(messages)
    expect(target.stats().requests).toBe(1)
  })

  test('of many messages goes out as the connection takes them', async () => {
    await using target = await start()
    await using grpc = await open(target.port)
    const messages = Array.from({ length: 300 }, (_, count) => ({ text: 'x'.repeat(10_000), count }))
    const check = { kind: 'json', pointer: '/count', equals: 300 } as const
    const ended = await grpc
      .lane()
      .run(grpc.prepare(call('ClientStream', ...messages), { expect: { checks: [check] } }))
    expect(ended.error).toBe(null)
    expect(ended.sent).toBeGreaterThan(3_000_000)
  })

  test('compares the reply, and checks it', async () => {
    await using target = await start()
    await using grpc = await open(target.port)
    const lane = grpc.lane()
    const message = call('Unary', { text: 'hi', payload: 'aGk=', count: 2 })
    const run = (expected: object) => lane.run(grpc.prepare(message, { expect: expected }))
    expect((await run({ body: reply('ho') })).error).toBe('body')
    expect((await run({ checks: [{ kind: 'json', pointer: '/payload', equals: 'aGk=' }] })).error).toBe(null)
    expect((await run({ checks: [{ kind: 'json', pointer: '/count', equals: 3 }] })).error).toBe('check')
    expect((await run({ checks: [{ kind: 'size', minBytes: 12, maxBytes: 12 }] })).error).toBe(null)
    expect((await run({})).body).toBe('')
  })

  test('is ended by its deadline, which the server is told too', async () => {
    await using target = await start({ serviceTimeNs: 300e6 })
    await using grpc = await open(target.port, { timeoutNs: 60e6 })
    const lane = grpc.lane()
    const startedNs = realClock.nowNs()
    expect((await lane.run(grpc.prepare(call('Unary', { text: 'hi' })))).error).toBe('timeout')
    expect(realClock.nowNs() - startedNs).toBeGreaterThan(57e6)
    expect((await lane.run(grpc.prepare(call('ServerStream', { text: 'hi' })))).error).toBe('timeout')
  })

  test('that is given up is told nothing of any more, and the server is told', async () => {
    await using target = await start({ serviceTimeNs: 30e6 })
    await using grpc = await open(target.port)
    const lane = grpc.lane()
    const request = grpc.prepare(call('Unary', { text: 'hi' }))
    lane.start(request)
    lane.lane.cancel()
    lane.start(request)
    await until('the call has come', () => target.stats().requests > 0)
    lane.lane.cancel()
    expect((await lane.run(request)).error).toBe(null)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(lane.events.filter((event) => event !== 'connected')).toEqual(['firstByte', 'ok'])
  })

  test('can be started again within the one that tells its end', async () => {
    await using target = await start()
    await using grpc = await open(target.port)
    const lane = grpc.lane()
    const request = grpc.prepare(call('Unary', { text: 'hi' }))
    let left = 20
    const again = (): void => {
      if (--left === 0) return
      lane.next = again
      lane.start(request)
    }
    lane.next = again
    lane.start(request)
    await until('20 ends', () => lane.ended.length === 20)
    expect(lane.ended.every(({ error }) => error === null)).toBe(true)
  })

  test('carries metadata', async () => {
    await using target = await start()
    await using grpc = await open(target.port)
    const message = { ...call('Unary', { text: 'hi' }), metadata: { 'X-Id': '7', 'trace-bin': 'aGk=' } }
    const lane = grpc.lane()
    const extract = [{ name: 'type', kind: 'header', header: 'content-type' }] as const
    expect((await lane.run(grpc.prepare(message, { extract }))).error).toBe(null)
    expect(lane.lane.reply.header('content-type')).toMatch(/^application\/grpc/u)
    expect(lane.lane.reply.header('nothing')).toBe(null)
    expect(() => grpc.prepare({ ...message, metadata: { 'x y': '1' } })).toThrow('x y')
    expect(() => grpc.prepare({ ...message, metadata: { x: 'a\nb' } })).toThrow('illegal')
  })
})

describe('a status', () => {
  test.each([
    [null, 'status'],
    [13, null],
    [5, 'status'],
  ])('of 13 where %s is expected ends with %s', async (status, error) => {
    await using target = await start({ errorShare: 1 })
    await using grpc = await open(target.port)
    const lane = grpc.lane()
    for (const message of [
      call('Unary', { text: 'hi' }),
      call('ClientStream', {}),
      call('ServerStream', {}),
      call('Bidi', {}),
      call('Bidi'),
    ]) {
      const ended = await lane.run(grpc.prepare(message, { expect: { status } }))
      expect(ended).toMatchObject({
        error,
        status: error ? 13 : 0,
        detail: error && 'status 13 INTERNAL: error by knob',
      })
    }
    expect(target.stats()).toMatchObject({ requests: 5, errors: 5 })
  })

  test('other than the expected one is a failure, also when it is 0', async () => {
    await using target = await start()
    await using grpc = await open(target.port)
    const ended = await grpc.lane().run(grpc.prepare(call('Unary', { text: 'hi' }), { expect: { status: 5 } }))
    expect(ended).toMatchObject({ error: 'status', status: 0, detail: 'status 0 OK' })
  })
})

describe('connections', () => {
  test('are as many as asked for, each shared by lanes', async () => {
    await using target = await start({ serviceTimeNs: 20e6 })
    const grpc = await open(target.port, { connections: 3 })
    const lanes = Array.from({ length: 9 }, () => grpc.lane())
    const ends = await Promise.all(lanes.map((lane) => lane.run(grpc.prepare(call('Unary', { text: 'hi' })))))
    expect(ends.every(({ error }) => error === null)).toBe(true)
    expect(target.stats()).toMatchObject({ connections: 3, open: 3 })
    expect(lanes.filter(({ events }) => events.includes('connected'))).toHaveLength(3)
    await grpc[Symbol.asyncDispose]()
    await until('they are closed', () => target.stats().open === 0)
  })
})

describe('TLS', () => {
  const trusting = { ca: null, cert: null, key: null, servername: null, verify: true, sessionReuse: false }
  let authority: TestAuthority
  let pair: CertificatePair

  beforeAll(async () => {
    authority = await makeAuthority()
    pair = await authority.server()
  })

  test('is used where it is asked for', async () => {
    await using target = await start({}, { tls: { ...pair, clientCa: null } })
    await using grpc = await open(target.port, {}, { tls: { ...trusting, ca: authority.ca } })
    expect((await grpc.lane().run(grpc.prepare(call('Unary', { text: 'hi' })))).error).toBe(null)
    expect(grpc.counters).toMatchObject({ 'tls.handshakes': 1 })
  })

  test('with an authority that is not trusted, or towards a server without it, ends as tls', async () => {
    await using secure = await start({}, { tls: { ...pair, clientCa: null } })
    await using one = await open(secure.port, {}, { tls: trusting })
    const ended = await one.lane().run(one.prepare(call('Unary', { text: 'hi' })))
    expect(ended).toMatchObject({ error: 'tls', detail: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' })
    await using clear = await start()
    await using two = await open(clear.port, {}, { tls: trusting })
    expect((await two.lane().run(two.prepare(call('Unary', { text: 'hi' })))).error).toBe('tls')
  })

  test('without the client certificate that the server wants ends as tls, with it as ok', async () => {
    await using target = await start({}, { tls: { ...pair, clientCa: authority.ca } })
    await using without = await open(target.port, {}, { tls: { ...trusting, ca: authority.ca } })
    expect((await without.lane().run(without.prepare(call('Unary', { text: 'hi' })))).error).toBe('tls')
    const known = { ...trusting, ca: authority.ca, ...(await authority.client()) }
    await using grpc = await open(target.port, {}, { tls: known })
    expect((await grpc.lane().run(grpc.prepare(call('Unary', { text: 'hi' })))).error).toBe(null)
  })
})

describe('a .proto', () => {
  const problemsOf = (make: () => unknown): SoakrigError => {
    try {
      make()
    } catch (error) {
      return error as SoakrigError
    }
    throw new Error('nothing was wrong')
  }

  test('has the method, or says which ones it has', async () => {
    await using grpc = await open(1)
    const { message, hint, code, exit } = problemsOf(() => grpc.prepare({ ...call('x'), method: 'soakrig.Echo/Unery' }))
    expect({ code, exit }).toEqual({ code: 'grpc-method', exit: 'usage' })
    expect(message).toContain('did you mean "soakrig.Echo/Unary"?')
    expect(hint).toBe(
      'It has soakrig.Echo/Unary, soakrig.Echo/ClientStream, soakrig.Echo/ServerStream, soakrig.Echo/Bidi.',
    )
  })

  test('says how many messages a call takes', async () => {
    await using grpc = await open(1)
    expect(() => grpc.prepare(call('Unary'))).toThrow('takes exactly one message, and has 0')
    expect(() => grpc.prepare(call('ServerStream', {}, {}))).toThrow('takes exactly one message, and has 2')
  })

  test('says what a message may hold, and all that is wrong is told at once', async () => {
    await using grpc = await open(1)
    const message = call('Bidi', { txet: 'hi', count: 'many', payload: '?' }, { text: 5, delay_ms: '20' })
    const { code, problems } = problemsOf(() => grpc.prepare(message))
    expect(code).toBe('grpc-message')
    expect(problems).toEqual([
      {
        where: '/messages/0/txet',
        message:
          'soakrig.Message has no field "txet": its fields are "text", "payload", "count", "delay_ms"; did you mean "text"?',
      },
      { where: '/messages/0/count', message: 'found "many", allowed: a whole number' },
      { where: '/messages/0/payload', message: 'found "?", allowed: a text in base64' },
      { where: '/messages/1/text', message: 'found 5, allowed: a text' },
    ])
  })

  test('may import others from folders, and hold lists, maps, enums and messages within messages', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'soakrig-grpc-'))
    try {
      await writeFile(join(directory, 'inner.proto'), 'syntax = "proto3"; package in; message Inner { int64 big = 1; }')
      await writeFile(
        join(directory, 'outer.proto'),
        `syntax = "proto3"; package out; import "inner.proto";
         message Outer {
           enum Color { RED = 0; BLUE = 1; }
           message Nested { repeated double values = 1; }
           repeated in.Inner many = 1; map<string, Nested> by = 2; Color color = 3; oneof one { bool yes = 4; string no = 5; }
         }
         service Shop { rpc Buy(Outer) returns (Outer); }`,
      )
      await using grpc = await open(1, {}, { proto: join(directory, 'outer.proto'), includeDirs: [directory] })
      const shop = (message: object): GrpcMessage => ({ method: 'out.Shop/Buy', messages: [message], metadata: {} })
      const good = {
        many: [{ big: '9007199254740993' }, { big: 1 }],
        by: { a: { values: [1, 'NaN', '2.5'] } },
        color: 'BLUE',
        yes: null,
        no: 'x',
      }
      expect(() => grpc.prepare(shop(good))).not.toThrow()
      const bad = { many: [{ big: 1.5 }, { small: 1 }], by: { 'a/b': { values: 3 } }, color: 'BLEU', yes: 'no' }
      expect(problemsOf(() => grpc.prepare(shop(bad))).problems).toEqual([
        { where: '/messages/0/many/0/big', message: 'found 1.5, allowed: a whole number' },
        { where: '/messages/0/many/1/small', message: 'in.Inner has no field "small": its fields are "big"' },
        { where: '/messages/0/by/a~1b/values', message: 'found 3, allowed: a list' },
        { where: '/messages/0/color', message: 'found "BLEU", allowed: "RED", "BLUE"; did you mean "BLUE"?' },
        { where: '/messages/0/yes', message: 'found "no", allowed: true or false' },
      ])
    } finally {
      await rm(directory, { recursive: true })
    }
  })

  test('that cannot be read is said when the driver opens', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'soakrig-grpc-'))
    try {
      const file = join(directory, 'bad.proto')
      await writeFile(file, 'syntax = "proto3"; message {')
      await expect(open(1, {}, { proto: file })).rejects.toMatchObject({ code: 'proto', exit: 'usage' })
      await expect(open(1, {}, { proto: join(directory, 'none.proto') })).rejects.toMatchObject({ code: 'proto' })
    } finally {
      await rm(directory, { recursive: true })
    }
  })
})
