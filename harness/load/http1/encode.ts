import { Buffer } from 'node:buffer'
import { SoakrigError } from '../../kernel/errors.ts'
import type { CompiledChecks } from '../../workload/expect.ts'
import type { HttpConnection } from '../../workload/protocols/http.ts'
import type { WorkloadRequest } from '../../workload/workload.ts'
import { checksOf, keptOf } from '../checks.ts'
import type { Prepared } from '../driver.ts'
import { type EncodedBody, encodeBody, type StreamedBody } from './body.ts'
import type { ResponseShape } from './response.ts'

/** A request as it goes on the wire, with what its response must be; made once, sent many times. */
export interface Http1Request extends Prepared {
  /** The head, and the body unless that is streamed. */
  readonly bytes: Buffer
  readonly streamed: StreamedBody | null
  readonly shape: ResponseShape
  /** Null for any from 200 to 399. */
  readonly expectStatus: number | null
  readonly checks: CompiledChecks | null
  /** Null where no cookies are kept. */
  readonly cookies: CookiePlace | null
}

/** Where the cookies of a user go in a request. */
interface CookiePlace {
  /** The bytes between which the Cookie line belongs: where the one of the request itself begins and ends. */
  readonly start: number
  readonly end: number
  /** What the request itself names; empty for nothing. */
  readonly own: string
  /** What cookies are kept and sent for. */
  readonly url: string
}

/** What the requests of one driver have in common. */
export interface RequestTarget extends Pick<HttpConnection, 'tls' | 'keepAlive' | 'cookies'> {
  readonly host: string
  readonly port: number
}

/** Methods whose content is expected even where it is empty (RFC 9110, section 8.6). */
const methodsWithContent = ['POST', 'PUT', 'PATCH']

/** Line breaks and what else would end a line before its time, or the line that says what is asked for. */
const unsafeValue = /[\0\r\n]/u
const unsafeTarget = /[\0-\x20\x7f]/u
const token = /^[!#$%&'*+.^_`|~\w-]+$/u

/**
 * Encodes an HTTP/1.1 request (RFC 9112); `Host`, `Connection` and the framing are added where the headers lack them.
 * Throws `bad-request` (104) for what would not be one request, `body-file` (104) for a body that cannot be read.
 */
export function encodeRequest(request: WorkloadRequest<'http'>, target: RequestTarget): Http1Request {
  const { message, expect } = request
  checkMessage(request)
  const body = encodeBody(message.body)
  const { head, cookies } = encodeHead(request, target, body)
  const checks = checksOf(expect.checks)
  const kept = keptOf(request, checks)
  return {
    bytes: body.bytes.length === 0 ? head : Buffer.concat([head, body.bytes]),
    streamed: body.streamed,
    shape: {
      head: message.method === 'HEAD',
      expectBody: expect.body === null ? null : Buffer.from(expect.body),
      kept: { ...kept, headers: kept.headers || target.cookies },
    },
    expectStatus: expect.status,
    checks,
    cookies,
    idempotent: request.idempotent,
  }
}

/** The bytes of a request with this Cookie line in place of its own. */
export function withCookies({ bytes }: Http1Request, { start, end }: CookiePlace, cookies: string): Buffer {
  return Buffer.concat([bytes.subarray(0, start), Buffer.from(`Cookie: ${cookies}\r\n`), bytes.subarray(end)])
}

/** The cookies come last, so that what belongs to a user is in one place. */
function encodeHead({ message }: WorkloadRequest<'http'>, target: RequestTarget, body: EncodedBody) {
  const headers = Object.entries(message.headers)
  const valueOf = (name: string) => headers.find(([key]) => key.toLowerCase() === name)?.[1]
  const host = valueOf('host') ?? hostOf(target)
  const own = target.cookies ? (valueOf('cookie') ?? '') : ''
  const lines = [
    `${message.method} ${message.path} HTTP/1.1`,
    ...addedHeaders(message.method, target, body, (name) => valueOf(name) !== undefined),
    ...headers
      .filter(([name]) => !target.cookies || name.toLowerCase() !== 'cookie')
      .map(([name, value]) => `${name}: ${value}`),
  ]
  // Templates and scripts encode a request for each operation: what only cookies need is made only for them.
  if (!target.cookies) return { head: Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), cookies: null }
  const before = Buffer.from(`${lines.join('\r\n')}\r\n`)
  const cookieLine = Buffer.from(own === '' ? '' : `Cookie: ${own}\r\n`)
  const place = {
    start: before.length,
    end: before.length + cookieLine.length,
    own,
    url: urlOf(host, message.path, target),
  }
  return { head: Buffer.concat([before, cookieLine, Buffer.from('\r\n')]), cookies: place }
}

/** What the headers of a request lack. */
function addedHeaders(
  method: string,
  target: RequestTarget,
  body: EncodedBody,
  has: (name: string) => boolean,
): string[] {
  const framing = has('content-length') || has('transfer-encoding') ? null : framingOf(method, body)
  return [
    ...(has('host') ? [] : [`Host: ${hostOf(target)}`]),
    ...(target.keepAlive || has('connection') ? [] : ['Connection: close']),
    ...(framing === null ? [] : [framing]),
  ]
}

/** What cookies are kept for: the host that the request names, as long as that is one. */
function urlOf(host: string, path: string, target: RequestTarget): string {
  const scheme = target.tls ? 'https' : 'http'
  const url = `${scheme}://${host}${path}`
  return URL.canParse(url) ? url : `${scheme}://${hostOf(target)}/`
}

function framingOf(method: string, { sizeBytes, chunked }: EncodedBody): string | null {
  if (chunked) return 'Transfer-Encoding: chunked'
  return sizeBytes > 0 || methodsWithContent.includes(method) ? `Content-Length: ${sizeBytes}` : null
}

/** The host and port as they were named; the default port of https is left out. */
function hostOf({ host, port, tls }: RequestTarget): string {
  const name = host.includes(':') ? `[${host}]` : host
  return tls && port === 443 ? name : `${name}:${port}`
}

/** What a template or a script puts in must stay where it was put. */
function checkMessage({ name, message }: WorkloadRequest<'http'>): void {
  const { method, path, headers } = message
  const wrong =
    (!token.test(method) && `method ${JSON.stringify(method)}`) ||
    ((path === '' || unsafeTarget.test(path)) && `path ${JSON.stringify(path)}`) ||
    Object.entries(headers)
      .filter(([key, value]) => !token.test(key) || unsafeValue.test(value))
      .map(([key, value]) => `header ${JSON.stringify(`${key}: ${value}`)}`)[0]
  if (!wrong) return
  throw new SoakrigError(`the request ${JSON.stringify(name)} cannot be sent with the ${wrong}`, {
    code: 'bad-request',
    exit: 'usage',
    hint: 'A path holds no blanks, a header no line breaks: encode what is put into them.',
  })
}
