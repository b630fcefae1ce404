import type { ServerResponse } from 'node:http'
import { nsPerMs } from '../../kernel/units.ts'
import type { Reply } from './routes.ts'
import type { TargetStats } from './service.ts'

const plainText = 'text/plain; charset=utf-8'
const chunkBytes = 16 * 2 ** 10

/** What a server says and does about itself. */
export interface Own {
  readonly stats: () => TargetStats
  /** Nobody is served for so long; false where it has no capacity. Absent: it cannot be told to. */
  readonly stall?: (forNs: number) => boolean
}

/**
 * What the paths `/stats`, `/health` and `/stall/MS` answer, which are in no count and under no knob; undefined for all
 * others. `/stall/MS` stops the service of a server with a capacity for so long, and answers at once.
 */
export function ownReply(path: string, { stats, stall }: Own): Reply | undefined {
  if (path === '/stats') return { status: 200, body: `${JSON.stringify(stats())}\n` }
  if (path === '/health') return { status: 200, body: 'ok' }
  const [, ms] = /^\/stall\/(\d{1,6})$/u.exec(path) ?? []
  if (ms === undefined || !stall?.(Number(ms) * nsPerMs)) return undefined
  return { status: 200, body: `stalled for ${ms} ms` }
}

/** The path of a request's target, without its query. */
export function pathOf(url = '/'): string {
  const query = url.indexOf('?')
  return query < 0 ? url : url.slice(0, query)
}

/** Writes a reply; one that is not chunked goes out in a single write, with its length. */
export function send(response: ServerResponse, { status, body, type, headers, chunked, closes }: Reply): void {
  const fields = ['Content-Type', type ?? plainText]
  if (headers) fields.push(...Object.entries(headers).flat())
  if (closes) fields.push('Connection', 'close')
  if (chunked && typeof body !== 'string') {
    fields.push('Transfer-Encoding', 'chunked')
    response.writeHead(status, fields)
    for (let at = 0; at < body.length; at += chunkBytes) response.write(body.subarray(at, at + chunkBytes))
    response.end()
    return
  }
  // These have no body, and a length of theirs would announce one.
  if (status === 204 || status === 304) {
    response.writeHead(status, fields).end()
    return
  }
  fields.push('Content-Length', String(Buffer.byteLength(body)))
  response.writeHead(status, fields)
  response.end(body)
}
