import { once } from 'node:events'
import { connect, constants, type OutgoingHttpHeaders } from 'node:http2'
import { describe, expect, test } from 'vitest'
import { realClock } from '../../../../harness/kernel/clock.ts'
import { createRng } from '../../../../harness/kernel/rng.ts'
import { startHttp2Target } from '../../../../harness/target/builtin/http2.ts'
import { deadlineField, parseCapacity } from '../../../../harness/target/builtin/capacity.ts'
import { type Knobs, plainKnobs } from '../../../../harness/target/builtin/knobs.ts'
import type { BuiltinOptions } from '../../../../harness/target/builtin/service.ts'
import { makeAuthority } from '../../../support/certificates.ts'
import { sha256, until } from '../../../support/sockets.ts'

const start = (knobs: Partial<Knobs> = {}, more: Partial<BuiltinOptions> = {}) =>
  startHttp2Target({
    host: '127.0.0.1',
    port: 0,
    knobs: { ...plainKnobs, ...knobs },
    tls: null,
    clock: realClock,
    rng: createRng(1),
    ...more,
  })

/** A client's session that ends with its block. */
async function dial(url: string, options: Parameters<typeof connect>[1] = {}) {
  const session = connect(url, options)
  session.on('error', () => {})
  await once(session, 'connect')
  return {
    session,
    async ask(path: string, headers: OutgoingHttpHeaders = {}, body?: Buffer) {
      const stream = session.request({ ':path': path, ...headers }, { endStream: body === undefined })
      stream.on('error', () => {})
      if (body) stream.end(body)
      let status = 0
      let length: string | undefined
      stream.on('response', (head) => {
        status = Number(head[':status'])
        length = head['content-length']
      })
      let text = ''
      stream.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')))
      await new Promise((resolve) => stream.once('close', resolve))
      return [status, length, text] as const
    },
    [Symbol.dispose]: () => session.destroy(),
  }
}

describe('the built-in HTTP/2 server', () => {
  test('answers the paths of the HTTP server', async () => {
    await using target = await start()
    using client = await dial(target.url)
    expect(await client.ask('/')).toEqual([200, '2', 'ok'])
    expect(await client.ask('/echo/hi?x=1')).toEqual([200, '2', 'hi'])
    expect(await client.ask('/bytes/20')).toEqual([200, '20', '0123456789abcdef0123'])
    expect(await client.ask('/bytes/0')).toEqual([200, '0', ''])
    expect(await client.ask('/chunked/40000')).toEqual([200, undefined, '0123456789abcdef'.repeat(2500)])
    expect(await client.ask('/nothing')).toEqual([404, '9', 'not found'])
    expect(await client.ask('/status/503')).toEqual([503, '10', 'status 503'])
    expect(await client.ask('/status/204')).toEqual([204, undefined, ''])
    expect(await client.ask('/bytes/20', { ':method': 'HEAD' })).toEqual([200, '20', ''])
    expect(await client.ask('/echo/hi', { ':method': 'POST' }, Buffer.alloc(100_000))).toEqual([200, '2', 'hi'])
    const [, , told] = await client.ask('/headers', { 'x-one': '1' })
    expect(JSON.parse(told)).toEqual({ 'x-one': '1' })
    expect(target.stats()).toMatchObject({ requests: 11, errors: 2, connections: 1, open: 1 })
  })

  test('answers an upload with its size and digest', async () => {
    await using target = await start()
    using client = await dial(target.url)
    const body = Buffer.alloc(3_000_000, 'abc')
    const [, , told] = await client.ask('/upload', { ':method': 'PUT' }, body)
    expect(JSON.parse(told)).toEqual({ bytes: body.length, sha256: sha256(body) })
  })

  test('does not count an upload that was given up', async () => {
    await using target = await start()
    using client = await dial(target.url)
    const giveUp = new AbortController()
    const stream = client.session.request({ ':path': '/upload', ':method': 'PUT' }, { signal: giveUp.signal })
    stream.on('error', () => {}).write('x')
    await client.ask('/health')
    giveUp.abort()
    await client.ask('/health')
    expect(target.stats()).toMatchObject({ requests: 0, connections: 1 })
  })

  test('answers early before the body has come, and wants no more of it', async () => {
    await using target = await start()
    using client = await dial(target.url)
    const stream = client.session.request({ ':path': '/early/413', ':method': 'POST' })
    stream.write('x')
    const [head] = (await once(stream, 'response')) as [{ ':status': number }]
    expect(head[':status']).toBe(413)
    let body = ''
    stream.on('data', (chunk: Buffer) => (body += chunk.toString()))
    await once(stream, 'close')
    expect(body).toBe('status 413')
    expect(stream.rstCode).toBe(constants.NGHTTP2_NO_ERROR)
    expect((await client.ask('/echo/next'))[2]).toBe('next')
  })

  test('says GOAWAY after the answer where the path says so', async () => {
    await using target = await start()
    using client = await dial(target.url)
    const goaway = once(client.session, 'goaway')
    expect((await client.ask('/close'))[0]).toBe(200)
    await goaway
    await until('the connection has ended', () => target.stats().open === 0)
  })

  test('gives and tells cookies', async () => {
    await using target = await start()
    using client = await dial(target.url)
    const stream = client.session.request({ ':path': '/cookies/set/id/7' })
    const [head] = (await once(stream, 'response')) as [{ 'set-cookie': string[] }]
    expect(head['set-cookie']).toEqual(['id=7; Path=/'])
    expect((await client.ask('/cookies', { cookie: 'id=7' }))[2]).toBe('{"id":"7"}')
  })

  test('waits, errs and leaks as its knobs say, but not at /stats and /health', async () => {
    const knobs = { serviceTimeNs: 50e6, errorShare: 1, errorStatus: 503, leakBytes: 1000 }
    await using target = await start(knobs)
    using client = await dial(target.url)
    const begin = performance.now()
    expect(await client.ask('/echo/hi')).toEqual([503, '13', 'error by knob'])
    expect(performance.now() - begin).toBeGreaterThanOrEqual(49)
    expect(await client.ask('/health')).toEqual([200, '2', 'ok'])
    const [, , told] = await client.ask('/stats')
    expect(JSON.parse(told)).toMatchObject({ requests: 1, errors: 1, connections: 1, leakedBytes: 1000 })
  })

  test('with a capacity turns away, drops what has expired, and can be stalled', async () => {
    await using target = await start({ capacity: parseCapacity({ perSecond: 50, maxQueue: 1, expire: true }) })
    using client = await dial(target.url)
    expect(await client.ask('/stall/40')).toEqual([200, '17', 'stalled for 40 ms'])
    const told = Promise.all([client.ask('/', { [deadlineField]: '10' }), client.ask('/')])
    expect((await told).map(([status]) => status)).toEqual([504, 503])
    expect(target.stats().queue).toMatchObject({ served: 0, expired: 1, rejected: 1 })
  })

  test('serves streams side by side, and lets clients give up as many as they like', async () => {
    await using target = await start()
    using client = await dial(target.url)
    const begin = performance.now()
    const answers = await Promise.all(Array.from({ length: 50 }, () => client.ask('/delay/60')))
    expect(answers.every(([status]) => status === 200)).toBe(true)
    expect(performance.now() - begin).toBeLessThan(1500)
    for (let round = 0; round < 40; round++) {
      const streams = Array.from({ length: 50 }, () => client.session.request({ ':path': '/delay/1000' }))
      for (const stream of streams) stream.on('error', () => {}).close(constants.NGHTTP2_CANCEL)
      await client.ask('/health')
    }
    expect((await client.ask('/echo/hi'))[2]).toBe('hi')
    expect(client.session.closed).toBe(false)
  })

  test('dies of the request that it is told to die of, unanswered', async () => {
    const deaths: number[] = []
    await using target = await start({ dieAfter: 2 }, { onDeath: () => deaths.push(1) })
    using client = await dial(target.url)
    expect((await client.ask('/'))[0]).toBe(200)
    let answered = false
    client.session.request({ ':path': '/' }).on('response', () => (answered = true))
    await until('its death', () => deaths.length === 1)
    expect(answered).toBe(false)
  })

  test('speaks h2 over TLS, and with an authority only to clients that it knows', async () => {
    const authority = await makeAuthority()
    const pair = await authority.server()
    await using target = await start({}, { tls: { ...pair, clientCa: authority.ca } })
    expect(target.url).toMatch(/^https:/u)
    const known = await authority.client()
    using client = await dial(target.url, { ca: authority.ca, ...known })
    expect(client.session.alpnProtocol).toBe('h2')
    expect((await client.ask('/echo/hi'))[2]).toBe('hi')
    using stranger = await dial(target.url, { ca: authority.ca })
    expect(await stranger.ask('/echo/hi')).toEqual([0, undefined, ''])
    expect(target.stats().requests).toBe(1)
  })

  test('leaves nothing open when it is closed', async () => {
    const target = await start()
    using client = await dial(target.url)
    client.session.request({ ':path': '/delay/5000' }).on('error', () => {})
    await until('the request', () => target.stats().requests === 1)
    await Promise.all([target.close(), target.close()])
    await until('the end', () => client.session.destroyed)
    expect(target.stats().open).toBe(0)
  })
})
