import { createServer } from 'node:http'
import { ownReply, pathOf, send } from './answer.ts'
import { keepSockets, listen } from './listen.ts'
import type { TargetStats } from './service.ts'

/** A listener for stats alone. */
export interface StatsServer {
  /** Of 127.0.0.1. */
  readonly port: number
  close(): Promise<void>
}

/** Serves `/stats` and `/health` over HTTP on a free port of loopback, for servers that speak something else. */
export async function serveStats(stats: () => TargetStats): Promise<StatsServer> {
  const server = createServer((request, response) => {
    send(response, ownReply(pathOf(request.url), { stats }) ?? { status: 404, body: 'not found' })
  })
  const cut = keepSockets(server)
  const port = await listen(server, '127.0.0.1', 0)
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        cut()
      }),
  }
}
