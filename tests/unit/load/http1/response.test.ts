import { describe, expect, it } from 'vitest'
import { encodeRequest } from '../../../../harness/load/http1/encode.ts'
import { ResponseReader } from '../../../../harness/load/http1/response.ts'
import { requestOf } from '../../../support/slice-task.ts'

interface Case {
  readonly name: string
  readonly text: string
  readonly method?: string
  /** The body that is expected; null for any. */
  readonly body?: string | null
  readonly status?: number
  readonly keepAlive?: boolean
  /** The connection has to end for the response to be complete. */
  readonly closes?: boolean
}

const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'

/** What a reader makes of a response that comes in these pieces. */
function read(pieces: readonly Buffer[], { method = 'GET', body = null, closes = false }: Partial<Case> = {}) {
  const reader = new ResponseReader()
  reader.begin(encodeRequest(requestOf({ method, expect: { status: null, body } }), 'localhost', 80))
  for (const piece of pieces) {
    // A connection reads into one buffer again and again, and stops at the first problem: nothing may be kept in place.
    if (reader.problem !== null) break
    const shared = Buffer.alloc(65_536)
    piece.copy(shared)
    reader.push(shared, piece.length)
    shared.fill(0)
  }
  if (closes && reader.problem === null) reader.end()
  const { done, problem, bodyMatches, bytes } = reader
  return problem === null
    ? { done, bodyMatches, bytes, status: reader.head.status, keepAlive: reader.head.keepAlive }
    : { problem }
}

const whole = (text: string) => [Buffer.from(text, 'latin1')]

function splitAt(text: string, at: number): Buffer[] {
  const bytes = Buffer.from(text, 'latin1')
  return [bytes.subarray(0, at), bytes.subarray(at)]
}

const bytewise = (text: string) => Array.from(Buffer.from(text, 'latin1'), (byte) => Buffer.from([byte]))

const complete: readonly Case[] = [
  { name: 'with a length', text: 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello', body: 'hello' },
  {
    name: 'with a length in odd letters and blanks',
    text: 'HTTP/1.1 200\r\ncOnTeNt-LeNgTh:\t 5 \r\n\r\nhello',
    body: 'hello',
  },
  {
    name: 'with the same length twice',
    text: 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello',
    body: 'hello',
  },
  { name: 'with an empty body', text: 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', body: '' },
  { name: 'in one chunk', text: `${chunked}5\r\nhello\r\n0\r\n\r\n`, body: 'hello' },
  { name: 'in chunks of one byte', text: `${chunked}1\r\nh\r\n01\r\ni\r\n0\r\n\r\n`, body: 'hi' },
  {
    name: 'in chunks with extensions',
    text: `${chunked}2;a=b;c="d e"\r\nhi\r\n1 ; x\r\n!\r\n000;last\r\n\r\n`,
    body: 'hi!',
  },
  {
    name: 'in chunks with trailers',
    text: `${chunked}A\r\n0123456789\r\n0\r\nETag: "x"\r\nB: \r\n\r\n`,
    body: '0123456789',
  },
  {
    name: 'in chunks that look like framing',
    text: `${chunked}7\r\n0\r\n\r\n\r\n\r\n0\r\n\r\n`,
    body: '0\r\n\r\n\r\n',
  },
  { name: 'in no chunks at all', text: `${chunked}0\r\n\r\n`, body: '' },
  {
    name: 'until the close',
    text: 'HTTP/1.1 200 OK\r\nServer: x\r\n\r\nhello',
    body: 'hello',
    closes: true,
    keepAlive: false,
  },
  {
    name: 'until the close, in HTTP/1.0',
    text: 'HTTP/1.0 200 OK\r\n\r\nhello',
    body: 'hello',
    closes: true,
    keepAlive: false,
  },
  {
    name: 'after an interim response',
    text: 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi',
    body: 'hi',
  },
  {
    name: 'after two interim responses with headers',
    text: 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi',
    body: 'hi',
  },
  { name: 'to HEAD, whatever its length', text: 'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n', method: 'HEAD' },
  { name: 'to HEAD, chunked', text: chunked, method: 'HEAD' },
  { name: '204', text: 'HTTP/1.1 204 No Content\r\n\r\n', status: 204 },
  { name: '304 with a length', text: 'HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n', status: 304 },
  { name: '503', text: 'HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy', body: 'busy', status: 503 },
  {
    name: 'kept alive in HTTP/1.0',
    text: 'HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n\r\nhi',
    body: 'hi',
  },
  { name: 'closed in HTTP/1.0', text: 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi', body: 'hi', keepAlive: false },
  {
    name: 'closed by its header',
    text: 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi',
    body: 'hi',
    keepAlive: false,
  },
  {
    name: 'closed by one of several options',
    text: 'HTTP/1.1 200 OK\r\nConnection: Foo , Close\r\nContent-Length: 2\r\n\r\nhi',
    body: 'hi',
    keepAlive: false,
  },
  {
    name: 'with long bodies',
    text: `HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n${'ab'.repeat(100)}`,
    body: 'ab'.repeat(100),
  },
]

describe.each(complete)('a response $name', ({ text, status = 200, keepAlive = true, ...more }) => {
  const expected = { done: true, bodyMatches: true, bytes: text.length, status, keepAlive }

  it('is read whole', () => {
    expect(read(whole(text), more)).toEqual(expected)
  })

  it('gives the same answer wherever it is split', () => {
    for (let at = 1; at < text.length; at++) expect([at, read(splitAt(text, at), more)]).toEqual([at, expected])
    expect(read(bytewise(text), more)).toEqual(expected)
  })

  it('is not complete before its last byte', () => {
    const short = read(whole(text.slice(0, -1)), { ...more, closes: false })
    expect(short).toMatchObject({ done: false })
  })
})

const malformed: readonly (readonly [string, string])[] = [
  ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n'],
  ['another protocol that ends no line', 'GIF89a'],
  ['what begins like HTTP', 'HTTP-ish'],
  ['HTTP/2', 'HTTP/2 200\r\n\r\n'],
  ['a status that is no number', 'HTTP/1.1 2x0 OK\r\n\r\n'],
  ['a status of four digits', 'HTTP/1.1 2000 OK\r\n\r\n'],
  ['a status below 100', 'HTTP/1.1 099 Odd\r\n\r\n'],
  ['no status', 'HTTP/1.1\r\n\r\n'],
  ['lines without CR', 'HTTP/1.1 200 OK\nContent-Length: 0\n\n'],
  ['a header without a colon', 'HTTP/1.1 200 OK\r\nnonsense\r\n\r\n'],
  ['a header without a name', 'HTTP/1.1 200 OK\r\n: x\r\n\r\n'],
  ['a blank before the colon', 'HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n'],
  ['a negative length', 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n'],
  ['a length in words', 'HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\n'],
  ['an empty length', 'HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n'],
  ['a length beyond all measure', 'HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n'],
  ['two different lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n'],
  ['a length and chunks', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n'],
  ['an unknown coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n'],
  ['a switch of protocols', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n'],
  ['a chunk size that is no number', `${chunked}xyz\r\n`],
  ['a chunk without a size', `${chunked}\r\nhello`],
  ['an extension instead of a size', `${chunked};a=b\r\n`],
  ['a negative chunk size', `${chunked}-1\r\n`],
  ['a chunk size beyond all measure', `${chunked}ffffffffffffffff\r\n`],
  ['a chunk size without CR', `${chunked}2\nhi\r\n`],
  ['a chunk size with CR alone', `${chunked}2\rhi\r\n`],
  ['an extension without CR', `${chunked}2;a\nhi\r\n`],
  ['a chunk longer than its size', `${chunked}2\r\nhi!\r\n`],
  ['a chunk that ends without LF', `${chunked}2\r\nhi\rx`],
  ['a last chunk without its CR', `${chunked}0\r\n\n`],
  ['a last chunk without its LF', `${chunked}0\r\n\rx`],
  ['bytes after the end', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi!'],
  ['bytes after the last chunk', `${chunked}0\r\n\r\n0`],
  ['a body after 204', 'HTTP/1.1 204 No Content\r\n\r\nhi'],
  ["a body after HEAD's blank line", 'HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\nhi'],
]

describe.each(malformed)('a response with %s', (_name, text) => {
  it('is a problem in words', () => {
    expect(read(whole(text))).toEqual({ problem: expect.stringMatching(/\w/u) })
  })

  it('is the same problem wherever it is split', () => {
    const problem = read(whole(text))
    for (let at = 1; at < text.length; at++) expect([at, read(splitAt(text, at))]).toEqual([at, problem])
    expect(read(bytewise(text))).toEqual(problem)
  })
})

describe('a head', () => {
  it('of more than 64 KiB is a problem', () => {
    const header = Buffer.from(`X-Long: ${'y'.repeat(30_000)}\r\n`)
    expect(read([Buffer.from('HTTP/1.1 200 OK\r\n'), header, header])).toMatchObject({ done: false })
    expect(read([Buffer.from('HTTP/1.1 200 OK\r\n'), header, header, header])).toEqual({
      problem: expect.stringContaining('64 KiB'),
    })
  })
})

describe('the end of the connection', () => {
  it.each([
    ['in the head', 'HTTP/1.1 200 OK\r\nContent-'],
    ['in a body with a length', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel'],
    ['in a chunk', `${chunked}5\r\nhel`],
    ['before the last chunk', `${chunked}5\r\nhello\r\n`],
    ['before anything', ''],
  ])('%s completes nothing', (_where, text) => {
    expect(read(whole(text), { closes: true })).toMatchObject({ done: false })
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
      `HTTP/1.1 200 OK\r\nContent-Length: ${sent.length}\r\n\r\n${sent}`,
      `${chunked}${sent && `${sent.length.toString(16)}\r\n${sent}\r\n`}0\r\n\r\n`,
      `HTTP/1.1 200 OK\r\n\r\n${sent}`,
    ]
    for (const [index, text] of framings.entries()) {
      const closes = index === 2
      expect(read(whole(text), { body, closes })).toMatchObject({ done: true, bodyMatches: false })
      for (let at = 1; at < text.length; at += 7)
        expect(read(splitAt(text, at), { body, closes })).toMatchObject({ done: true, bodyMatches: false })
    }
  })

  it('may be any where none is expected', () => {
    expect(read(whole('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi'), { body: null })).toMatchObject({
      bodyMatches: true,
    })
  })
})

describe('a reader', () => {
  it('begins each response anew, whatever the last one was', () => {
    const reader = new ResponseReader()
    const request = encodeRequest(requestOf(), 'localhost', 80)
    const texts = [
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno',
      'HTTP/1.1 junk\r\n\r\n',
      'HTTP/1.0 200 OK\r\nContent-Le',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nh',
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi',
    ]
    for (const text of texts) {
      reader.begin(request)
      reader.push(Buffer.from(text), text.length)
    }
    expect(reader).toMatchObject({ done: true, problem: null, bodyMatches: true, bytes: texts.at(-1)!.length })
    expect(reader.head).toMatchObject({ status: 200, chunked: false, keepAlive: true, contentLength: 2 })
  })
})
