import { createServer } from 'node:net'
import { join } from 'node:path'
import {
  type handleBidiStreamingCall,
  type handleClientStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  status,
} from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import { packageRoot } from '../../kernel/package-root.ts'
import { nsPerMs } from '../../kernel/units.ts'
import { type Asker, askerUntil, type BuiltinOptions, type BuiltinServer, type Service } from './service.ts'
import { startServer } from './socket-server.ts'

/** Replies of one `ServerStream`, at most. */
const mostReplies = 100_000

/** `soakrig.Message` of profiles/echo.proto. */
interface Message {
  readonly text: string
  readonly payload: Uint8Array
  readonly count: number
  readonly delay_ms: number
}

const failure = { code: status.INTERNAL, details: 'error by knob' }

/**
 * Starts the built-in gRPC server in this process: `soakrig.Echo` of the package's profiles/echo.proto. A call is a
 * request, whatever it streams; the error share ends calls with INTERNAL. Rejects with `port-taken` (106).
 */
export async function startGrpcTarget(options: BuiltinOptions): Promise<BuiltinServer> {
  const { tls, onDeath = () => void close() } = options
  const server = new Server({ 'grpc.max_receive_message_length': -1, 'grpc.enable_channelz': 0 })
  const injector = server.createConnectionInjector(tls ? tlsCredentials(tls) : ServerCredentials.createInsecure())
  // Sockets are accepted by a server of our own, which counts and cuts them.
  const door = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => {})
    injector.injectConnection(socket)
  })
  const started = await startServer(
    door,
    { ...options, onDeath },
    { scheme: tls ? 'https' : 'http', serve: (service) => addEcho(server, service) },
  )
  const close = async (): Promise<void> => {
    server.forceShutdown()
    await started.close()
  }
  return { ...started, close, [Symbol.asyncDispose]: close }
}

function addEcho(server: Server, service: Service): void {
  const definitions = loadSync(join(packageRoot(), 'profiles/echo.proto'), {
    keepCase: true,
    defaults: true,
    bytes: Buffer,
  })
  server.addService(definitions['soakrig.Echo'] as ServiceDefinition, {
    Unary: unary(service),
    ClientStream: clientStream(service),
    ServerStream: serverStream(service),
    Bidi: bidi(service),
  })
}

function tlsCredentials({ cert, key, clientCa }: NonNullable<BuiltinOptions['tls']>): ServerCredentials {
  const pair = { private_key: Buffer.from(key), cert_chain: Buffer.from(cert) }
  return ServerCredentials.createSsl(clientCa === null ? null : Buffer.from(clientCa), [pair], clientCa !== null)
}

function askerOf(call: { readonly cancelled: boolean }): Asker {
  return askerUntil(() => call.cancelled)
}

function unary(service: Service): handleUnaryCall<Message, Message> {
  return (call, reply) => {
    const { request } = call
    const answer = (failed: boolean): void => (failed ? reply(failure) : reply(null, request))
    service.request(request.delay_ms * nsPerMs, answer, askerOf(call))
  }
}

function clientStream(service: Service): handleClientStreamingCall<Message, Message> {
  return (call, reply) => {
    let count = 0
    let delayMs = 0
    let last: Message | null = null
    call.on('data', (message: Message) => {
      if (count++ === 0) delayMs = message.delay_ms
      last = message
    })
    call.once('end', () => {
      if (call.cancelled) return
      const answer = (failed: boolean): void => (failed ? reply(failure) : reply(null, { ...last, count } as Message))
      service.request(delayMs * nsPerMs, answer, askerOf(call))
    })
  }
}

function serverStream(service: Service): handleServerStreamingCall<Message, Message> {
  return (call) => {
    const { request } = call
    const total = Math.min(Math.max(1, request.count), mostReplies)
    const write = (from: number): void => {
      for (let count = from; count <= total; count++) {
        if (call.cancelled) return
        if (call.write({ ...request, count })) continue
        call.once('drain', () => write(count + 1))
        return
      }
      call.end()
    }
    const answer = (failed: boolean): void => {
      if (failed) call.emit('error', failure)
      else write(1)
    }
    service.request(request.delay_ms * nsPerMs, answer, askerOf(call))
  }
}

/** The knobs act on the first message; those that come meanwhile wait. */
function bidi(service: Service): handleBidiStreamingCall<Message, Message> {
  return (call) => {
    let asked = false
    const ask = (delayMs: number, go: () => void): void => {
      asked = true
      const answer = (failed: boolean): void => {
        if (failed) call.emit('error', failure)
        else go()
      }
      service.request(delayMs * nsPerMs, answer, askerOf(call))
    }
    const echo = (message: Message): void => {
      if (call.write(message)) return
      call.pause()
      call.once('drain', () => call.resume())
    }
    call.on('data', (message: Message) => {
      if (asked) return echo(message)
      call.pause()
      ask(message.delay_ms, () => {
        call.resume()
        echo(message)
      })
    })
    call.once('end', () => {
      if (asked) call.end()
      else ask(0, () => call.end())
    })
  }
}
