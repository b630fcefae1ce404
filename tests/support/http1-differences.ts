import type { Reading } from './http1-reading.ts'

/** Where our reader and the oracle are known to differ, and why we do. */
export interface Difference {
  readonly name: string
  readonly why: string
  /** Later versions of llhttp, such as that of Node itself, decide as we do. */
  readonly laterAgrees?: true
  /** The smallest connection that shows it; not HEAD. */
  readonly example: string
  /** What we make of the example. */
  readonly ours: Partial<Reading>
  /** True when it explains what is made of a response, given its bytes without interim responses before it. */
  readonly explains: (ours: Reading, oracle: Reading, text: string) => boolean
}

const ok = 'HTTP/1.1 200 OK\r\n'
const two = 'Content-Length: 2\r\n\r\nhi'
const chunked = `${ok}Transfer-Encoding: chunked\r\n\r\n`
const problem = { outcome: 'problem' } as const
const complete = { outcome: 'complete', status: 200, body: 'hi' } as const

const refused = ({ outcome }: Reading) => outcome === 'problem'

/** We refuse in these words what the oracle accepts, or has no objection to yet. */
const stricter =
  (words: RegExp, bytes = /^/u) =>
  (ours: Reading, oracle: Reading, text: string) =>
    refused(ours) && !refused(oracle) && words.test(ours.reason ?? '') && bytes.test(text)

/** The oracle refuses in these words what we accept, or go on with. */
const laxer = (words: RegExp, bytes: RegExp) => (ours: Reading, oracle: Reading, text: string) =>
  refused(oracle) && words.test(oracle.reason ?? '') && !refused(ours) && bytes.test(text)

/** Both accept, and differ in nothing but whether the connection stays open. */
const otherKeepAlive = (keepAlive: boolean, bytes: RegExp) => (ours: Reading, oracle: Reading, text: string) =>
  JSON.stringify({ ...ours, keepAlive: oracle.keepAlive }) === JSON.stringify(oracle) &&
  ours.keepAlive === keepAlive &&
  bytes.test(text)

const noStatusLine = /^no HTTP/u
const interimWithBody =
  /^HTTP\/1\.[01] 1(?:0[4-9]|[1-9]\d)[ \r][^\n]*\n(?:[^\r\n][^\n]*\n)*?(?:content-length|transfer-encoding):/iu
const chunkedAndMore = /^HTTP[^\n]*\n(?:[^\r\n][^\n]*\n)*?transfer-encoding:[^\r\n]*chunked[ \t,]*[\t,][ \t,]*\r\n/iu
const optionAndTab = /^HTTP[^\n]*\n(?:[^\r\n][^\n]*\n)*?connection:[^\r\n]*(?:close|keep-alive) *\t[ \t]*(?:\r|,)/iu
const extensionBlank = /^[\da-f]+[^\r\n]*[ \t]/imu

export const knownDifferences: readonly Difference[] = [
  {
    name: 'an empty line before the status line',
    why: 'RFC 9112, section 2.2, lets a server read past it before a request; a response has none.',
    example: `\r\n${ok}${two}`,
    ours: problem,
    explains: stricter(noStatusLine, /^[\r\n]/u),
  },
  {
    name: 'RTSP, ICE, HTTP/0.9 and HTTP/2.0',
    why: 'None of them is HTTP/1, and we asked for nothing else.',
    example: `RTSP/1.1 200 OK\r\n${two}`,
    ours: problem,
    explains: stricter(noStatusLine, /^(?:R|I|HTTP\/[02])/u),
  },
  {
    name: 'a status below 100',
    why: 'RFC 9110, section 15, has none; as a number it would pass for a success.',
    example: `HTTP/1.1 042 OK\r\n${two}`,
    ours: problem,
    explains: stricter(noStatusLine, /^HTTP\/1\.[01] 0/u),
  },
  {
    name: 'control bytes in the reason',
    why: 'RFC 9112, section 4, allows none, and the same bytes are refused in a header by both.',
    example: `HTTP/1.1 200 O\0K\r\n${two}`,
    ours: problem,
    explains: stricter(/^the control byte 0x\w\w in a status line$/u),
  },
  {
    name: 'a second CR in place of the LF of the status line',
    why: 'A line ends with CR LF (RFC 9112, section 2.2).',
    laterAgrees: true,
    example: `HTTP/1.1 200 OK\r\r${two}`,
    ours: problem,
    explains: stricter(/^a status line with CR and no LF$/u, /^HTTP[^\r\n]*\r\r/u),
  },
  {
    name: 'equal lengths, in several headers or in a list',
    why: 'RFC 9112, section 6.3: they are processed as one.',
    example: `${ok}Content-Length: 2\r\n${two}`,
    ours: complete,
    explains: laxer(
      /^(?:Duplicate Content-Length|Invalid character in Content-Length)$/u,
      /^content-length:[ \t]*(\d+)(?:[ \t]*,[ \t]*0*\d+)*[ \t]*\r\n(?:[^\n]+\n)*?content-length:|^content-length:[ \t]*\d+[ \t]*,/imu,
    ),
  },
  {
    name: 'a tab behind a length',
    why: 'Blanks around a value are spaces and tabs (RFC 9110, section 5.5).',
    laterAgrees: true,
    example: `${ok}Content-Length: 2\t\r\n\r\nhi`,
    ours: complete,
    explains: laxer(/^Invalid character in Content-Length$/u, /^content-length:[ \t]*\d+ *\t[ \t]*\r/imu),
  },
  {
    name: 'a tab behind an option of connection',
    why: 'Blanks around a value are spaces and tabs (RFC 9110, section 5.5).',
    example: `${ok}Connection: close\t\r\n${two}`,
    ours: { ...complete, keepAlive: false },
    explains: (ours, oracle, text) => otherKeepAlive(!oracle.keepAlive, optionAndTab)(ours, oracle, text),
  },
  {
    name: 'a length of 2^53 and more',
    why: 'It cannot be counted exactly; the oracle counts up to 2^64.',
    example: `${ok}Content-Length: 9007199254740992\r\n\r\nhi`,
    ours: problem,
    explains: stricter(/^content-length "\d{16,}"$/u),
  },
  {
    name: 'a chunk of 2^53 bytes and more',
    why: 'It cannot be counted exactly; the oracle counts up to 2^64.',
    example: `${chunked}20000000000000\r\nhi`,
    ours: problem,
    explains: stricter(/^a chunk size beyond all measure$/u),
  },
  {
    name: 'an announced body that is too long to be kept',
    why: 'Who must look at a body gets a problem, never half of it; a body that nobody looks at may have any length.',
    example: `${chunked}2000000\r\nhi`,
    ours: problem,
    explains: stricter(/^a body of more than 16 MiB/u),
  },
  {
    name: 'an empty transfer-encoding',
    why: 'A head that names the coding of its body and leaves it open is not to be trusted.',
    laterAgrees: true,
    example: `${ok}Transfer-Encoding:\r\n${two}`,
    ours: problem,
    explains: stricter(/^an empty transfer-encoding$/u),
  },
  {
    name: 'a transfer coding that is malformed, or chunked twice or with a parameter',
    why: 'RFC 9112, sections 6.1, 7 and 7.1: what is no coding cannot be read, and chunked is applied once and has no parameter.',
    example: `${ok}Transfer-Encoding: chunked, chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n`,
    ours: problem,
    explains: stricter(/^transfer-encoding "/u),
  },
  {
    name: 'a tab or an empty element behind chunked',
    why: 'Both mean nothing (RFC 9110, sections 5.5 and 5.6.1): the last coding is chunked, and does not last until the close.',
    example: `${ok}Transfer-Encoding: chunked\t\r\n\r\n2\r\nhi\r\n0\r\n\r\n`,
    ours: complete,
    explains: (_ours, _oracle, text) => chunkedAndMore.test(text),
  },
  {
    name: 'a transfer coding in HTTP/1.0',
    why: 'RFC 9112, section 6.1: its framing is faulty, and the connection ends with it.',
    example: 'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n',
    ours: { ...complete, keepAlive: false },
    explains: otherKeepAlive(false, /^HTTP\/1\.0 [^]*\r\ntransfer-encoding:/iu),
  },
  {
    name: 'blanks in a chunk extension',
    why: 'RFC 9112, section 7.1.1: they are bad, and a recipient reads past them.',
    example: `${chunked}2 ; a = b\r\nhi\r\n0\r\n\r\n`,
    ours: complete,
    explains: laxer(/^Invalid character in chunk (?:size|extensions)/u, extensionBlank),
  },
  {
    name: 'a chunk extension that is malformed',
    why: 'RFC 9112, section 7.1.1: it has a name, a value behind its equals sign, and a whole value is quoted or none of it.',
    example: `${chunked}2;a=\r\nhi\r\n0\r\n\r\n`,
    ours: problem,
    explains: stricter(/in a chunk extension$/u),
  },
  {
    name: 'a transfer-encoding in the trailers',
    why: 'What frames a message never stands behind it (RFC 9110, section 6.5.1); both refuse a length there.',
    example: `${chunked}0\r\nTransfer-Encoding: gzip\r\n\r\n`,
    ours: problem,
    explains: stricter(/^a header that frames a message in the trailers$/u),
  },
  {
    name: 'a connection option in the trailers',
    why: 'Trailers are not merged into the headers (RFC 9110, section 6.5.1).',
    example: `${chunked}2\r\nhi\r\n0\r\nConnection: close\r\n\r\n`,
    ours: { ...complete, keepAlive: true },
    explains: (ours, oracle, text) =>
      /chunked[^]*\r\n0[^\n]*\n(?:[^\n]+\n)*(?:proxy-)?connection:/iu.test(text) &&
      otherKeepAlive(ours.keepAlive, /^/u)(ours, oracle, text),
  },
  {
    name: 'proxy-connection',
    why: 'No specification knows it (RFC 9112, appendix C.2.2), and there is no proxy here.',
    example: `${ok}Proxy-Connection: close\r\n${two}`,
    ours: { ...complete, keepAlive: true },
    explains: (ours, oracle, text) => otherKeepAlive(!oracle.keepAlive, /^proxy-connection:/imu)(ours, oracle, text),
  },
  {
    name: 'close and keep-alive in HTTP/1.0',
    why: 'RFC 9112, section 9.3: close decides.',
    example: `HTTP/1.0 200 OK\r\nConnection: keep-alive, close\r\n${two}`,
    ours: { ...complete, keepAlive: false },
    explains: otherKeepAlive(false, /^HTTP\/1\.0 [^]*\r\nconnection:[^]*close/iu),
  },
  {
    name: 'a body behind an interim response',
    why: 'None has one (RFC 9112, section 6.3); the oracle knows that of 100 to 103 only.',
    example: `HTTP/1.1 104 What\r\nContent-Length: 2\r\n\r\n${ok}${two}`,
    ours: complete,
    explains: (_ours, _oracle, text) => interimWithBody.test(text),
  },
  {
    name: 'a switch of protocols',
    why: 'We did not ask for one; the oracle leaves that to its user.',
    example: `HTTP/1.1 101 Yes\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n${ok}${two}`,
    ours: problem,
    explains: stricter(/^a switch of protocols/u),
  },
]

const interimHead = /^HTTP\/1\.[01] 1(\d\d)[^\r\n]*\r\n((?:[^\r\n]+\r\n)*)\r\n/u
const framingHeader = /^(?:content-length|transfer-encoding):/imu

/** What is left of a response behind the interim ones before it, of which both see the end. */
export function withoutInterim(text: string, start: number): string {
  const rest = text.slice(start)
  const [head = '', status = '', headers = ''] = interimHead.exec(rest) ?? []
  const clear = status <= '03' || !framingHeader.test(headers)
  return head !== '' && clear ? withoutInterim(text, start + head.length) : rest
}
