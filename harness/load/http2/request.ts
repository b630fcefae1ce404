import { Buffer } from 'node:buffer'
import { SoakrigError } from '../../kernel/errors.ts'
import type { CompiledChecks } from '../../workload/expect.ts'
import { isHeaderName } from '../../workload/header-rules.ts'
import type { Kept } from '../../workload/reply.ts'
import type { WorkloadRequest } from '../../workload/workload.ts'
import { checksOf, keptOf } from '../checks.ts'
import type { Prepared } from '../driver.ts'
import { type EncodedBody, encodeBody } from '../http1/body.ts'

/** A request as node:http2 takes it, with what its response must be; made once, sent many times. */
export interface PreparedHttp2 extends Prepared {
  /** Names and values by turns. */
  readonly headers: readonly string[]
  /** Bytes of their text. */
  readonly headerBytes: number
  /** What cookies are kept and sent for, and the cookies that the request names itself; null where none are kept. */
  readonly cookies: { readonly url: string; readonly own: string } | null
  readonly body: EncodedBody
  readonly expectStatus: number | null
  readonly expectBody: Buffer | null
  readonly kept: Kept
  /** Null where there are none. */
  readonly checks: CompiledChecks | null
}

/** What a prepared request must know of where it goes. */
export interface Authority {
  readonly host: string
  readonly port: number
  readonly secure: boolean
  /** Whether users keep and send cookies. */
  readonly cookies: boolean
}

/** These belong to one HTTP/1.1 connection and are malformed in HTTP/2 (RFC 9113, section 8.2.2). */
const ofConnection: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'te',
])

/**
 * Makes a request ready. `Host` becomes `:authority`, headers of the connection are left out, names become lower case,
 * `content-length` is told where the body is not `chunked`. Throws `body-file` (104) for a file that cannot be read, and
 * `bad-request` (104) for what no request can carry.
 */
export function prepareHttp2(request: WorkloadRequest<'http'>, authority: Authority): PreparedHttp2 {
  const { message, expect, idempotent } = request
  const checks = checksOf(expect.checks)
  const kept = keptOf(request, checks)
  const body = encodeBody(message.body.kind === 'text' ? message.body : { ...message.body, chunked: false })
  const chunked = message.body.kind !== 'text' && message.body.chunked
  const { headers, cookies } = headersOf(request, authority, chunked ? 0 : body.sizeBytes)
  return {
    idempotent,
    headers,
    headerBytes: textBytes(headers),
    cookies,
    body,
    expectStatus: expect.status,
    expectBody: expect.body === null ? null : Buffer.from(expect.body),
    kept: { ...kept, headers: kept.headers || cookies !== null },
    checks,
  }
}

/** Bytes of the text of headers, names and values by turns, before compression. */
export function textBytes(headers: readonly string[]): number {
  let bytes = 0
  for (let index = 0; index < headers.length; index++) bytes += (headers[index] as string).length
  return bytes
}

/** What node:http2 would refuse only when the request is sent, or would send as something else. */
function checkMessage({ name, message }: WorkloadRequest<'http'>): void {
  const { method, path, headers } = message
  // A tunnel is no request, and its pseudo-headers are others (RFC 9113, section 8.5).
  if (!isHeaderName(method) || method === 'CONNECT') throw badRequest(name, `method ${JSON.stringify(method)}`)
  if (path === '' || /[\0-\x20\x7f]/u.test(path)) throw badRequest(name, `path ${JSON.stringify(path)}`)
  const seen = new Set<string>()
  for (const [key, value] of Object.entries(headers)) {
    const lower = key.toLowerCase()
    if (!isHeaderName(key) || /[\0\r\n]/u.test(value))
      throw badRequest(name, `header ${JSON.stringify(`${key}: ${value}`)}`)
    if (seen.has(lower)) throw badRequest(name, `header ${JSON.stringify(lower)}, which is there twice`)
    seen.add(lower)
  }
}

function headersOf(request: WorkloadRequest<'http'>, authority: Authority, bodyBytes: number) {
  const { method, path, headers } = request.message
  checkMessage(request)
  const fields: string[] = []
  let host = hostOf(authority)
  let own = ''
  for (const [key, value] of Object.entries(headers)) {
    const lower = key.toLowerCase()
    if (lower === 'host') host = octets(value)
    else if (lower === 'cookie' && authority.cookies) own = octets(value)
    else if (lower !== 'content-length' && !ofConnection.has(lower)) fields.push(lower, octets(value))
  }
  if (bodyBytes > 0) fields.push('content-length', String(bodyBytes))
  const scheme = authority.secure ? 'https' : 'http'
  const pseudo = [':method', method, ':path', octets(path), ':scheme', scheme, ':authority', host]
  const cookies = authority.cookies ? { url: `${scheme}://${host}${path}`, own } : null
  return { headers: [...pseudo, ...fields], cookies }
}

/** UTF-8, each byte as one character: node:http2 sends no others. */
function octets(text: string): string {
  return Buffer.from(text).toString('latin1')
}

function hostOf({ host, port, secure }: Authority): string {
  const name = host.includes(':') ? `[${host}]` : host
  return secure && port === 443 ? name : `${name}:${port}`
}

function badRequest(name: string, what: string): SoakrigError {
  return new SoakrigError(`the request ${JSON.stringify(name)} cannot be sent with the ${what}`, {
    code: 'bad-request',
    exit: 'usage',
    hint: 'A path holds no blanks, a header no line breaks: encode what is put into them.',
  })
}
