import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import {
  constants,
  createServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { DriverContext } from '../../../../harness/load/driver.ts'
import { openHttp2Driver } from '../../../../harness/load/http2/driver.ts'
import type { HttpConnection, HttpMessage } from '../../../../harness/workload/protocols/http.ts'
import { keptBodyLimitBytes } from '../../../../harness/workload/reply.ts'
import { openDriver } from '../../../support/http-lanes.ts'
import { listening, until } from '../../../support/sockets.ts'

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

type Answer = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, nth: number) => void

/** A server of node:http2, and the sessions and requests that it has seen. */
async function serve(answer: Answer, settings: Parameters<typeof createServer>[0] = {}) {
  const server = createServer(settings)
  const sessions: ServerHttp2Session[] = []
  const requests: IncomingHttpHeaders[] = []
  server.on('session', (session) => {
    session.on('error', () => {})
    sessions.push(session)
  })
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {})
    answer(stream, headers, requests.push(headers) - 1)
  })
  const listener = await listening(server)
  return { port: listener.port, sessions, requests, [Symbol.asyncDispose]: () => listener[Symbol.asyncDispose]() }
}

const hi: Answer = (stream) => {
  stream.respond({ ':status': 200, 'content-type': 'text/plain', 'x-id': '7' })
  stream.end('hi')
}

function open(port: number, connection: Partial<HttpConnection> = {}, more: Partial<DriverContext<'http'>> = {}) {
  return openDriver(openHttp2Driver, { ...plain, ...connection }, port, more)
}

describe('a request', () => {
  test('is answered, and tells in order what became of it', async () => {
    await using server = await serve(hi)
    await using http = await open(server.port)
    const lane = http.lane()
    const ended = await lane.run(http.prepare(get, { expect: { status: 200, body: 'hi' } }))
    expect(ended.error).toBe(null)
    expect(lane.events).toEqual(['connected', 'firstByte', 'ok'])
    expect(server.requests[0]).toMatchObject({
      ':method': 'GET',
      ':path': '/',
      ':scheme': 'http',
      ':authority': `127.0.0.1:${server.port}`,
    })
  })

  test('goes out on the connection that is there', async () => {
    await using server = await serve(hi)
    await using http = await open(server.port)
    const lane = http.lane()
    const request = http.prepare(get)
    for (let nth = 0; nth < 5; nth++) await lane.run(request)
    expect(server.sessions).toHaveLength(1)
    expect(lane.events.filter((event) => event === 'connected')).toHaveLength(1)
  })

  test('can be started again within the call that tells its end', async () => {
    await using server = await serve(hi)
    await using http = await open(server.port)
    const lane = http.lane()
    const request = http.prepare(get)
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

  test('counts its headers and body as sent, and those of the response as received', async () => {
    await using server = await serve((stream) => {
      stream.respond({ ':status': 200, 'x-a': 'bc' }, { waitForTrailers: true, sendDate: false } as never)
      stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': 'ok' }))
      stream.end('hello')
    })
    await using http = await open(server.port)
    const ended = await http
      .lane()
      .run(http.prepare({ ...get, method: 'POST', path: '/p', body: { kind: 'text', text: '0123456789' } }))
    const text = [':method', 'POST', ':path', '/p', ':scheme', 'http', ':authority', `127.0.0.1:${server.port}`]
    expect(ended.sent).toBe([...text, 'content-length', '10'].join('').length + 10)
    expect(ended.received).toBeGreaterThanOrEqual(
      [':status', '200', 'x-a', 'bc', 'x-sum', 'ok', 'hello'].join('').length,
    )
    expect(ended.error).toBe(null)
  })

  test('takes the host header as :authority and leaves out what belongs to an HTTP/1.1 connection', async () => {
    await using server = await serve(hi)
    await using http = await open(server.port)
    const headers = {
      Host: 'shop.test',
      Connection: 'keep-alive',
      'Transfer-Encoding': 'chunked',
      TE: 'gzip',
      'X-A': 'ü',
    }
    const ended = await http.lane().run(http.prepare({ ...get, headers }))
    expect(ended.error).toBe(null)
    expect(server.requests[0]).toMatchObject({ ':authority': 'shop.test', 'x-a': Buffer.from('ü').toString('latin1') })
    expect(server.requests[0]).not.toHaveProperty('connection')
  })

  test.each([
    ['path', { path: '/a b' }],
    ['path', { path: '/a\r\nx: y' }],
    ['method', { method: 'GE T' }],
    ['header', { headers: { 'x y': '1' } }],
    ['header', { headers: { x: 'a\0b' } }],
  ])('cannot be made ready with a %s that is no good', async (what, changes) => {
    await using http = await open(1)
    expect(() => http.prepare({ ...get, ...changes })).toThrow(what)
  })
})

describe('a response', () => {
  test.each([
    [200, null, null],
    [304, null, null],
    [404, null, 'status'],
    [500, null, 'status'],
    [404, 404, null],
    [200, 204, 'status'],
  ])('of status %i where %s is expected ends with %s', async (status, expected, error) => {
    await using server = await serve((stream) => stream.respond({ ':status': status }, { endStream: true }))
    await using http = await open(server.port)
    const ended = await http.lane().run(http.prepare(get, { expect: { status: expected } }))
    expect(ended).toMatchObject({ error, status: error === null ? 0 : status })
  })

  test.each([
    ['hi', null],
    ['ho', 'body'],
    ['h', 'body'],
    ['hi!', 'body'],
  ])('with the body "hi" where %j is expected ends with %s', async (body, error) => {
    await using server = await serve((stream) => {
      stream.respond({ ':status': 200 })
      stream.write('h')
      stream.end('i')
    })
    await using http = await open(server.port)
    expect((await http.lane().run(http.prepare(get, { expect: { body } }))).error).toBe(error)
  })

  test('is checked, and kept only where a check or an extraction looks at it', async () => {
    await using server = await serve(hi)
    await using http = await open(server.port)
    const lane = http.lane()
    const header = { kind: 'header', name: 'x-id', equals: '8' } as const
    const failed = await lane.run(http.prepare(get, { expect: { checks: [header] } }))
    expect(failed).toMatchObject({ error: 'check', body: '' })
    expect(failed.detail).toContain('x-id')
    const contains = { kind: 'body-contains', text: 'i' } as const
    expect(await lane.run(http.prepare(get, { expect: { checks: [contains] } }))).toMatchObject({
      error: null,
      body: 'hi',
    })
    const extract = [{ name: 'id', kind: 'header', header: 'X-Id' }] as const
    expect(await lane.run(http.prepare(get, { extract }))).toMatchObject({ error: null, body: '' })
    expect(lane.lane.reply.header('x-id')).toBe('7')
    expect(lane.lane.reply.headerNames()).toContain('content-type')
    expect((await lane.run(http.prepare(get))).body).toBe('')
    expect(lane.lane.reply.header('x-id')).toBe(null)
  })

  test('to HEAD has a length and no body', async () => {
    await using server = await serve((stream) =>
      stream.respond({ ':status': 200, 'content-length': 1000 }, { endStream: true }),
    )
    await using http = await open(server.port)
    expect((await http.lane().run(http.prepare({ ...get, method: 'HEAD' }))).error).toBe(null)
  })

  test('may follow interim responses, which are no answer', async () => {
    await using server = await serve((stream) => {
      stream.additionalHeaders({ ':status': 103, link: '</a.css>' })
      stream.additionalHeaders({ ':status': 103, link: '</b.css>' })
      hi(stream, {}, 0)
    })
    await using http = await open(server.port)
    const lane = http.lane()
    expect((await lane.run(http.prepare(get, { expect: { status: 200, body: 'hi' } }))).error).toBe(null)
    expect(lane.events).toEqual(['connected', 'firstByte', 'ok'])
  })

  test('that is large is counted and not kept', async () => {
    const piece = Buffer.alloc(64 * 1024, 'x')
    await using server = await serve((stream) => {
      stream.respond({ ':status': 200 })
      let left = 512
      const write = (): void => {
        while (left-- > 0) if (!stream.write(piece)) return void stream.once('drain', write)
        stream.end()
      }
      write()
    })
    await using http = await open(server.port)
    const lane = http.lane()
    const ended = await lane.run(http.prepare(get))
    expect(ended.error).toBe(null)
    expect(lane.lane.reply.bodyBytes).toBe(512 * piece.length)
    const tooLong = await lane.run(http.prepare(get, { expect: { checks: [{ kind: 'body-contains', text: 'y' }] } }))
    expect(tooLong).toMatchObject({ error: 'protocol' })
    expect(tooLong.received).toBeLessThan(keptBodyLimitBytes + 2 ** 20)
  })
})

describe('a request body', () => {
  const echo: Answer = (stream, headers) => {
    const hash = createHash('sha256')
    stream.on('data', (chunk: Buffer) => hash.update(chunk))
    stream.on('end', () => {
      // One that was given up ends too.
      if (stream.destroyed) return
      stream.respond({ ':status': 200, 'x-length': headers['content-length'] ?? 'none' })
      stream.end(hash.digest('hex'))
    })
  }
  const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

  test('is a text, a file or generated bytes, with its length unless it is chunked', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'soakrig-h2-'))
    const path = join(directory, 'up.bin')
    const bytes = Buffer.alloc(3_000_001, 'abc')
    const lengths: (string | null)[] = []
    try {
      await writeFile(path, bytes)
      await using server = await serve(echo)
      await using http = await open(server.port)
      const lane = http.lane()
      const generated = (size: number): Buffer => Buffer.alloc(size, 'abcdefghijklmnopqrstuvwxyz012345')
      for (const [body, content] of [
        [{ kind: 'text', text: 'grüße' }, Buffer.from('grüße')],
        [{ kind: 'file', path, chunked: false }, bytes],
        [{ kind: 'file', path, chunked: true }, bytes],
        [{ kind: 'generated', sizeBytes: 100, chunked: false }, generated(100)],
        [{ kind: 'generated', sizeBytes: 1_000_000, chunked: true }, generated(1_000_000)],
      ] as const) {
        const extract = [{ name: 'length', kind: 'header', header: 'x-length' }] as const
        const request = http.prepare({ ...get, method: 'PUT', body }, { expect: { body: digest(content) }, extract })
        const ended = await lane.run(request)
        lengths.push(lane.lane.reply.header('x-length'))
        expect(ended.error).toBe(null)
        expect(ended.sent).toBeGreaterThan(content.length)
        expect(ended.sent).toBeLessThan(content.length + 200)
      }
      expect(lengths).toEqual(['7', '3000001', 'none', '100', 'none'])
    } finally {
      await rm(directory, { recursive: true })
    }
  })

  test('that is cut short by the answer does not count against it, and is given up', async () => {
    let aborted = false
    await using server = await serve((stream) => {
      stream.resume().on('close', () => (aborted ||= stream.rstCode === constants.NGHTTP2_CANCEL))
      stream.respond({ ':status': 413 }, { endStream: true })
    })
    await using http = await open(server.port)
    const lane = http.lane()
    const upload = { kind: 'generated', sizeBytes: 50_000_000, chunked: false } as const
    const ended = await lane.run(http.prepare({ ...get, method: 'POST', body: upload }, { expect: { status: 413 } }))
    expect(ended.error).toBe(null)
    expect(ended.sent).toBeLessThan(upload.sizeBytes)
    await until('the server saw the end of the upload', () => aborted)
    expect((await lane.run(http.prepare(get, { expect: { status: 413 } }))).error).toBe(null)
    expect(server.sessions).toHaveLength(1)
  })

  test('that is given up never passes for a whole one', async () => {
    let received = 0
    const ends: string[] = []
    await using server = await serve((stream) => {
      stream.on('data', (chunk: Buffer) => (received += chunk.length))
      stream.on('end', () => ends.push(stream.aborted ? 'aborted' : 'whole'))
      stream.on('close', () => ends.push(`code ${stream.rstCode}`))
    })
    await using http = await open(server.port)
    const lane = http.lane()
    const body = { kind: 'generated', sizeBytes: 2 ** 40, chunked: true } as const
    lane.start(http.prepare({ ...get, method: 'POST', body }))
    await until('some of it has come', () => received > 100_000)
    lane.lane.cancel()
    await until('the server was told', () => ends.includes('code 8'))
    expect(ends).not.toContain('whole')
  })

  test('whose file is gone when it is sent ends the attempt', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'soakrig-h2-'))
    const path = join(directory, 'up.bin')
    await writeFile(path, Buffer.alloc(200_000))
    await using server = await serve(echo)
    await using http = await open(server.port)
    const request = http.prepare({ ...get, method: 'PUT', body: { kind: 'file', path, chunked: false } })
    await rm(directory, { recursive: true })
    const ended = await http.lane().run(request)
    expect(ended).toMatchObject({ detail: 'ENOENT' })
    expect(() => http.prepare({ ...get, body: { kind: 'file', path, chunked: false } })).toThrow('up.bin')
  })
})
