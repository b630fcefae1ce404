import type { Server } from 'node:net'
import { keepSockets, listen } from './listen.ts'
import { type BuiltinOptions, type BuiltinServer, createService, type Service } from './service.ts'

/** What node:tls needs of certificates; with an authority of clients, only they may connect. */
export function serverTls({ cert, key, clientCa }: NonNullable<BuiltinOptions['tls']>) {
  return { cert, key, ...(clientCa !== null && { ca: clientCa, requestCert: true, rejectUnauthorized: true }) }
}

/** Makes a server with sockets listen, and counts its connections. Rejects with `port-taken` (106). */
export async function startServer(
  server: Server,
  options: BuiltinOptions,
  { scheme, serve }: { readonly scheme: string; readonly serve: (service: Service) => void },
): Promise<BuiltinServer> {
  const { host, onDeath } = options
  const cut = keepSockets(server)
  let closing: Promise<void> | undefined
  const close = (): Promise<void> =>
    (closing ??= new Promise((resolve) => {
      server.close(() => resolve())
      cut()
    }))
  const service = createService(options, () => (onDeath ?? (() => void close()))())
  server.on('connection', (socket) => socket.once('close', service.connected()))
  serve(service)
  const port = await listen(server, host, options.port)
  const url = `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`
  return { url, host, port, stats: () => service.stats(), close, [Symbol.asyncDispose]: close }
}
