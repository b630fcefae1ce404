import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Clock } from '../../kernel/clock.ts'
import { systemCode } from '../../kernel/errors.ts'
import type { Rng } from '../../kernel/rng.ts'
import { portTaken } from '../sockets.ts'
import { createBehaviour } from './behaviour.ts'
import type { HttpKnobs } from './knobs.ts'
import { replyTo, type Reply, send } from './routes.ts'

// Longer than any client leaves a connection idle, and than the 60 s of common load balancers.
const keepAliveMs = 72_000
const backlog = 4096

/** What the server says of itself at /stats; /stats and /health themselves are in none of it but the connections. */
export interface HttpStats {
  /** Requests received. */
  readonly requests: number
  /** Answers with a status of 400 or more. */
  readonly errors: number
  /** Connections accepted. */
  readonly connections: number
  /** Connections open now. */
  readonly open: number
  readonly leakedBytes: number
}

/** How a server is started. */
export interface HttpTargetOptions {
  readonly host: string
  /** 0 for a free one. */
  readonly port: number
  readonly knobs: HttpKnobs
  readonly clock: Clock
  readonly rng: Rng
  /** Called instead of answering the request that `dieAfter` names; without it the server closes. */
  readonly onDeath?: () => void
}

/** A built-in HTTP server that listens. */
export interface HttpTarget extends AsyncDisposable {
  readonly url: string
  readonly host: string
  readonly port: number
  stats(): HttpStats
  /** Stops listening and cuts all connections. */
  close(): Promise<void>
}

/** Starts the built-in HTTP server in this process. Rejects with `port-taken` (106). */
export async function startHttpTarget(options: HttpTargetOptions): Promise<HttpTarget> {
  const server = createServer({ keepAliveTimeout: keepAliveMs })
  const stats = serve(server, options, () => (options.onDeath ?? (() => void close()))())
  let closing: Promise<void> | undefined
  const close = (): Promise<void> => (closing ??= closeServer(server))
  const { host } = options
  const port = await listen(server, host, options.port)
  return { url: `http://${host}:${port}`, host, port, stats, close, [Symbol.asyncDispose]: close }
}

/** Answers the server's requests; gives its counters. */
function serve(server: Server, { knobs, clock, rng }: HttpTargetOptions, die: () => void): () => HttpStats {
  const behaviour = createBehaviour(knobs, { clock, rng })
  let requests = 0
  let errors = 0
  let connections = 0
  let open = 0
  const stats = (): HttpStats => ({ requests, errors, connections, open, leakedBytes: behaviour.leakedBytes })

  const answer = (response: ServerResponse, reply: Reply): void => {
    if (reply.status >= 400) errors++
    send(response, reply)
  }
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const path = pathOf(request.url)
    if (path === '/stats') return send(response, { status: 200, body: `${JSON.stringify(stats())}\n` })
    if (path === '/health') return send(response, { status: 200, body: 'ok' })
    requests++
    if (requests === knobs.dieAfter) return die()
    const reply = replyTo(path)
    const finish = (): void =>
      behaviour.active || reply.delayMs
        ? behaviour.apply(reply, (final) => answer(response, final))
        : answer(response, reply)
    if (request.method === 'GET' || request.method === 'HEAD') finish()
    // A body is received whole before it is answered, so that a slow upload takes the time it takes.
    else request.once('end', finish).resume()
  }

  server.on('request', handle)
  server.on('connection', (socket) => {
    connections++
    open++
    socket.once('close', () => open--)
  })
  return stats
}

function pathOf(url = '/'): string {
  const query = url.indexOf('?')
  return query < 0 ? url : url.slice(0, query)
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      reject(systemCode(error) === 'EADDRINUSE' ? portTaken(host, port, error) : error)
    })
    server.listen({ host, port, backlog }, () => {
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : port)
    })
  })
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
