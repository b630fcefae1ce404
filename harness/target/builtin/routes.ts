import type { ServerResponse } from 'node:http'

const plainText = 'text/plain; charset=utf-8'
const largestBytes = 16 * 2 ** 20
const longestDelayMs = 60_000
const chunkBytes = 16 * 2 ** 10

/** What is answered to a request, once it is its time. */
export interface Reply {
  readonly status: number
  readonly body: string | Buffer
  readonly chunked?: boolean
  /** Wait that the path itself asks for. */
  readonly delayMs?: number
}

const ok: Reply = { status: 200, body: 'ok' }
const notFound: Reply = { status: 404, body: 'not found' }

/** The reply to a path: `/`, `/echo/TEXT`, `/bytes/N`, `/chunked/N`, `/delay/MS`; 400 on what is out of range, else 404. */
export function replyTo(path: string): Reply {
  if (path === '/') return ok
  const slash = path.indexOf('/', 1)
  const rest = path.slice(slash + 1)
  switch (slash < 0 ? path : path.slice(1, slash)) {
    case 'echo':
      return echo(rest)
    case 'bytes':
      return numbered(rest, largestBytes, (count) => ({ status: 200, body: bytes(count) }))
    case 'chunked':
      return numbered(rest, largestBytes, (count) => ({ status: 200, body: bytes(count), chunked: true }))
    case 'delay':
      return numbered(rest, longestDelayMs, (delayMs) => ({ ...ok, delayMs }))
    default:
      return notFound
  }
}

function echo(text: string): Reply {
  if (!text.includes('%')) return { status: 200, body: text }
  try {
    return { status: 200, body: decodeURIComponent(text) }
  } catch {
    return { status: 400, body: 'malformed escape in the path' }
  }
}

function numbered(text: string, max: number, reply: (value: number) => Reply): Reply {
  const value = /^\d+$/u.test(text) ? Number(text) : Number.NaN
  return value <= max ? reply(value) : { status: 400, body: `allowed: a whole number from 0 to ${max}` }
}

let pattern = Buffer.alloc(0)

/** The first `count` bytes of an endless "0123456789abcdef"; all answers share one buffer. */
function bytes(count: number): Buffer {
  if (pattern.length < count) pattern = Buffer.alloc(Math.min(largestBytes, count * 2), '0123456789abcdef')
  return pattern.subarray(0, count)
}

/** Writes a reply; one that is not chunked goes out in a single write, with its length. */
export function send(response: ServerResponse, { status, body, chunked }: Reply): void {
  if (chunked && typeof body !== 'string') {
    response.writeHead(status, ['Content-Type', plainText, 'Transfer-Encoding', 'chunked'])
    for (let at = 0; at < body.length; at += chunkBytes) response.write(body.subarray(at, at + chunkBytes))
    response.end()
    return
  }
  const length = Buffer.byteLength(body)
  response.writeHead(status, ['Content-Type', plainText, 'Content-Length', String(length)])
  response.end(body)
}
