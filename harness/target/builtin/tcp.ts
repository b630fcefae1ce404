import { createServer, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { createDecoder, type Framing, frameMessage } from '../../kernel/framing.ts'
import { GrowingBuffer } from '../../kernel/growing-buffer.ts'
import { AnswerQueue } from './answer-queue.ts'
import { askerUntil, type BuiltinOptions, type BuiltinServer, type Service } from './service.ts'
import { serverTls, startServer } from './socket-server.ts'

/** A client that sends a longer message is cut off. */
const maxMessageBytes = 64 * 2 ** 20

const lines: Framing = { kind: 'line', delimiter: '\n' }

/** What the TCP server takes besides what all built-in servers do. */
export interface TcpTargetOptions extends BuiltinOptions {
  /** How messages are told apart; absent for lines that end with a line feed. */
  readonly framing?: Framing
}

/**
 * Starts the built-in TCP server in this process, which echoes each message in its framing, in order; the error share
 * is answered `error by knob`. Rejects with `port-taken` (106) or `framing` (104).
 */
export async function startTcpTarget(options: TcpTargetOptions): Promise<BuiltinServer> {
  const { tls, framing = lines } = options
  createDecoder(framing, maxMessageBytes)
  const server = tls
    ? createTlsServer({ noDelay: true, ...serverTls(tls) })
    : createServer({ noDelay: true, allowHalfOpen: true })
  return startServer(server, options, {
    scheme: tls ? 'tls' : 'tcp',
    serve: (service) => {
      server.on(tls ? 'secureConnection' : 'connection', (socket: Socket) => echo(socket, framing, service))
    },
  })
}

/** Answers what comes over one connection; a client that has ended its side still gets what it has asked for. */
function echo(socket: Socket, framing: Framing, service: Service): void {
  // With TLS not before now: a connection that the client gave up in its handshake would be kept for minutes.
  socket.allowHalfOpen = true
  const failure = frameMessage(framing, failureOf(framing))
  const decoder = createDecoder(framing, maxMessageBytes)
  const message = new GrowingBuffer()
  // Whoever has ended its side may still wait: only a reset tells.
  const asker = askerUntil(() => socket.destroyed)
  const sink = { piece: (buffer: Buffer, from: number, to: number) => message.append(buffer, from, to) }
  const answers = new AnswerQueue<Buffer>((bytes) => {
    // Whoever does not read what it has asked for is not heard until it does.
    if (!socket.write(bytes)) socket.pause()
  })
  socket.on('drain', () => socket.resume())
  socket.on('data', (chunk: Buffer) => {
    let at = 0
    while (at < chunk.length) {
      at = decoder.push(chunk, at, chunk.length, sink)
      if (decoder.problem !== null) return void socket.destroy()
      if (!decoder.done) return
      const echoed = frameMessage(framing, message.bytes())
      message.clear()
      const answer = answers.place()
      service.request(0, (failed) => answer(failed ? failure : echoed), asker)
    }
  })
  socket.on('end', () => answers.whenEmpty(() => socket.end()))
  // A client that breaks off is no event of the server's.
  socket.on('error', () => {})
}

/** The answer of the error share; where all messages have one size, repeated or cut to it. */
function failureOf(framing: Framing): Buffer {
  const text = Buffer.from('error by knob')
  return framing.kind === 'fixed' ? Buffer.alloc(framing.sizeBytes, text) : text
}
