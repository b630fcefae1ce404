import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { messageOf, SoakrigError, systemCode } from '../../kernel/errors.ts'
import { resolveAllowed } from '../../kernel/loopback.ts'
import type { Endpoint } from '../relay/protocol.ts'
import { ApiFailure } from './failure.ts'
import { Proxies, type ProxiesOptions } from './proxies.ts'
import { isFromPage, readBody } from './request.ts'
import { type Answer, findRoute } from './routes.ts'

export interface ToxiproxyApiOptions extends ProxiesOptions {
  readonly listen: Endpoint
}

/** Toxiproxy's API while it serves. */
export interface ToxiproxyApi extends AsyncDisposable {
  readonly host: string
  readonly port: number
}

const requestTimeoutMs = 15_000

/**
 * Serves the HTTP API of Toxiproxy 2.12 for the arms of a relay, on loopback only. A request that comes from a page in a
 * browser is refused (403). Rejects with `host-not-allowed` (104), `port-taken` or `cannot-listen` (106). The proxies are
 * the relay's: closing the API leaves them open, and waits for what is being changed.
 */
export async function serveToxiproxyApi({ listen, ...options }: ToxiproxyApiOptions): Promise<ToxiproxyApi> {
  const host = await resolveAllowed(listen.host, [])
  const proxies = new Proxies(options)
  const inTurn = oneAtATime()
  const answer = async (request: IncomingMessage): Promise<Answer> => {
    if (isFromPage(request)) return { status: 403, body: 'User agent not allowed' }
    const handle = findRoute(request.method ?? '', request.url ?? '')
    const body = await readBody(request)
    return inTurn(async () => handle(proxies, body))
  }
  const timeouts = { requestTimeout: requestTimeoutMs, headersTimeout: requestTimeoutMs }
  const server = createServer(timeouts, (request, response) => {
    void answer(request)
      .catch(failed)
      .then((given) => send(response, given))
  })
  const port = await listenOn(server, { host, port: listen.port })
  return {
    host,
    port,
    async [Symbol.asyncDispose]() {
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
      // A proxy that is being opened is the relay's before that is closed, or nobody would close it.
      await inTurn(() => Promise.resolve())
    },
  }
}

/** Requests change proxies one after the other, in the order in which their bodies were there. */
function oneAtATime(): <Value>(work: () => Promise<Value>) => Promise<Value> {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const turn = last.then(work)
    last = turn.catch(() => {})
    return turn
  }
}

function failed(error: unknown): Answer {
  const status = error instanceof ApiFailure ? error.status : 500
  return { status, body: { error: messageOf(error), status } }
}

function send(response: ServerResponse, { status, body }: Answer): void {
  // What is left of a body that was too large is not read.
  if (status === 413) response.setHeader('Connection', 'close')
  if (body === undefined) response.writeHead(status).end()
  else if (typeof body === 'string') response.writeHead(status, { 'Content-Type': 'text/plain' }).end(`${body}\n`)
  else response.writeHead(status, { 'Content-Type': 'application/json' }).end(`${JSON.stringify(body)}\n`)
}

async function listenOn(server: Server, { host, port }: Endpoint): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen({ host, port }, resolve)
  await promise.catch((error: unknown) => {
    const taken = systemCode(error) === 'EADDRINUSE'
    throw new SoakrigError(`the API cannot listen on ${host}:${port}`, {
      code: taken ? 'port-taken' : 'cannot-listen',
      exit: 'environment',
      hint: taken ? 'Choose another port, or 0 for any that is free.' : 'See the cause.',
      cause: error,
    })
  })
  return (server.address() as AddressInfo).port
}
