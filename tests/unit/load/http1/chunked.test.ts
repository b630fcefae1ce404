import { Buffer } from 'node:buffer'
import { describe, expect, it } from 'vitest'
import { ChunkedReader } from '../../../../harness/load/http1/chunked.ts'
import { Content } from '../../../../harness/load/http1/content.ts'
import { HeadReader } from '../../../../harness/load/http1/head.ts'

/** What a reader makes of a chunked body that comes in pieces. */
function read(pieces: readonly Buffer[]) {
  const content = new Content()
  const reader = new ChunkedReader(content, new HeadReader())
  content.begin(null, true)
  reader.begin()
  let stop = 0
  for (const piece of pieces) {
    if (reader.done || reader.problem !== null) break
    const shared = Buffer.concat([Buffer.from('xyz'), piece])
    stop += reader.read(shared, 3, shared.length) - 3
    shared.fill(0xaa)
  }
  if (reader.problem !== null) return { problem: reader.problem }
  return { done: reader.done, body: Buffer.from(content.bytes()).toString('latin1'), stop }
}

/** Reads it whole, in single bytes, and cut in two at each byte; fails unless all tell the same. */
function readAnyhow(text: string) {
  const bytes = Buffer.from(text, 'latin1')
  const told = read([bytes])
  const cuts = Array.from(bytes, (_, at) =>
    at === 0 ? Array.from(bytes, (__, i) => bytes.subarray(i, i + 1)) : [bytes.subarray(0, at), bytes.subarray(at)],
  )
  for (const cut of cuts) expect(read(cut)).toEqual(told)
  return told
}

describe('a chunked body', () => {
  it.each([
    ['one chunk', '5\r\nhello\r\n0\r\n\r\n', 'hello'],
    ['no chunk', '0\r\n\r\n', ''],
    ['chunks of a byte', '1\r\nh\r\n1\r\ni\r\n0\r\n\r\n', 'hi'],
    ['sizes in upper and lower case', 'A\r\n0123456789\r\nb\r\n0123456789x\r\n0\r\n\r\n', '01234567890123456789x'],
    ['sizes of several digits', `1f\r\n${'x'.repeat(31)}\r\n0\r\n\r\n`, 'x'.repeat(31)],
    ['leading zeros', '0002\r\nhi\r\n000000000000000000000\r\n\r\n', 'hi'],
    ['data that looks like framing', '7\r\n0\r\n\r\n\r\n\r\n0\r\n\r\n', '0\r\n\r\n\r\n'],
    ['an extension', '2;a\r\nhi\r\n0\r\n\r\n', 'hi'],
    ['extensions with values', '2;a=b;c=d;e\r\nhi\r\n0;f=g\r\n\r\n', 'hi'],
    ['quoted extensions', '2;a="b;\r c\t";d=""\r\nhi\r\n0\r\n\r\n'.replace('\r c', ' c'), 'hi'],
    ['quoted pairs', '2;a="\\"\\\\\\ \\\xe9"\r\nhi\r\n0\r\n\r\n', 'hi'],
    ['blanks in its extensions', '2 \t; a\t= "b" ;c = d ; e ;f\r\nhi\r\n0\r\n\r\n', 'hi'],
    ['a trailer', '2\r\nhi\r\n0\r\nETag: "x"\r\n\r\n', 'hi'],
    ['trailers', '2\r\nhi\r\n0\r\nA: b\r\nC:\r\nConnection: close\r\n\r\n', 'hi'],
  ])('with %s is read', (_what, text, body) => {
    expect(readAnyhow(text)).toEqual({ done: true, body, stop: text.length })
  })

  it('ends where it ends', () => {
    expect(readAnyhow('2\r\nhi\r\n0\r\n\r\nHTTP/1.1')).toEqual({ done: true, body: 'hi', stop: 12 })
    expect(readAnyhow('2\r\nhi\r\n0\r\nA: b\r\n\r\n\r\n')).toEqual({ done: true, body: 'hi', stop: 18 })
  })

  it.each([
    '',
    '2',
    '2\r',
    '2\r\nh',
    '2\r\nhi',
    '2\r\nhi\r',
    '2\r\nhi\r\n',
    '2\r\nhi\r\n0\r\n',
    '0\r\n\r',
    '0\r\nA: b\r\n',
  ])('of %j is not complete', (text) => {
    expect(readAnyhow(text)).toMatchObject({ done: false })
  })

  it.each([
    ['no size', '\r\nhi', 'a chunk without a size'],
    ['an extension instead of a size', ';a=b\r\n', 'a chunk without a size'],
    ['a blank before its size', ' 2\r\nhi\r\n', 'a chunk without a size'],
    ['a minus before its size', '-1\r\n', 'a chunk without a size'],
    ['a size in words', '2two\r\n', '"t" in a chunk size'],
    ['a size in 0x', '0x2\r\n', '"x" in a chunk size'],
    ['a size of 2^53', '20000000000000\r\n', 'a chunk size beyond all measure'],
    ['a size without end', `${'f'.repeat(300)}\r\n`, 'a chunk size beyond all measure'],
    ['a size that ends with LF', '2\nhi\r\n', 'a chunk size without CR LF'],
    ['a size that ends with CR', '2\rhi\r\n', 'a line of a chunked body with CR and no LF'],
    ['blanks behind its size', '2 \r\nhi\r\n', '0x0d in a chunk extension'],
    ['a word behind its size', '2 a\r\nhi\r\n', '"a" in a chunk extension'],
    ['an extension without a name', '2;\r\nhi\r\n', '0x0d in a chunk extension'],
    ['an extension between semicolons without a name', '2;a;;b\r\nhi\r\n', '";" in a chunk extension'],
    ['a value without a name', '2;=b\r\nhi\r\n', '"=" in a chunk extension'],
    ['an equals sign without a value', '2;a=\r\nhi\r\n', '0x0d in a chunk extension'],
    ['two equals signs', '2;a==b\r\nhi\r\n', '"=" in a chunk extension'],
    ['a blank behind its last extension', '2;a \r\nhi\r\n', '0x0d in a chunk extension'],
    ['two words in an extension', '2;a b\r\nhi\r\n', '"b" in a chunk extension'],
    ['two words in a value', '2;a=b c\r\nhi\r\n', '"c" in a chunk extension'],
    ['a quote within a value', '2;a=b"c"\r\nhi\r\n', '""" in a chunk extension'],
    ['a word behind a quote', '2;a="b"c\r\nhi\r\n', '"c" in a chunk extension'],
    ['a quote that does not end', '2;a="b\r\nhi\r\n', '0x0d in a chunk extension'],
    ['a control byte in quotes', '2;a="\x01"\r\nhi\r\n', '0x01 in a chunk extension'],
    ['a control byte in a quoted pair', '2;a="\\\x7f"\r\nhi\r\n', '0x7f in a chunk extension'],
    ['a NUL in an extension', '2;a\0\r\nhi\r\n', '0x00 in a chunk extension'],
    ['an extension that ends with LF', '2;a\nhi\r\n', '0x0a in a chunk extension'],
    ['more data than its size', '2\r\nhi!\r\n', 'a chunk longer than its size'],
    ['data that ends with LF', '2\r\nhi\n', 'a chunk longer than its size'],
    ['data that ends with CR', '2\r\nhi\rx', 'a line of a chunked body with CR and no LF'],
    ['LF alone behind its last chunk', '0\r\n\n', 'a header line without a colon'],
    ['CR alone behind its last chunk', '0\r\n\rx', 'a header line with CR and no LF'],
    ['a blank before the colon of a trailer', '0\r\nA : b\r\n\r\n', 'a blank in the name of a header'],
    ['a trailer without a name', '0\r\n: b\r\n\r\n', 'a header line without a name'],
    ['a trailer without a colon', '0\r\nA\r\n\r\n', 'a header line without a colon'],
    ['a folded trailer', '0\r\nA: b\r\n c\r\n\r\n', 'a folded header line'],
    ['a NUL in a trailer', '0\r\nA: \0\r\n\r\n', 'the control byte 0x00 in a header line'],
    ['a trailer that ends with LF', '0\r\nA: b\n\r\n', 'a header line without CR LF'],
    [
      'a length in the trailers',
      '0\r\nA: b\r\nContent-Length: 2\r\n\r\n',
      'a header that frames a message in the trailers',
    ],
    ['a coding in the trailers', '0\r\nTransfer-Encoding: x\r\n\r\n', 'a header that frames a message in the trailers'],
  ])('with %s is refused', (_what, text, problem) => {
    expect(readAnyhow(text)).toEqual({ problem })
  })

  it('may have a line of 16 KiB before a chunk, and no longer one', () => {
    const line = (bytes: number) => `2;a=${'b'.repeat(bytes - 5)}\r\nhi\r\n0\r\n\r\n`
    const inHalves = (text: string) => [Buffer.from(text.slice(0, 9000)), Buffer.from(text.slice(9000))]
    const problem = 'a line before a chunk of more than 16 KiB'
    for (const cut of [inHalves, (text: string) => [Buffer.from(text)]]) {
      expect(read(cut(line(16_384)))).toMatchObject({ done: true, body: 'hi' })
      expect(read(cut(line(16_385)))).toEqual({ problem })
      expect(read(cut(`${'0'.repeat(16_385)}\r\n`))).toEqual({ problem })
      expect(read(cut('0'.repeat(20_000)))).toEqual({ problem })
    }
  })

  it('may have trailers of 64 KiB, and no more', () => {
    const trailers = (bytes: number) => `0\r\n${'A: b\r\n'.repeat(10)}A:${'b'.repeat(bytes - 66)}\r\n\r\n`
    const inThirds = (text: string) =>
      [text.slice(0, 5), text.slice(5, 40_000), text.slice(40_000)].map((piece) => Buffer.from(piece))
    for (const cut of [inThirds, (text: string) => [Buffer.from(text)]]) {
      expect(read(cut(trailers(65_536)))).toMatchObject({ done: true, stop: 65_539 })
      expect(read(cut(trailers(65_537)))).toEqual({ problem: 'trailers of more than 64 KiB' })
    }
  })
})
