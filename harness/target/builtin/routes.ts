import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

const largestBytes = 16 * 2 ** 20
const longestDelayMs = 60_000
const json = 'application/json'

/** What is answered to a request, once it is its time. */
export interface Reply {
  readonly status: number
  readonly body: string | Buffer
  /** Content-Type; plain text when absent. */
  readonly type?: string
  /** Besides the type and the length; names in lower case. */
  readonly headers?: Readonly<Record<string, string>>
  readonly chunked?: boolean
  /** Wait that the path itself asks for. */
  readonly delayMs?: number
  /** The connection is closed after it. */
  readonly closes?: boolean
  /** It does not wait for the request's body. */
  readonly early?: boolean
  /** What is answered is `uploadReply` of the request's body, not this one's. */
  readonly digest?: boolean
  /** What is answered is what the dependency says, not this one's. */
  readonly asks?: boolean
}

/** The request that is answered, as far as its path does not say it. */
export interface Asked {
  readonly headers: IncomingHttpHeaders
}

const ok: Reply = { status: 200, body: 'ok' }
const notFound: Reply = { status: 404, body: 'not found' }
const bad = (body: string): Reply => ({ status: 400, body })
const jsonReply = (value: unknown): Reply => ({ status: 200, type: json, body: JSON.stringify(value) })

/** By the first step of a path; they get what follows it. */
const routes: ReadonlyMap<string, (rest: string, asked: Asked) => Reply> = new Map([
  ['echo', (rest) => decoded(rest, (text) => ({ status: 200, body: text }))],
  ['bytes', (rest) => numbered(rest, [0, largestBytes], (count) => ({ status: 200, body: bytes(count) }))],
  [
    'chunked',
    (rest) => numbered(rest, [0, largestBytes], (count) => ({ status: 200, body: bytes(count), chunked: true })),
  ],
  ['delay', (rest) => numbered(rest, [0, longestDelayMs], (delayMs) => ({ ...ok, delayMs }))],
  ['status', (rest) => numbered(rest, [200, 599], (status) => ({ status, body: `status ${status}` }))],
  ['early', (rest) => numbered(rest, [200, 599], (status) => ({ status, body: `status ${status}`, early: true }))],
  ['close', (rest) => (rest ? notFound : { ...ok, closes: true })],
  ['upload', (rest) => (rest ? notFound : { ...uploadReply({ sizeBytes: 0, sha256: emptyDigest }), digest: true })],
  ['headers', (rest, asked) => (rest ? notFound : jsonReply(fieldsOf(asked)))],
  ['cookies', cookies],
  ['login', (rest) => decoded(rest, login)],
  ['whoami', (rest, asked) => (rest ? notFound : whoami(asked))],
])

/**
 * The reply to a path without its query: `/`, `/echo/TEXT`, `/bytes/N`, `/chunked/N`, `/delay/MS`, `/status/N`, `/early/N`,
 * `/close`, `/upload`, `/headers`, `/cookies`, `/cookies/set/NAME/VALUE`, `/login/NAME`, `/whoami`; 400 on what is out of
 * range, else 404. The same for HTTP/1.1 and HTTP/2.
 */
export function replyTo(path: string, asked: Asked): Reply {
  if (path === '/') return ok
  const slash = path.indexOf('/', 1)
  const route = routes.get(slash < 0 ? path.slice(1) : path.slice(1, slash))
  return route ? route(slash < 0 ? '' : path.slice(slash + 1), asked) : notFound
}

const emptyDigest = createHash('sha256').digest('hex')

/** The answer to an upload: how much was received, and its digest in hexadecimal. */
export function uploadReply({ sizeBytes, sha256 }: { readonly sizeBytes: number; readonly sha256: string }): Reply {
  return jsonReply({ bytes: sizeBytes, sha256 })
}

function decoded(text: string, reply: (text: string) => Reply): Reply {
  if (!text.includes('%')) return reply(text)
  try {
    return reply(decodeURIComponent(text))
  } catch {
    return bad('malformed escape in the path')
  }
}

function numbered(text: string, [min, max]: readonly [number, number], reply: (value: number) => Reply): Reply {
  const value = /^\d+$/u.test(text) ? Number(text) : Number.NaN
  return value >= min && value <= max ? reply(value) : bad(`allowed: a whole number from ${min} to ${max}`)
}

let pattern = Buffer.alloc(0)

/** The first `count` bytes of an endless "0123456789abcdef"; all answers share one buffer. */
function bytes(count: number): Buffer {
  if (pattern.length < count) pattern = Buffer.alloc(Math.min(largestBytes, count * 2), '0123456789abcdef')
  return pattern.subarray(0, count)
}

/** Header fields without HTTP/2's pseudo-headers. */
function fieldsOf({ headers }: Asked): Record<string, unknown> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith(':')))
}

/** `/cookies` tells the cookies that came, `/cookies/set/NAME/VALUE` gives one. */
function cookies(rest: string, { headers }: Asked): Reply {
  if (rest === '') {
    const pairs = (headers.cookie ?? '').split(';').map((pair) => pair.trim())
    return jsonReply(Object.fromEntries(pairs.filter(Boolean).map(splitPair)))
  }
  const [verb, name = '', value = '', ...more] = rest.split('/')
  if (verb !== 'set' || more.length > 0) return notFound
  // cookie-name and cookie-value of RFC 6265, section 4.1.1.
  if (!/^[\w!#$%&'*+.^`|~-]+$/u.test(name) || !/^[\w!#$%&'()*+./:<=>?@[\]^`{|}~-]*$/u.test(value)) {
    return bad('allowed: /cookies/set/NAME/VALUE')
  }
  return { ...ok, headers: { 'set-cookie': `${name}=${value}; Path=/` } }
}

function splitPair(pair: string): [string, string] {
  const at = pair.indexOf('=')
  return at < 0 ? ['', pair] : [pair.slice(0, at), pair.slice(at + 1)]
}

/** What `/login/NAME` gives out, and `/whoami` takes: nothing is remembered, the token itself names its owner. */
function login(name: string): Reply {
  const user = name || 'guest'
  return jsonReply({ token: tokenOf(user), id: idOf(user), name: user })
}

function whoami({ headers }: Asked): Reply {
  const [, token = '', encoded = ''] = /^Bearer (([\w-]+)\.[\da-f]+)$/u.exec(headers.authorization ?? '') ?? []
  const name = Buffer.from(encoded, 'base64url').toString()
  if (token && token === tokenOf(name)) return jsonReply({ id: idOf(name), name })
  return { status: 401, body: 'allowed: the token of /login/NAME', headers: { 'www-authenticate': 'Bearer' } }
}

function tokenOf(name: string): string {
  return `${Buffer.from(name).toString('base64url')}.${digestOf(name).slice(0, 16)}`
}

function idOf(name: string): number {
  return Number.parseInt(digestOf(name).slice(0, 6), 16)
}

function digestOf(name: string): string {
  return createHash('sha256').update(`user ${name}`).digest('hex')
}
