import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { nsPerMs } from '../../kernel/units.ts'
import { ownReply, pathOf, send } from './answer.ts'
import { deadlineField, deadlineOf, refusalsOf } from './capacity.ts'
import { createDependency, type Dependency, type DependencySettings } from './dependency.ts'
import { type Asked, type Reply, replyTo, uploadReply } from './routes.ts'
import type { Asker, BuiltinOptions, BuiltinServer, Service, TargetStats, Unserved } from './service.ts'
import { serverTls, startServer } from './socket-server.ts'
import { listenOnPath, type PathListener } from './unix-socket.ts'

// Longer than any client leaves a connection idle, and than the 60 s of common load balancers.
const keepAliveMs = 72_000

/** What the HTTP server takes besides what all built-in servers do. */
export interface HttpTargetOptions extends BuiltinOptions {
  /** A unix socket to listen on besides the port; null or absent for none. */
  readonly socketPath?: string | null
  /** What is asked at `/dependency`; null or absent for nothing, and 404. */
  readonly dependency?: DependencySettings | null
}

/**
 * Starts the built-in HTTP server in this process; HTTPS with certificates. Rejects with `port-taken` (106), or
 * `socket-path` (106) when it cannot listen on the unix socket.
 */
export async function startHttpTarget(options: HttpTargetOptions): Promise<BuiltinServer> {
  const { tls, socketPath, dependency, onDeath = () => void close() } = options
  const server = tls ? createTlsServer(serverTls(tls)) : createServer()
  server.keepAliveTimeout = keepAliveMs
  const refused = { count: 0 }
  const asked = dependency ? createDependency(dependency) : null
  const started = await startServer(
    server,
    { ...options, onDeath },
    {
      scheme: tls ? 'https' : 'http',
      serve: (service) => answerRequests(server, service, { ...options, refused, asked }),
    },
  )
  let onPath: PathListener | undefined
  const close = async (): Promise<void> => {
    asked?.close()
    await Promise.all([started.close(), onPath?.close()])
  }
  try {
    onPath = socketPath ? await listenOnPath(socketPath, (socket) => server.emit('connection', socket)) : undefined
  } catch (error) {
    await close()
    throw error
  }
  const { url, host, port } = started
  const stats = (): TargetStats => withRefused(started.stats(), refused)
  return { url, host, port, stats, close, [Symbol.asyncDispose]: close }
}

/** Answers of 400 and more that no knob wanted. */
interface Refused {
  count: number
}

/** What answers depend on, besides the service. */
interface Answering extends Pick<BuiltinOptions, 'knobs' | 'clock'> {
  readonly refused: Refused
  readonly asked: Dependency | null
}

function withRefused(counted: TargetStats, { count }: Refused): TargetStats {
  return { ...counted, errors: counted.errors + count }
}

function answerRequests(server: Server, service: Service, { knobs, clock, refused, asked }: Answering): void {
  const failure: Reply = { status: knobs.errorStatus, body: 'error by knob' }
  const refusals = knobs.capacity && refusalsOf(knobs.capacity)
  const stats = (): TargetStats => withRefused(service.stats(), refused)
  const finish = (response: ServerResponse, reply: Reply): void => {
    if (reply.status >= 400) refused.count++
    send(response, reply)
  }
  /** Whoever asks, where somebody looks at that. */
  const askerOf = ({ headers }: IncomingMessage, response: ServerResponse): Asker | undefined =>
    refusals && {
      deadlineNs: deadlineOf(headers[deadlineField], clock.nowNs()),
      isGone: () => response.destroyed,
    }
  const answer = (request: IncomingMessage, response: ServerResponse, reply: Reply): void => {
    const answered = (failed: boolean, unserved?: Unserved): void => {
      if (failed) send(response, (unserved && refusals?.[unserved]) ?? failure)
      else if (reply.asks && asked) asked.ask((found) => finish(response, found))
      else finish(response, reply)
    }
    service.request((reply.delayMs ?? 0) * nsPerMs, answered, askerOf(request, response))
  }
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const path = pathOf(request.url)
    const own = ownReply(path, { stats, stall: service.stall })
    if (own) return send(response, own)
    const reply = path === '/dependency' && asked ? fromDependency : replyTo(path, request as Asked)
    if (reply.early || request.method === 'GET' || request.method === 'HEAD') answer(request, response, reply)
    else receive(request, reply, (complete) => answer(request, response, complete))
  })
}

/** Found out only when it is its time. */
const fromDependency: Reply = { status: 200, body: '', asks: true }

/** A body is received whole before it is answered, so that a slow upload takes the time it takes. */
function receive(request: IncomingMessage, reply: Reply, answer: (reply: Reply) => void): void {
  if (!reply.digest) {
    request.once('end', () => answer(reply)).resume()
    return
  }
  const hash = createHash('sha256')
  let sizeBytes = 0
  request.on('data', (chunk: Buffer) => {
    sizeBytes += chunk.length
    hash.update(chunk)
  })
  request.once('end', () => answer(uploadReply({ sizeBytes, sha256: hash.digest('hex') })))
}
