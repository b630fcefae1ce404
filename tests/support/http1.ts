import type { Socket } from 'node:net'
import type { DriverContext } from '../../harness/load/driver.ts'
import { openHttp1Driver } from '../../harness/load/http1/driver.ts'
import type { Http1Request } from '../../harness/load/http1/encode.ts'
import type { HttpConnection, HttpMessage } from '../../harness/workload/protocols/http.ts'
import type { WorkloadRequest } from '../../harness/workload/workload.ts'
import { realClock } from '../../harness/kernel/clock.ts'
import { createRng } from '../../harness/kernel/rng.ts'
import { TimerWheel } from '../../harness/kernel/timer-wheel.ts'
import { TestLane } from './message-lanes.ts'
import { serveSockets, type TestServer } from './sockets.ts'

/** A complete response of a server that keeps the connection. */
export const good = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi'

/** Settings of connections, but for what a test changes. */
export const plainConnection: HttpConnection = {
  version: '1.1',
  tls: null,
  socketPath: null,
  pipelining: 1,
  streams: 1,
  keepAlive: true,
  cookies: false,
}

type Expect = Partial<WorkloadRequest['expect']>
type RequestChanges = Partial<Omit<WorkloadRequest<'http'>, 'message' | 'expect'>> & { readonly expect?: Expect }

/** A GET of `/` that may be repeated and that any answer below 400 will do for, but for what a test changes. */
export function httpRequest(
  message: Partial<HttpMessage> = {},
  { expect, ...more }: RequestChanges = {},
): WorkloadRequest<'http'> {
  return {
    name: 'test',
    message: { method: 'GET', path: '/', headers: {}, body: { kind: 'text', text: '' }, ...message },
    expect: { status: null, body: null, checks: [], ...expect },
    extract: [],
    idempotent: true,
    templated: false,
    weight: 1,
    pause: { kind: 'none' },
    ...more,
  }
}

/** A driver on the real clock that closes itself at the end of its block, and leaves no timer. */
export interface TestDriver extends AsyncDisposable {
  readonly wheel: TimerWheel
  readonly counters: Record<string, number>
  lane(): TestLane
  prepare(message?: Partial<HttpMessage>, changes?: RequestChanges): Http1Request
}

/** Opens HTTP/1.1 with one connection to a port of this machine, but for what a test changes. */
export async function openHttp1(
  port: number,
  connection: Partial<HttpConnection> = {},
  changes: Partial<DriverContext<'http'>> = {},
): Promise<TestDriver> {
  const wheel = new TimerWheel(realClock)
  const counters: Record<string, number> = {}
  const driver = await openHttp1Driver({
    connection: { ...plainConnection, ...connection },
    host: '127.0.0.1',
    address: '127.0.0.1',
    port,
    timeoutNs: 3e9,
    connections: 1,
    clock: realClock,
    wheel,
    rng: createRng(1),
    counters,
    ...changes,
  })
  return {
    wheel,
    counters,
    lane: () => new TestLane(driver),
    prepare: (message, more) => driver.prepare(httpRequest(message, more)),
    [Symbol.asyncDispose]: async () => {
      driver.close()
      if (wheel.size > 0) throw new Error(`${wheel.size} timers are left`)
    },
  }
}

/** What a server by hand is told of a request: its head, the how-manieth of its connection it is, and of which connection. */
export interface RawRequest {
  readonly head: string
  readonly request: number
  readonly connection: number
}

/** A server by hand, with what it has seen. */
export interface RawServer extends TestServer {
  requests: number
  connections: number
  mostAtOnce: number
}

/** Answers each request without a body by hand; the server closes when the client does. */
export async function serveRaw(answer: (socket: Socket, request: RawRequest) => void): Promise<RawServer> {
  const seen = { requests: 0, connections: 0, mostAtOnce: 0 }
  const server = await serveSockets((socket) => {
    const connection = ++seen.connections
    seen.mostAtOnce = Math.max(seen.mostAtOnce, server.sockets.size)
    let request = 0
    let text = ''
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
      for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
        const head = text.slice(0, end + 2)
        text = text.slice(end + 4)
        seen.requests++
        answer(socket, { head, request: ++request, connection })
      }
    })
    socket.on('end', () => socket.end())
  })
  return Object.assign(seen, server)
}
