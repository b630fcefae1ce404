import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { connect as connectHttp2 } from 'node:http2'
import { request as httpsRequest } from 'node:https'
import { connect as connectTcp } from 'node:net'
import { text as textOf } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { connect as connectTls } from 'node:tls'
import { credentials, loadPackageDefinition, type ServiceClientConstructor } from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import { WebSocket } from 'ws'
import type { BuiltinName } from '../../harness/target/builtin/builtins.ts'

/** What a client of a server with TLS has: whom it trusts, and a certificate of its own. */
export interface ClientTls {
  readonly ca: string
  readonly cert?: string
  readonly key?: string
}

type Ask = (port: number, tls?: ClientTls) => Promise<string>

const host = '127.0.0.1'
const echoed = 'hi'
const proto = fileURLToPath(new URL('../../profiles/echo.proto', import.meta.url))

/** One request of "hi" to each kind of built-in target, over a connection of its own; gives what was answered. */
export const askEcho: Readonly<Record<BuiltinName, Ask>> = {
  http: async (port, tls) => {
    const options = { host, port, path: `/echo/${echoed}`, agent: false, ...tls }
    const request = tls ? httpsRequest(options) : httpRequest(options)
    const [response] = (await once(request.end(), 'response')) as [NodeJS.ReadableStream]
    return textOf(response)
  },
  http2: async (port, tls) => {
    const session = connectHttp2(`${tls ? 'https' : 'http'}://${host}:${port}`, { ...tls })
    const broken = new Promise<never>((_, reject) => session.once('error', reject))
    const stream = session.request({ ':path': `/echo/${echoed}` })
    try {
      return await Promise.race([textOf(stream), broken])
    } finally {
      session.destroy()
    }
  },
  grpc: async (port, tls) => {
    const definition = loadPackageDefinition(loadSync(proto, { keepCase: true }))['soakrig'] as unknown as {
      Echo: ServiceClientConstructor
    }
    const security = tls ? credentials.createSsl(...pemsOf(tls)) : credentials.createInsecure()
    const client = new definition.Echo(`${host}:${port}`, security)
    try {
      return await new Promise<string>((resolve, reject) => {
        client['Unary']?.(
          { text: echoed },
          { deadline: Date.now() + 5000 },
          (error: Error | null, reply: { text: string }) => (error ? reject(error) : resolve(reply.text)),
        )
      })
    } finally {
      client.close()
    }
  },
  websocket: async (port, tls) => {
    const socket = new WebSocket(`${tls ? 'wss' : 'ws'}://${host}:${port}/`, { ...tls })
    socket.once('open', () => socket.send(echoed))
    const closed = once(socket, 'close').then(() => Promise.reject(new Error('closed without an answer')))
    try {
      const [data] = (await Promise.race([once(socket, 'message'), closed])) as [Buffer]
      return String(data)
    } finally {
      closed.catch(() => {})
      socket.terminate()
    }
  },
  tcp: async (port, tls) => {
    const socket = tls ? connectTls({ host, port, ...tls }) : connectTcp({ host, port })
    socket.end(`${echoed}\n`)
    return (await textOf(socket)).trimEnd()
  },
  udp: async (port) => {
    const socket = createSocket('udp4')
    socket.send(echoed, port, host)
    const [data] = (await once(socket, 'message')) as [Buffer]
    socket.close()
    return String(data)
  },
}

function pemsOf({ ca, cert, key }: ClientTls): Parameters<typeof credentials.createSsl> {
  return cert && key ? [Buffer.from(ca), Buffer.from(key), Buffer.from(cert)] : [Buffer.from(ca)]
}
