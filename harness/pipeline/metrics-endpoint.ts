import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Registry } from 'prom-client'
import type { Endpoint } from '../faults/relay/protocol.ts'
import { messageOf, SoakrigError, systemCode } from '../kernel/errors.ts'
import { resolveAllowed } from '../kernel/loopback.ts'
import { metricsRegistry } from './metrics-registry.ts'
import { RunTotals } from './metrics-totals.ts'

export interface MetricsOptions {
  /** Port 0 for any that is free. */
  readonly listen: Endpoint
  /** Where it may listen besides loopback. */
  readonly allowedHosts: readonly string[]
}

/** The metrics of a run, served until it is disposed of. */
export interface MetricsEndpoint extends AsyncDisposable {
  readonly url: string
  /** What the run tells; an option of it. */
  readonly totals: RunTotals
}

const path = '/metrics'
const requestTimeoutMs = 15_000

/**
 * Serves the metrics of a run to Prometheus, as `GET /metrics`. Rejects with `host-not-allowed` (104), `host-unknown`,
 * `port-taken` or `cannot-listen` (106).
 */
export async function serveMetrics({ listen, allowedHosts }: MetricsOptions): Promise<MetricsEndpoint> {
  const host = await resolveAllowed(listen.host, allowedHosts)
  const totals = new RunTotals()
  const timeouts = { requestTimeout: requestTimeoutMs, headersTimeout: requestTimeoutMs }
  const server = createServer(timeouts, answering(metricsRegistry(totals)))
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  // Also once it listens: a connection that cannot be accepted, since no file is left, is one scrape less and no more.
  server.on('error', reject)
  server.listen({ host, port: listen.port }, resolve)
  await promise.catch((error: unknown) => {
    throw cannotListen(`${host}:${listen.port}`, error)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}${path}`,
    totals,
    async [Symbol.asyncDispose]() {
      await new Promise<void>((closed) => {
        server.close(() => closed())
        server.closeAllConnections()
      })
    },
  }
}

function answering(registry: Registry): RequestListener {
  const text = { 'Content-Type': 'text/plain; charset=utf-8' }
  return ({ method, url = '' }, response) => {
    if (url.split('?', 1).join() !== path) response.writeHead(404, text).end(`metrics are at ${path}\n`)
    else if (method !== 'GET' && method !== 'HEAD') response.writeHead(405, { ...text, Allow: 'GET, HEAD' }).end()
    else
      void registry.metrics().then(
        (metrics) => response.writeHead(200, { 'Content-Type': registry.contentType }).end(metrics),
        (error: unknown) => response.writeHead(500, text).end(`${messageOf(error)}\n`),
      )
  }
}

function cannotListen(where: string, cause: unknown): SoakrigError {
  const taken = systemCode(cause) === 'EADDRINUSE'
  return new SoakrigError(`the metrics cannot be served on ${where}`, {
    code: taken ? 'port-taken' : 'cannot-listen',
    exit: 'environment',
    hint: taken ? 'Choose another port, or 0 for any that is free.' : 'See the cause.',
    cause,
  })
}
