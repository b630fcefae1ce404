import { createHash } from 'node:crypto'
import {
  constants,
  createSecureServer,
  createServer,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type Http2SecureServer,
  type Http2Server,
  type ServerHttp2Stream,
} from 'node:http2'
import { nsPerMs } from '../../kernel/units.ts'
import { ownReply, pathOf } from './answer.ts'
import { deadlineField, deadlineOf, refusalsOf } from './capacity.ts'
import { type Reply, replyTo, uploadReply } from './routes.ts'
import type { BuiltinOptions, BuiltinServer, Service, TargetStats, Unserved } from './service.ts'
import { serverTls, startServer } from './socket-server.ts'

const plainText = 'text/plain; charset=utf-8'
const chunkBytes = 16 * 2 ** 10

/**
 * Streams that one connection may have open. Clients that give up many streams are what this server is for, so that
 * Node's guards against them are off; what bodies wait in memory is bounded by the streams.
 */
const limits = {
  settings: { maxConcurrentStreams: 1000, initialWindowSize: 2 ** 20 },
  streamResetBurst: 2 ** 31,
  streamResetRate: 2 ** 31,
  maxSessionMemory: 2 ** 16,
}

/**
 * Starts the built-in HTTP/2 server in this process, with the routes of the HTTP one: with certificates `h2` by ALPN
 * and nothing else, without them HTTP/2 by prior knowledge. Rejects with `port-taken` (106).
 */
export async function startHttp2Target(options: BuiltinOptions): Promise<BuiltinServer> {
  const { tls, knobs, clock } = options
  const server = tls ? createSecureServer({ ...limits, ...serverTls(tls) }) : createServer(limits)
  const refused = { count: 0 }
  const started = await startServer(server, options, {
    scheme: tls ? 'https' : 'http',
    serve: (service) => answerStreams(server, service, { knobs, clock, refused }),
  })
  return { ...started, stats: () => withRefused(started.stats(), refused) }
}

/** Answers of 400 and more that no knob wanted. */
interface Refused {
  count: number
}

function withRefused(counted: TargetStats, { count }: Refused): TargetStats {
  return { ...counted, errors: counted.errors + count }
}

function answerStreams(
  server: Http2Server | Http2SecureServer,
  service: Service,
  { knobs, clock, refused }: Pick<BuiltinOptions, 'knobs' | 'clock'> & { readonly refused: Refused },
): void {
  const failure: Reply = { status: knobs.errorStatus, body: 'error by knob' }
  const refusals = knobs.capacity && refusalsOf(knobs.capacity)
  const stats = (): TargetStats => withRefused(service.stats(), refused)
  server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    // A client that gives up its stream is no event of the server's.
    stream.on('error', () => {})
    const path = pathOf(headers[':path'])
    const method = headers[':method']
    const head = method === 'HEAD'
    const answer = (reply: Reply): void => {
      const asker = refusals && {
        deadlineNs: deadlineOf(headers[deadlineField], clock.nowNs()),
        isGone: () => stream.destroyed,
      }
      const answered = (failed: boolean, unserved?: Unserved): void => {
        if (!failed && reply.status >= 400) refused.count++
        send(stream, failed ? ((unserved && refusals?.[unserved]) ?? failure) : reply, head)
      }
      service.request((reply.delayMs ?? 0) * nsPerMs, answered, asker)
    }
    const own = ownReply(path, { stats, stall: service.stall })
    if (own) return send(stream, own, head)
    const reply = replyTo(path, { headers })
    if (reply.early || method === 'GET' || head) answer(reply)
    else receive(stream, reply, answer)
  })
  server.on('sessionError', () => {})
}

/** A body is received whole before it is answered, so that a slow upload takes the time it takes. */
function receive(stream: ServerHttp2Stream, reply: Reply, answer: (reply: Reply) => void): void {
  const hash = reply.digest ? createHash('sha256') : null
  let sizeBytes = 0
  stream.on('data', (chunk: Buffer) => {
    sizeBytes += chunk.length
    hash?.update(chunk)
  })
  stream.once('end', () => {
    // One that was given up ends too, but not whole.
    if (stream.aborted || stream.destroyed) return
    answer(hash ? uploadReply({ sizeBytes, sha256: hash.digest('hex') }) : reply)
  })
}

/** Writes a reply as one HEADERS frame and its body; `chunked` leaves out the length, `closes` is a GOAWAY after it. */
function send(stream: ServerHttp2Stream, reply: Reply, head: boolean): void {
  const { status, body, type, headers, chunked, closes, early } = reply
  if (stream.destroyed || stream.closed) return
  const fields: OutgoingHttpHeaders = { ':status': status, 'content-type': type ?? plainText, ...headers }
  const bodiless = status === 204 || status === 304
  if (!chunked && !bodiless) fields['content-length'] = Buffer.byteLength(body)
  const endStream = bodiless || head || body.length === 0
  stream.respond(fields, { endStream })
  if (!endStream) sendBody(stream, body, chunked === true)
  if (closes) stream.session?.close()
  // What the client still uploads is of no use to anybody (RFC 9113, section 8.1).
  if (early) stream.close(constants.NGHTTP2_NO_ERROR)
}

function sendBody(stream: ServerHttp2Stream, body: string | Buffer, chunked: boolean): void {
  if (chunked && typeof body !== 'string') {
    for (let at = 0; at < body.length; at += chunkBytes) stream.write(body.subarray(at, at + chunkBytes))
    stream.end()
  } else stream.end(body)
}
