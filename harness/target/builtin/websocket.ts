import { createServer, type IncomingMessage } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Duplex } from 'node:stream'
import { type RawData, type WebSocket, WebSocketServer } from 'ws'
import { pathOf } from './answer.ts'
import { AnswerQueue } from './answer-queue.ts'
import { askerUntil, type BuiltinOptions, type BuiltinServer, type Service } from './service.ts'
import { serverTls, startServer } from './socket-server.ts'

/** A client that sends a longer message is closed with 1009. */
const maxMessageBytes = 64 * 2 ** 20

/** A client for which more than this waits is not heard until it reads. */
const mostWaitingBytes = 2 ** 20

/** An answer, and whether it is a binary message. */
interface Answer {
  readonly data: RawData | string
  readonly binary: boolean
}

const failure: Answer = { data: 'error by knob', binary: false }

/**
 * Starts the built-in WebSocket server in this process, which echoes each message at the path `/`, in order; the error
 * share is answered `error by knob`. Other paths are refused with 404, other requests with 426. Rejects with
 * `port-taken` (106).
 */
export async function startWebSocketTarget(options: BuiltinOptions): Promise<BuiltinServer> {
  const { tls } = options
  const server = tls ? createTlsServer(serverTls(tls)) : createServer()
  const upgrader = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: maxMessageBytes,
  })
  return startServer(server, options, {
    scheme: tls ? 'wss' : 'ws',
    serve: (service) => {
      server.on('request', (_, response) => {
        response.writeHead(426, { upgrade: 'websocket', connection: 'close' }).end('this server speaks WebSocket')
      })
      server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
        if (pathOf(request.url) === '/') upgrader.handleUpgrade(request, socket, head, (peer) => echo(peer, service))
        else refuse(socket)
      })
    },
  })
}

function refuse(socket: Duplex): void {
  socket.on('error', () => {})
  socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
}

/** Answers what comes over one connection. */
function echo(peer: WebSocket, service: Service): void {
  const sent = (): void => {
    if (peer.isPaused && peer.bufferedAmount < mostWaitingBytes) peer.resume()
  }
  const answers = new AnswerQueue<Answer>(({ data, binary }) => {
    peer.send(data, { binary }, sent)
    if (peer.bufferedAmount >= mostWaitingBytes) peer.pause()
  })
  const asker = askerUntil(() => peer.readyState !== peer.OPEN)
  peer.on('message', (data, binary) => {
    const answer = answers.place()
    service.request(0, (failed) => answer(failed ? failure : { data, binary }), asker)
  })
  // A client that breaks off or breaks the rules is no event of the server's; ws has closed it.
  peer.on('error', () => {})
}
