import { Buffer } from 'node:buffer'
import { describe, expect, it } from 'vitest'
import { HeadReader, incomplete } from '../../../../harness/load/http1/head.ts'
import { viewOf } from '../../../../harness/load/http1/octets.ts'

const ok = 'HTTP/1.1 200 OK\r\n'

/** What a reader makes of a head that comes piece by piece, behind what is there already. */
function read(text: string, ends: readonly number[] = [text.length]) {
  const reader = new HeadReader()
  const bytes = Buffer.from(`xyz${text}`, 'latin1')
  reader.begin()
  let stop = incomplete
  for (let from = 3, i = 0; i < ends.length && stop === incomplete && reader.problem === null; i++) {
    const end = 3 + (ends[i] as number)
    stop = reader.read(viewOf(bytes), from, end)
    from = end
  }
  const { status, persistent, problem } = reader
  const { contentLength, chunked, coded, close, keepAlive } = reader.framing
  if (problem !== null) return { problem }
  if (stop === incomplete) return { incomplete: true }
  return { stop: stop - 3, status, persistent, contentLength, chunked, coded, close, keepAlive }
}

/** Reads it whole, in single bytes, and cut in two at each byte; fails unless all tell the same. */
function readAnyhow(text: string) {
  const told = read(text)
  const at = Array.from(text, (_, index) => index + 1)
  const others = [at, ...at.slice(0, -1).map((index) => [index, text.length])].map((ends) => [ends, read(text, ends)])
  expect(others).toEqual(others.map(([ends]) => [ends, told]))
  return told
}

const plain = {
  status: 200,
  persistent: true,
  contentLength: -1,
  chunked: false,
  coded: false,
  close: false,
  keepAlive: false,
}

const acceptedLines: readonly (readonly [string, string, object])[] = [
  ['a reason', 'HTTP/1.1 200 OK', {}],
  ['a reason of several words', 'HTTP/1.1 404 Not \t Found', { status: 404 }],
  ['a reason beyond ASCII', 'HTTP/1.1 200 Gr\xfc\xdfe\x80\xff', {}],
  ['no reason', 'HTTP/1.1 200 ', {}],
  ['no reason and no space', 'HTTP/1.1 200', {}],
  ['the lowest status', 'HTTP/1.1 100', { status: 100 }],
  ['a status without a meaning', 'HTTP/1.1 799', { status: 799 }],
  ['the highest status', 'HTTP/1.1 999', { status: 999 }],
  ['HTTP/1.0', 'HTTP/1.0 200 OK', { persistent: false }],
]

const noStatusLine = 'no HTTP/1.0 or HTTP/1.1 status line'

const refusedLines: readonly (readonly [string, string, string])[] = [
  ['another protocol', 'SSH-2.0-OpenSSH_9.2', noStatusLine],
  ['lower case', 'http/1.1 200 OK', noStatusLine],
  ['HTTP/0.9', 'HTTP/0.9 200 OK', noStatusLine],
  ['HTTP/1.2', 'HTTP/1.2 200 OK', noStatusLine],
  ['HTTP/2', 'HTTP/2 200 OK', noStatusLine],
  ['a version with a letter', 'HTTP/1.x 200 OK', noStatusLine],
  ['a tab behind the version', 'HTTP/1.1\t200 OK', noStatusLine],
  ['two spaces behind the version', 'HTTP/1.1  200 OK', noStatusLine],
  ['no status', 'HTTP/1.1 OK', noStatusLine],
  ['status 000', 'HTTP/1.1 000 OK', noStatusLine],
  ['status 099', 'HTTP/1.1 099 OK', noStatusLine],
  ['a status of two digits', 'HTTP/1.1 20 OK', noStatusLine],
  ['a status of four digits', 'HTTP/1.1 2000 OK', noStatusLine],
  ['a status with a letter', 'HTTP/1.1 2x0 OK', noStatusLine],
  ['a tab behind the status', 'HTTP/1.1 200\tOK', noStatusLine],
  ['an empty line before it', '\r\nHTTP/1.1 200 OK', noStatusLine],
  ['a NUL in the reason', 'HTTP/1.1 200 O\0K', 'the control byte 0x00 in a status line'],
  ['a DEL in the reason', 'HTTP/1.1 200 \x7f', 'the control byte 0x7f in a status line'],
  ['a CR in the reason', 'HTTP/1.1 200 O\rK', 'a status line with CR and no LF'],
  ['two CR', 'HTTP/1.1 200 OK\r', 'a status line with CR and no LF'],
]

describe('a status line', () => {
  it.each(acceptedLines)('with %s is read', (_what, line, expected) => {
    const text = `${line}\r\n\r\n`
    expect(readAnyhow(text)).toEqual({ ...plain, ...expected, stop: text.length })
  })

  it.each(refusedLines)('with %s is refused', (_what, line, problem) => {
    expect(readAnyhow(`${line}\r\n\r\n`)).toEqual({ problem })
  })

  it('that ends with LF alone is refused, with a reason and without', () => {
    expect(readAnyhow('HTTP/1.1 200 OK\nA: b\n\n')).toEqual({ problem: 'a status line without CR LF' })
    expect(readAnyhow('HTTP/1.1 200\nA: b\n\n')).toEqual({ problem: noStatusLine })
  })

  it.each(['G', 'HTTP-', 'HTTP/2', 'HTTP/1.1 1x'])('%j is refused before its line ends', (text) => {
    expect(readAnyhow(text)).toEqual({ problem: noStatusLine })
  })

  it.each(['H', 'HTTP/1.', 'HTTP/1.1 20', ok.trim(), 'HTTP/1.1 200\r'])('%j may still become one', (text) => {
    expect(readAnyhow(text)).toEqual({ incomplete: true })
  })
})

describe('a header', () => {
  const tokens = "!#$%&'*+-.^_`|~0123456789abcxyzABCXYZ"

  it('may have every byte of a token in its name, and no other', () => {
    expect(readAnyhow(`${ok}${tokens}: b\r\n\r\n`)).toMatchObject({ status: 200 })
    const bytes = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code))
    const accepted = bytes.filter((byte) => !('problem' in read(`${ok}A${byte}B: c\r\n\r\n`)))
    expect(accepted.join('')).toMatch(/^[!#$%&'*+\-.0-9:A-Z^_`a-z|~]{78}$/u)
  })

  it('may have blanks, visible ASCII and what is beyond it in its value, and nothing else', () => {
    const bytes = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code))
    const refused = bytes.filter((byte) => 'problem' in read(`${ok}A: b${byte}c\r\n\r\n`))
    const controls = bytes.filter((byte) => (byte < ' ' && byte !== '\t') || byte === '\x7f')
    expect(refused).toEqual(controls)
    for (const at of [0, 1, 2, 3, 4, 5, 6, 7, 8]) {
      const values = controls.map((byte) => `${'b'.repeat(at)}${byte}\xff\x80cccccc`)
      expect(values.filter((value) => !('problem' in read(`${ok}A: ${value}\r\n\r\n`)))).toEqual([])
    }
  })

  it.each([
    ['no value', 'A:'],
    ['a value of blanks', 'A: \t '],
    ['no blank behind the colon', 'A:b'],
    ['many blanks around its value', 'A:\t \tb \t '],
    ['colons in its value', 'A: b:c::'],
    ['the length of a name that matters', 'Connectiox: close'],
    ['a longer name than one that matters', 'Content-Length-X: 2'],
    ['a name whose letters differ from one that matters in bit 5', 'Content\rLength: 2'.replace('\r', 'M')],
  ])('with %s means nothing', (_what, line) => {
    const text = `${ok}${line}\r\n\r\n`
    expect(readAnyhow(text)).toEqual({ ...plain, stop: text.length })
  })

  it.each([
    ['no colon', 'nonsense', 'a header line without a colon'],
    ['no name', ': b', 'a header line without a name'],
    ['a blank before its colon', 'A : b', 'a blank in the name of a header'],
    ['a tab before its colon', 'A\t: b', 'a blank in the name of a header'],
    ['a blank in its name', 'A B: c', 'a blank in the name of a header'],
    ['a blank before its name', ' A: b', 'a folded header line'],
    ['a second line', 'A: b\r\n c', 'a folded header line'],
    ['a second line behind a tab', 'A: b\r\n\tc', 'a folded header line'],
    ['a quote in its name', 'A"B: c', '""" in the name of a header'],
    ['a NUL in its name', 'A\0: b', '0x00 in the name of a header'],
    ['a letter beyond ASCII in its name', 'A\xe4: b', '0xe4 in the name of a header'],
    ['a NUL in its value', 'A: b\0', 'the control byte 0x00 in a header line'],
    ['a DEL in its value', 'A: \x7f', 'the control byte 0x7f in a header line'],
    ['LF alone at its end', 'A: b\nC: d', 'a header line without CR LF'],
    ['CR alone at its end', 'A: b\rC: d', 'a header line with CR and no LF'],
    ['two CR at its end', 'A: b\r', 'a header line with CR and no LF'],
  ])('with %s is refused', (_what, line, problem) => {
    expect(readAnyhow(`${ok}${line}\r\n\r\n`)).toEqual({ problem })
  })

  it('is refused at its first malformed byte, before its line ends', () => {
    expect(readAnyhow(`${ok}A b`)).toEqual({ problem: 'a blank in the name of a header' })
    expect(readAnyhow(`${ok}A: b\x01`)).toEqual({ problem: 'the control byte 0x01 in a header line' })
  })

  it('section that ends with LF alone, or with CR alone, is refused', () => {
    expect(readAnyhow(`${ok}A: b\r\n\n`)).toEqual({ problem: 'a header line without a colon' })
    expect(readAnyhow(`${ok}A: b\r\n\rx`)).toEqual({ problem: 'a header line with CR and no LF' })
  })
})

describe('content-length', () => {
  it.each([
    ['a number', 'Content-Length: 42', 42],
    ['0', 'Content-Length: 0', 0],
    ['odd letters and blanks', 'cOnTeNt-lEnGtH:\t 42 \t', 42],
    ['leading zeros', `Content-Length: ${'0'.repeat(50)}42`, 42],
    ['the largest exact number', 'Content-Length: 9007199254740991', 9_007_199_254_740_991],
    ['the same twice', 'Content-Length: 42\r\ncontent-length: 042', 42],
    ['a list of the same', 'Content-Length: 42, 42,\t42', 42],
  ])('of %s is read', (_what, lines, contentLength) => {
    expect(readAnyhow(`${ok}${lines}\r\n\r\n`)).toMatchObject({ contentLength })
  })

  it.each([
    ['nothing', 'Content-Length:', 'content-length ""'],
    ['blanks', 'Content-Length: \t', 'content-length ""'],
    ['words', 'Content-Length: five', 'content-length "five"'],
    ['a plus', 'Content-Length: +5', 'content-length "+5"'],
    ['a minus', 'Content-Length: -5', 'content-length "-5"'],
    ['a fraction', 'Content-Length: 5.0', 'content-length "5.0"'],
    ['two numbers without a comma', 'Content-Length: 5 5', 'content-length "5 5"'],
    ['a list with nothing in it', 'Content-Length: 5,', 'content-length "5,"'],
    ['more than can be counted', 'Content-Length: 9007199254740992', 'content-length "9007199254740992"'],
    ['no end of digits', `Content-Length: ${'9'.repeat(400)}`, `content-length "${'9'.repeat(79)}…"`],
    ['two that differ', 'Content-Length: 5\r\nContent-Length: 6', 'two different content-lengths'],
    ['a list of two that differ', 'Content-Length: 5, 6', 'two different content-lengths'],
    ['a coding before it', 'Transfer-Encoding: x\r\nContent-Length: 5', 'both content-length and transfer-encoding'],
    ['a coding behind it', 'Content-Length: 5\r\nTransfer-Encoding: x', 'both content-length and transfer-encoding'],
  ])('of %s is refused', (_what, lines, problem) => {
    expect(readAnyhow(`${ok}${lines}\r\n\r\n`)).toEqual({ problem })
  })
})

describe('transfer-encoding', () => {
  it.each([
    ['chunked', 'Transfer-Encoding: chunked', true],
    ['chunked in odd letters and blanks', 'TRANSFER-ENCODING:\tcHuNkEd \t', true],
    ['another before chunked', 'Transfer-Encoding: gzip, chunked', true],
    ['another with parameters before chunked', 'Transfer-Encoding: a;b=c ; d = "e \\" f",chunked', true],
    ['another before chunked, in two headers', 'Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked', true],
    ['empty elements around chunked', 'Transfer-Encoding: , chunked,,', true],
    ['another', 'Transfer-Encoding: identity', false],
    ['another behind chunked', 'Transfer-Encoding: chunked, gzip', false],
    ['another behind chunked, in two headers', 'Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip', false],
    ['a word that holds chunked', 'Transfer-Encoding: xchunked', false],
  ])('of %s is read', (_what, lines, chunked) => {
    expect(readAnyhow(`${ok}${lines}\r\n\r\n`)).toMatchObject({ coded: true, chunked })
  })

  it.each([
    ['nothing', 'Transfer-Encoding: \t', 'an empty transfer-encoding'],
    ['chunked twice', 'Transfer-Encoding: chunked, chunked', 'transfer-encoding "chunked, chunked"'],
    [
      'chunked in two headers',
      'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked',
      'transfer-encoding "chunked"',
    ],
    ['chunked with a parameter', 'Transfer-Encoding: chunked;a=b', 'transfer-encoding "chunked;a=b"'],
    ['two words', 'Transfer-Encoding: chunked abc', 'transfer-encoding "chunked abc"'],
    ['what is no word', 'Transfer-Encoding: (x), chunked', 'transfer-encoding "(x), chunked"'],
    ['a parameter without a value', 'Transfer-Encoding: a;b, chunked', 'transfer-encoding "a;b, chunked"'],
    ['a quote that does not end', 'Transfer-Encoding: a;b="c, chunked', 'transfer-encoding "a;b=\\"c, chunked"'],
    ['a no-break space', 'Transfer-Encoding: \xa0chunked', 'transfer-encoding "chunked"'],
  ])('of %s is refused', (_what, lines, problem) => {
    expect(readAnyhow(`${ok}${lines}\r\n\r\n`)).toEqual({ problem })
  })

  it.each([' ', ' ,', ';a=b', '"', 'x;', '\t;\t'])('of 64,000 bytes of %j is decided at once', (text) => {
    const startedNs = process.hrtime.bigint()
    read(`${ok}Transfer-Encoding: x${text.repeat(64_000 / text.length)}(\r\n\r\n`)
    expect(Number(process.hrtime.bigint() - startedNs)).toBeLessThan(500e6)
  })
})

describe('connection', () => {
  it.each([
    ['close', 'Connection: close', { close: true, keepAlive: false }],
    ['keep-alive in odd letters and blanks', 'CONNECTION:\tKeep-Alive \t', { close: false, keepAlive: true }],
    ['several options', 'Connection: foo , Close,bar', { close: true, keepAlive: false }],
    ['both, in a list', 'Connection: close, keep-alive', { close: true, keepAlive: true }],
    ['both, in two headers', 'Connection: keep-alive\r\nConnection: close', { close: true, keepAlive: true }],
    ['empty elements', 'Connection: ,, close ,', { close: true, keepAlive: false }],
    ['nothing', 'Connection:', { close: false, keepAlive: false }],
    [
      'options that begin or end like these',
      'Connection: closed, unclose, keep-alives',
      { close: false, keepAlive: false },
    ],
    ['two words without a comma', 'Connection: close keep-alive', { close: false, keepAlive: false }],
  ])('of %s is read', (_what, lines, expected) => {
    expect(readAnyhow(`${ok}${lines}\r\n\r\n`)).toMatchObject(expected)
  })
})
