import { Buffer } from 'node:buffer'
import { describe, expect, it } from 'vitest'
import { ResponseReader, type ResponseShape } from '../../../../harness/load/http1/response.ts'
import { keptBodyLimitBytes } from '../../../../harness/workload/reply.ts'

interface Case {
  readonly name: string
  readonly text: string
  readonly head?: boolean
  /** The body that is expected; null for any. */
  readonly body?: string | null
  readonly status?: number
  readonly keepAlive?: boolean
  /** The connection has to end for the response to be complete. */
  readonly closes?: boolean
}

const ok = 'HTTP/1.1 200 OK\r\n'
const chunked = `${ok}Transfer-Encoding: chunked\r\n\r\n`
const two = 'Content-Length: 2\r\n\r\nhi'

const nothing = { headers: false, body: false }
const everything = { headers: true, body: true }

function shapeOf(changes: Partial<ResponseShape> = {}): ResponseShape {
  return { head: false, expectBody: null, kept: nothing, ...changes }
}

/** What a reader makes of a response that comes in these pieces. */
function read(pieces: readonly Buffer[], { head = false, body = null, closes = false }: Partial<Case> = {}) {
  const reader = new ResponseReader()
  reader.begin(shapeOf({ head, expectBody: body === null ? null : Buffer.from(body, 'latin1') }))
  const shared = Buffer.alloc(65_536)
  let stop = 0
  for (const piece of pieces) {
    if (reader.problem !== null || reader.done) break
    // A connection reads into one buffer again and again: nothing may be kept in place.
    piece.copy(shared, 5)
    stop += reader.push(shared, 5, 5 + piece.length) - 5
    shared.fill(0)
  }
  if (closes && reader.problem === null) reader.end()
  const { done, problem, bodyMatches, sizeBytes, status, keepAlive } = reader
  return problem === null ? { done, bodyMatches, sizeBytes, status, keepAlive, stop } : { problem }
}

const whole = (text: string) => [Buffer.from(text, 'latin1')]

function splitAt(text: string, at: number): Buffer[] {
  const bytes = Buffer.from(text, 'latin1')
  return [bytes.subarray(0, at), bytes.subarray(at)]
}

const bytewise = (text: string) => Array.from(Buffer.from(text, 'latin1'), (byte) => Buffer.from([byte]))

const complete: readonly Case[] = [
  { name: 'with a length', text: `${ok}Content-Length: 5\r\n\r\nhello`, body: 'hello' },
  { name: 'with an empty body', text: `${ok}Content-Length: 0\r\n\r\n`, body: '' },
  { name: 'with a long body', text: `${ok}Content-Length: 200\r\n\r\n${'ab'.repeat(100)}`, body: 'ab'.repeat(100) },
  { name: 'in chunks', text: `${chunked}2\r\nhi\r\n3\r\n yo\r\n0\r\n\r\n`, body: 'hi yo' },
  { name: 'in chunks with extensions', text: `${chunked}2;a="b"\r\nhi\r\n0\r\n\r\n`, body: 'hi' },
  { name: 'in chunks with trailers', text: `${chunked}2\r\nhi\r\n0\r\nETag: "x"\r\n\r\n`, body: 'hi' },
  { name: 'in no chunks at all', text: `${chunked}0\r\n\r\n`, body: '' },
  { name: 'until the close', text: `${ok}Server: x\r\n\r\nhello`, body: 'hello', closes: true, keepAlive: false },
  { name: 'until the close, of no bytes', text: `${ok}\r\n`, body: '', closes: true, keepAlive: false },
  {
    name: 'until the close, kept alive by its header',
    text: `${ok}Connection: keep-alive\r\n\r\nhello`,
    body: 'hello',
    closes: true,
    keepAlive: false,
  },
  {
    name: 'until the close, in a coding that is not chunked',
    text: `${ok}Transfer-Encoding: gzip\r\n\r\n0\r\n\r\n`,
    body: '0\r\n\r\n',
    closes: true,
    keepAlive: false,
  },
  { name: 'after an interim response', text: `HTTP/1.1 100 Continue\r\n\r\n${ok}${two}`, body: 'hi' },
  {
    name: 'after interim responses with headers',
    text: `HTTP/1.1 103 Early\r\nLink: </a>\r\n\r\nHTTP/1.1 103\r\nConnection: close\r\n\r\n${ok}${two}`,
    body: 'hi',
  },
  {
    name: 'after an interim response with a length',
    text: `HTTP/1.1 199 X\r\n${two.slice(0, -2)}${ok}${two}`,
    body: 'hi',
  },
  { name: 'after 16 interim responses', text: `${'HTTP/1.1 102\r\n\r\n'.repeat(16)}${ok}${two}`, body: 'hi' },
  { name: 'to HEAD, whatever its length', text: `${ok}Content-Length: 500\r\n\r\n`, head: true, body: '' },
  { name: 'to HEAD, in chunks', text: chunked, head: true },
  { name: 'to HEAD, without a length', text: `${ok}\r\n`, head: true },
  { name: '204', text: 'HTTP/1.1 204 No Content\r\n\r\n', status: 204, body: '' },
  { name: '204 with a length', text: 'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n', status: 204 },
  { name: '304 with a length', text: 'HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n', status: 304 },
  { name: '304 in chunks', text: 'HTTP/1.1 304 X\r\nTransfer-Encoding: chunked\r\n\r\n', status: 304 },
  { name: '503', text: 'HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy', body: 'busy', status: 503 },
  { name: '999', text: `HTTP/1.1 999 What\r\n${two}`, status: 999 },
  { name: 'of HTTP/1.0', text: `HTTP/1.0 200 OK\r\n${two}`, body: 'hi', keepAlive: false },
  { name: 'of HTTP/1.0 that is kept alive', text: `HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\n${two}`, body: 'hi' },
  {
    name: 'of HTTP/1.0 that is kept alive and closed',
    text: `HTTP/1.0 200 OK\r\nConnection: keep-alive, close\r\n${two}`,
    keepAlive: false,
  },
  {
    name: 'of HTTP/1.0 that is kept alive, in chunks',
    text: 'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n',
    body: 'hi',
    keepAlive: false,
  },
  { name: 'that closes', text: `${ok}Connection: Foo , Close\r\n${two}`, body: 'hi', keepAlive: false },
  { name: '204 that closes', text: 'HTTP/1.1 204 X\r\nConnection: close\r\n\r\n', status: 204, keepAlive: false },
]

describe.each(complete)('a response $name', ({ text, status = 200, keepAlive = true, ...more }) => {
  const expected = { done: true, bodyMatches: true, sizeBytes: text.length, status, keepAlive, stop: text.length }

  it('is read whole', () => {
    expect(read(whole(text), more)).toEqual(expected)
  })

  it('gives the same answer wherever it is split', () => {
    for (let at = 1; at < text.length; at++) expect([at, read(splitAt(text, at), more)]).toEqual([at, expected])
    expect(read(bytewise(text), more)).toEqual(expected)
  })

  it('is not complete before its last byte', () => {
    expect(read(whole(text.slice(0, -1)), { ...more, closes: false })).toMatchObject({ done: false })
  })

  it('ends where the next one begins', () => {
    const next = `${text}${ok}${two}`
    // What lasts until the close has no next one.
    expect(read(whole(next), more)).toMatchObject(more.closes ? { stop: next.length } : expected)
  })
})

const malformed: readonly (readonly [string, string, string])[] = [
  ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n', 'no HTTP/1.0 or HTTP/1.1 status line'],
  ['a header without a colon', `${ok}nonsense\r\n\r\n`, 'a header line without a colon'],
  ['a length in words', `${ok}Content-Length: five\r\n\r\n`, 'content-length "five"'],
  ['a chunk size that is no number', `${chunked}xyz\r\n`, 'a chunk without a size'],
  ['a trailer without a name', `${chunked}0\r\n: x\r\n\r\n`, 'a header line without a name'],
  ['a malformed interim response', `HTTP/1.1 100 X\r\nA\r\n\r\n${ok}${two}`, 'a header line without a colon'],
  ['17 interim responses', `${'HTTP/1.1 102\r\n\r\n'.repeat(17)}${ok}${two}`, 'more than 16 interim responses'],
  ['a switch of protocols', 'HTTP/1.1 101 X\r\nUpgrade: x\r\n\r\n', 'a switch of protocols that was not asked for'],
]

describe.each(malformed)('a response with %s', (_name, text, problem) => {
  it('is the same problem wherever it is split', () => {
    expect(read(whole(text))).toEqual({ problem })
    for (let at = 1; at < text.length; at++) expect([at, read(splitAt(text, at))]).toEqual([at, { problem }])
    expect(read(bytewise(text))).toEqual({ problem })
  })

  it('takes nothing more, and no end completes it', () => {
    const reader = new ResponseReader()
    reader.begin(shapeOf())
    const bytes = Buffer.from(text)
    expect(reader.push(bytes, 0, bytes.length)).toBe(bytes.length)
    expect(reader.push(Buffer.from('more'), 0, 4)).toBe(4)
    expect(reader.end()).toBe(false)
    expect(reader).toMatchObject({ problem, done: false, keepAlive: false, bodyMatches: false })
  })
})

describe('a head', () => {
  const head = (bytes: number) => `${ok}${'A: b\r\n'.repeat(100)}A:${'b'.repeat(bytes - 623)}\r\n\r\n`
  const cuts: readonly ((text: string) => Buffer[])[] = [
    whole,
    (text) => splitAt(text, 30_000),
    (text) => splitAt(text, 65_530),
    (text) => [...splitAt(text.slice(0, 60_000), 5), ...splitAt(text.slice(60_000), 5530)],
  ]

  it('may have 64 KiB, and no more', () => {
    expect(head(65_536)).toHaveLength(65_536)
    for (const cut of cuts) {
      const pieces = (bytes: number) => cut(head(bytes)).flatMap((piece) => splitAt(piece.toString('latin1'), 60_000))
      expect(read(pieces(65_536), { head: true })).toMatchObject({ done: true, sizeBytes: 65_536 })
      expect(read(pieces(65_537), { head: true })).toEqual({ problem: 'a head of more than 64 KiB' })
    }
  })

  it('that never ends is a problem', () => {
    for (const text of [`${ok}A: `, `${ok}A`, 'HTTP/1.1 200 ']) {
      const pieces = [Buffer.from(text), ...Array.from({ length: 12 }, () => Buffer.alloc(6000, 'x'))]
      expect(read(pieces)).toEqual({ problem: 'a head of more than 64 KiB' })
    }
  })

  it('of 64 KiB in single bytes costs little more than in one read', () => {
    const startedNs = process.hrtime.bigint()
    expect(read(bytewise(head(65_536)), { head: true })).toMatchObject({ done: true })
    expect(Number(process.hrtime.bigint() - startedNs)).toBeLessThan(2e9)
  })
})

describe('the end of the connection', () => {
  it.each([
    ['in the status line', 'HTTP/1.1 20'],
    ['in the head', `${ok}Content-`],
    ['in a body with a length', `${ok}Content-Length: 5\r\n\r\nhel`],
    ['in a chunk', `${chunked}5\r\nhel`],
    ['before the last chunk', `${chunked}5\r\nhello\r\n`],
    ['in the trailers', `${chunked}0\r\nA: b\r\n`],
    ['after an interim response', 'HTTP/1.1 100 Continue\r\n\r\n'],
    ['before anything', ''],
  ])('%s completes nothing', (_where, text) => {
    expect(read(whole(text), { closes: true })).toMatchObject({ done: false, bodyMatches: false })
  })

  it('completes a body that lasts until then, and only once', () => {
    const reader = new ResponseReader()
    reader.begin(shapeOf({ expectBody: Buffer.from('hi') }))
    reader.push(Buffer.from(`${ok}\r\nhi`), 0, 21)
    expect([reader.done, reader.end(), reader.done, reader.end()]).toEqual([false, true, true, false])
    expect(reader).toMatchObject({ keepAlive: false, bodyMatches: true, bodyBytes: 2 })
  })
})

describe('a body', () => {
  const long = 'x'.repeat(300)
  it.each([
    ['other bytes', 'hello', 'hellO'],
    ['fewer bytes', 'hello', 'hell'],
    ['more bytes', 'hello', 'hello!'],
    ['no bytes', 'hello', ''],
    ['bytes where none belong', '', 'hello'],
    ['one other byte far behind', long, `${long.slice(0, -1)}y`],
  ])('with %s is seen, in every framing and wherever it is split', (_how, body, sent) => {
    const framings = [
      `${ok}Content-Length: ${sent.length}\r\n\r\n${sent}`,
      `${chunked}${sent && `${sent.length.toString(16)}\r\n${sent}\r\n`}0\r\n\r\n`,
      `${ok}\r\n${sent}`,
    ]
    for (const [index, text] of framings.entries()) {
      const closes = index === 2
      expect(read(whole(text), { body, closes })).toMatchObject({ done: true, bodyMatches: false })
      for (let at = 1; at < text.length; at += 7)
        expect(read(splitAt(text, at), { body, closes })).toMatchObject({ done: true, bodyMatches: false })
    }
  })

  it('may be any where none is expected', () => {
    expect(read(whole(`${ok}${two}`), { body: null })).toMatchObject({ bodyMatches: true })
  })
})

describe('a reader', () => {
  it('begins each response anew, whatever the last one was', () => {
    const reader = new ResponseReader()
    const texts = [
      `${ok}Content-Length: 2\r\n\r\nno`,
      'HTTP/1.1 junk\r\n\r\n',
      'HTTP/1.0 200 OK\r\nContent-Le',
      `${chunked}2\r\nh`,
      `${chunked}0\r\nA: b\r\n`,
      'HTTP/1.1 100 Continue\r\n\r\n',
      `${ok}${two}`,
    ]
    for (const text of texts) {
      reader.begin(shapeOf({ expectBody: Buffer.from('hi') }))
      reader.push(Buffer.from(text), 0, text.length)
    }
    const sizeBytes = texts.at(-1)?.length
    expect(reader).toMatchObject({
      done: true,
      problem: null,
      bodyMatches: true,
      sizeBytes,
      status: 200,
      keepAlive: true,
    })
  })

  it('tells nothing of a response that is not there yet', () => {
    const reader = new ResponseReader()
    reader.begin(shapeOf({ kept: everything }))
    reader.push(Buffer.from('HTTP/1.1 103 X\r\nA: b\r\n\r\n'), 0, 24)
    expect(reader).toMatchObject({ done: false, status: 0, keepAlive: false, sizeBytes: 24 })
    expect([reader.header('a'), reader.headerNames(), reader.body().length]).toEqual([null, [], 0])
  })

  it('takes nothing before a response has begun, nor behind it', () => {
    const reader = new ResponseReader()
    const bytes = Buffer.from(`${ok}${two}`)
    expect(reader.push(bytes, 3, bytes.length)).toBe(3)
    reader.begin(shapeOf())
    expect(reader.push(bytes, 0, bytes.length)).toBe(bytes.length)
    expect(reader.push(bytes, 3, bytes.length)).toBe(3)
    expect(reader.sizeBytes).toBe(bytes.length)
  })

  it('reads responses one behind the other from one read', () => {
    const texts = [
      `${ok}${two}`,
      `${chunked}3\r\nyes\r\n0\r\n\r\n`,
      'HTTP/1.1 204 X\r\n\r\n',
      `${ok}${two}`,
      `${ok}${two}`,
    ]
    const bytes = Buffer.from(texts.join(''))
    const reader = new ResponseReader()
    const shape = shapeOf()
    let at = 0
    for (const text of texts) {
      reader.begin(shape)
      const stop = reader.push(bytes, at, bytes.length)
      expect([reader.done, stop - at, reader.sizeBytes]).toEqual([true, text.length, text.length])
      at = stop
    }
    expect(at).toBe(bytes.length)
  })
})

describe('what is kept', () => {
  const text = `HTTP/1.1 103 X\r\nEarly: a\r\n\r\n${ok}Set-Cookie: a=1\r\nX_y:\r\nset-COOKIE:\t b=2 ;c \r\nA: \xe4:\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n1\r\n!\r\n0\r\nLate: b\r\n\r\n`

  function keep(kept: ResponseShape['kept'], pieces: readonly Buffer[]): ResponseReader {
    const reader = new ResponseReader()
    const shared = Buffer.alloc(1000)
    reader.begin(shapeOf({ kept }))
    for (const piece of pieces) {
      piece.copy(shared)
      reader.push(shared, 0, piece.length)
      shared.fill(0)
    }
    return reader
  }

  it('are the headers, without those of interim responses and trailers', () => {
    for (const pieces of [whole(text), bytewise(text), ...Array.from(text, (_, at) => splitAt(text, at))]) {
      const reader = keep({ headers: true, body: false }, pieces)
      expect(reader.headerNames()).toEqual(['set-cookie', 'x_y', 'a', 'transfer-encoding'])
      expect(reader.header('set-cookie')).toBe('a=1')
      expect(reader.headers('set-cookie')).toEqual(['a=1', 'b=2 ;c'])
      expect([reader.header('x_y'), reader.header('a'), reader.header('early')]).toEqual(['', '\xe4:', null])
      expect([reader.headers('late'), reader.body().length, reader.bodyBytes]).toEqual([[], 0, 3])
    }
  })

  it('is the body, without its chunks', () => {
    for (const pieces of [whole(text), bytewise(text), ...Array.from(text, (_, at) => splitAt(text, at))]) {
      const reader = keep({ headers: false, body: true }, pieces)
      expect(Buffer.from(reader.body()).toString()).toBe('hi!')
      expect([reader.header('a'), reader.headers('a'), reader.headerNames()]).toEqual([null, [], []])
    }
  })

  it('is nothing unless it is asked for', () => {
    const reader = keep(nothing, whole(text))
    expect([reader.header('a'), reader.headers('a'), reader.headerNames(), reader.body().length]).toEqual([
      null,
      [],
      [],
      0,
    ])
  })

  it('is that of the last response', () => {
    const reader = new ResponseReader()
    const shape = shapeOf({ kept: everything })
    for (const body of ['a', 'bc', '', 'def']) {
      const bytes = Buffer.from(`${ok}X: ${body}\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
      reader.begin(shape)
      reader.push(bytes, 0, bytes.length)
      expect([reader.header('x'), Buffer.from(reader.body()).toString()]).toEqual([body, body])
    }
  })

  it('is a body of 16 MiB, but no half of one', () => {
    const reader = keep(everything, whole(`${ok}\r\n`))
    const piece = Buffer.alloc(2 ** 20, 'x')
    for (let i = 0; i < 16; i++) reader.push(piece, 0, piece.length)
    expect([reader.body().length, reader.end(), reader.body().length]).toEqual([0, true, keptBodyLimitBytes])
  })

  it('is not there any more when the next request keeps nothing', () => {
    const bytes = Buffer.from(`${ok}A: b\r\n${two}`)
    const reader = new ResponseReader()
    const shapes = [shapeOf(), shapeOf(), shapeOf({ kept: everything })]
    for (const shape of [...shapes, shapes[1]!, shapes[0]!, shapes[0]!, shapes[2]!, shapes[0]!]) {
      reader.begin(shape)
      expect([reader.body().length, reader.header('a')]).toEqual([0, null])
      reader.push(bytes, 0, bytes.length)
      expect([reader.body().length, reader.header('a')]).toEqual(shape.kept.body ? [2, 'b'] : [0, null])
    }
  })

  it('ends with a problem when the body is too long, as soon as that is known', () => {
    const tooLong = 'a body of more than 16 MiB, too long to be looked at'
    const announced = [
      `${ok}Content-Length: ${keptBodyLimitBytes + 1}\r\n\r\n`,
      `${chunked}${(keptBodyLimitBytes + 1).toString(16)}\r\n`,
      `${chunked}2\r\nhi\r\n${(keptBodyLimitBytes - 1).toString(16)}\r\n`,
    ]
    for (const head of announced) expect(keep(everything, whole(head)).problem).toBe(tooLong)
    for (const head of announced) expect(keep(nothing, whole(head)).problem).toBeNull()
    const reader = keep(everything, whole(`${ok}\r\n`))
    const piece = Buffer.alloc(2 ** 20)
    for (let i = 0; i < 16; i++) reader.push(piece, 0, piece.length)
    expect(reader.problem).toBeNull()
    reader.push(piece, 0, 1)
    expect([reader.problem, reader.body().length]).toEqual([tooLong, 0])
  })
})

describe('a large download', () => {
  it('is counted and compared, and none of it is kept', () => {
    const reader = new ResponseReader()
    const piece = Buffer.alloc(65_536, 'x')
    const head = Buffer.from(`${ok}Content-Length: ${1000 * piece.length}\r\n\r\n`)
    reader.begin(shapeOf())
    reader.push(head, 0, head.length)
    const before = process.memoryUsage().arrayBuffers
    for (let i = 0; i < 1000; i++) reader.push(piece, 0, piece.length)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 20)
    expect(reader).toMatchObject({ done: true, bodyBytes: 65_536_000, sizeBytes: head.length + 65_536_000 })
  })
})

describe('a response that comes again', () => {
  const bytes = Buffer.from(`${ok}Connection: close\r\n${two}`)
  const facts = ({ done, status, keepAlive, sizeBytes, bodyBytes, bodyMatches, problem }: ResponseReader) => ({
    done,
    status,
    keepAlive,
    sizeBytes,
    bodyBytes,
    bodyMatches,
    problem,
  })
  const once = (reader: ResponseReader, shape: ResponseShape, data: Buffer) => {
    reader.begin(shape)
    const stop = reader.push(data, 0, data.length)
    return { stop, ...facts(reader) }
  }

  it('means the same', () => {
    const reader = new ResponseReader()
    const shape = shapeOf({ expectBody: Buffer.from('hi') })
    const first = once(reader, shape, bytes)
    expect(first).toEqual({
      stop: bytes.length,
      done: true,
      status: 200,
      keepAlive: false,
      sizeBytes: bytes.length,
      bodyBytes: 2,
      bodyMatches: true,
      problem: null,
    })
    for (let i = 0; i < 3; i++) expect(once(reader, shape, bytes)).toEqual(first)
  })

  it('is another one when any of its bytes is', () => {
    const shape = shapeOf({ expectBody: Buffer.from('hi') })
    for (let at = 0; at < bytes.length; at++) {
      const reader = new ResponseReader()
      once(reader, shape, bytes)
      const other = Buffer.from(bytes)
      other[at] = bytes[at] === 0x78 ? 0x79 : 0x78
      expect([at, once(reader, shape, other)]).toEqual([at, once(new ResponseReader(), shape, other)])
    }
  })

  it('is judged anew in answer to another request', () => {
    const reader = new ResponseReader()
    once(reader, shapeOf({ expectBody: Buffer.from('hi') }), bytes)
    expect(once(reader, shapeOf({ expectBody: Buffer.from('ho') }), bytes)).toMatchObject({ bodyMatches: false })
    expect(once(reader, shapeOf({ head: true }), bytes)).toMatchObject({ bodyBytes: 0, stop: bytes.length - 2 })
    const keeping = shapeOf({ kept: everything })
    for (let i = 0; i < 3; i++) {
      once(reader, keeping, bytes)
      expect([reader.header('connection'), reader.body().length]).toEqual(['close', 2])
    }
  })

  it('is seen though others come between, and before more bytes', () => {
    const reader = new ResponseReader()
    const shape = shapeOf()
    const other = Buffer.from(`HTTP/1.1 404 X\r\n${two}`)
    const longer = Buffer.concat([bytes, other])
    for (const data of [bytes, other, other, bytes, longer, longer, bytes, other, bytes])
      expect(once(reader, shape, data)).toEqual(once(new ResponseReader(), shape, data))
  })

  it('is complete only when all of it has come', () => {
    const reader = new ResponseReader()
    const shape = shapeOf()
    once(reader, shape, bytes)
    reader.begin(shape)
    expect([reader.push(bytes, 0, 30), reader.done]).toEqual([30, false])
    expect([reader.push(bytes, 30, bytes.length), reader.done]).toEqual([bytes.length, true])
  })
})
