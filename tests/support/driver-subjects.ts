import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { realClock } from '../../harness/kernel/clock.ts'
import type { Framing } from '../../harness/kernel/framing.ts'
import { createRng } from '../../harness/kernel/rng.ts'
import { TimerWheel } from '../../harness/kernel/timer-wheel.ts'
import type { DriverContext, OpenDriver, Prepared } from '../../harness/load/driver.ts'
import { openGrpcDriver } from '../../harness/load/grpc/driver.ts'
import { openHttp1Driver } from '../../harness/load/http1/driver.ts'
import { openHttp2Driver } from '../../harness/load/http2/driver.ts'
import { openTcpDriver } from '../../harness/load/tcp/driver.ts'
import { openUdpDriver } from '../../harness/load/udp/driver.ts'
import { openWebSocketDriver } from '../../harness/load/websocket/driver.ts'
import { Client } from '../../harness/resilience/client.ts'
import { parseClient } from '../../harness/resilience/settings.ts'
import { type BuiltinName, builtinOf } from '../../harness/target/builtin/builtins.ts'
import { readTlsFiles } from '../../harness/target/builtin/certificates.ts'
import { type Knobs, plainKnobs } from '../../harness/target/builtin/knobs.ts'
import type { BuiltinServer } from '../../harness/target/builtin/service.ts'
import type { HttpConnection } from '../../harness/workload/protocols/http.ts'
import type { ProtocolName, Protocols } from '../../harness/workload/workload.ts'
import { anyClient, serverFiles } from './certificate-files.ts'
import { type OpenedDriver, openDriver } from './http-lanes.ts'
import { plainConnection } from './http1.ts'

/** Where a server listens: at a port of this machine, or at a path. */
export interface Place {
  readonly port: number
  readonly socketPath: string | null
}

/** A driver in one of its settings, with the built-in server that it is made for. */
export interface Subject {
  readonly name: string
  readonly protocol: ProtocolName
  readonly tls: boolean
  /** It goes to a path. */
  readonly unix: boolean
  /** Attempts wait until a connection has room for them. */
  readonly waits: boolean
  serve(knobs?: Partial<Knobs>): Promise<BuiltinServer & Place>
  open(place: Place, changes?: Changes): Promise<Opened>
}

type Changes = Partial<Pick<DriverContext, 'connections' | 'timeoutNs' | 'host' | 'address' | 'dialer'>>

/** An opened driver that makes requests by number; each has an answer of its own. */
export interface Opened extends AsyncDisposable {
  readonly driver: OpenedDriver<ProtocolName>
  readonly counters: Readonly<Record<string, number>>
  /** Any answer that is whole will do for `anyBody`; else it must be the expected one. */
  prepare(number: number, anyBody?: boolean): Prepared
}

/** The text that the request of a number sends, and has back. */
export function textOf(number: number): string {
  return `text ${String(number).padStart(11, '0')}`
}

/** What the body of the answer is, as the driver tells it. */
export function bodyOf(protocol: ProtocolName, number: number): string {
  if (protocol === 'grpc') return JSON.stringify({ text: textOf(number), payload: '', count: 0, delay_ms: 0 })
  return protocol === 'udp' ? '' : textOf(number)
}

const tlsClient = { ...anyClient, cert: null, key: null, servername: null, verify: true, sessionReuse: true }
const proto = fileURLToPath(new URL('../../profiles/echo.proto', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'soakrig-contract-'))
let paths = 0

/** A path for a unix socket that nobody has used. */
export function freshPath(): string {
  return join(folder, `${++paths}.sock`)
}

interface Settings<Name extends ProtocolName> {
  readonly name: string
  readonly protocol: Name
  readonly builtin: BuiltinName
  readonly driver: OpenDriver<Name, Prepared>
  readonly connection: Protocols[Name]['connection']
  readonly message: (number: number) => Protocols[Name]['message']
  readonly tls?: boolean
  readonly unix?: boolean
  readonly framing?: Framing
  /** Connections are those of a client's pool. */
  readonly pooled?: boolean
}

function subject<Name extends ProtocolName>(settings: Settings<Name>): Subject {
  const { name, protocol, builtin, driver, message, tls = false, unix = false, pooled = false } = settings
  const framing = settings.framing ?? { kind: 'line', delimiter: '\n' }
  return {
    name,
    protocol,
    tls,
    unix,
    waits: protocol !== 'grpc' && protocol !== 'udp',
    serve: async (knobs = {}) => {
      const socketPath = unix ? freshPath() : null
      const server = await builtinOf(builtin).start({
        host: '127.0.0.1',
        port: 0,
        knobs: { ...plainKnobs, ...knobs },
        tls: tls ? readTlsFiles({ ...serverFiles, clientCa: null }) : null,
        clock: realClock,
        rng: createRng(1),
        socketPath,
        framing,
      })
      return Object.assign(server, { socketPath })
    },
    open: async ({ port, socketPath }, changes = {}) => {
      const own = {
        ...settings.connection,
        ...(protocol !== 'udp' && { tls: tls ? tlsClient : null }),
        ...(protocol === 'http' && { socketPath }),
      }
      const pooling = pooled ? pooledBy(changes.connections ?? 1) : undefined
      const opened = await openDriver(driver, own, port, { ...changes, pooling })
      return {
        driver: opened as unknown as OpenedDriver<ProtocolName>,
        counters: opened.counters,
        prepare: (number, anyBody = false) =>
          opened.prepare(message(number), {
            keepReply: true,
            // What may be told to be repeated is what could be counted twice.
            idempotent: true,
            expect: { body: anyBody || protocol === 'udp' ? null : bodyOf(protocol, number) },
          }),
        [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
      }
    },
  }
}

/** The policy for connections of a client that has so many at most. */
function pooledBy(max: number): DriverContext['pooling'] {
  const options = { wheel: new TimerWheel(realClock), rng: createRng(1) }
  return new Client(parseClient({ pool: { max, acquireTimeout: '20s' } }), options).connections
}

interface Also {
  readonly tls?: boolean
  readonly unix?: boolean
  readonly pooled?: boolean
}

const http1 = (name: string, more: Partial<HttpConnection> = {}, also: Also = {}) =>
  subject({
    name,
    protocol: 'http',
    builtin: 'http',
    driver: openHttp1Driver,
    connection: { ...plainConnection, ...more },
    message: echoRequest,
    ...also,
  })

const http2 = (name: string, tls: boolean) =>
  subject({
    name,
    protocol: 'http',
    builtin: 'http2',
    driver: openHttp2Driver,
    connection: { ...plainConnection, version: '2', streams: 4 },
    message: echoRequest,
    tls,
  })

const grpc = (name: string, tls: boolean) =>
  subject({
    name,
    protocol: 'grpc',
    builtin: 'grpc',
    driver: openGrpcDriver,
    connection: { proto, includeDirs: [], tls: null },
    message: (number) => ({ method: 'soakrig.Echo/Unary', messages: [{ text: textOf(number) }], metadata: {} }),
    tls,
  })

const webSocket = (name: string, tls: boolean) =>
  subject({
    name,
    protocol: 'websocket',
    builtin: 'websocket',
    driver: openWebSocketDriver,
    connection: { path: '/', headers: {}, subprotocols: [], tls: null },
    message: (number) => ({ send: textOf(number), encoding: 'text', replies: 1 }),
    tls,
  })

const tcp = (name: string, framing: Framing, { tls = false, pooled = false }: Also = {}) =>
  subject({
    name,
    protocol: 'tcp',
    builtin: 'tcp',
    driver: openTcpDriver,
    connection: { framing, maxMessageBytes: 65_536, tls: null },
    message: (number) => ({ send: textOf(number), encoding: 'text', replies: 1 }),
    framing,
    tls,
    pooled,
  })

function echoRequest(number: number): Protocols['http']['message'] {
  const path = `/echo/${encodeURIComponent(textOf(number))}`
  return { method: 'GET', path, headers: {}, body: { kind: 'text', text: '' } }
}

/** Every driver, in each of its settings that make a difference. */
export const subjects: readonly Subject[] = [
  http1('http1'),
  http1('http1 with TLS', {}, { tls: true }),
  http1('http1 with a pool', {}, { pooled: true }),
  http1('http1 pipelined', { pipelining: 4 }),
  http1('http1 at a unix socket', {}, { unix: true }),
  http1('http1 without keep-alive', { keepAlive: false }),
  http2('http2', false),
  http2('http2 with TLS', true),
  grpc('grpc', false),
  grpc('grpc with TLS', true),
  webSocket('websocket', false),
  webSocket('websocket with TLS', true),
  tcp('tcp with lines', { kind: 'line', delimiter: '\r\n' }),
  tcp('tcp with lengths', { kind: 'length-prefixed', prefixBytes: 4 }),
  tcp('tcp with one size', { kind: 'fixed', sizeBytes: textOf(0).length }),
  tcp('tcp with TLS', { kind: 'line', delimiter: '\n' }, { tls: true }),
  tcp('tcp with a pool', { kind: 'line', delimiter: '\n' }, { pooled: true }),
  subject({
    name: 'udp',
    protocol: 'udp',
    builtin: 'udp',
    driver: openUdpDriver,
    connection: { receiveBufferBytes: 2 ** 20 },
    message: (number) => ({ sizeBytes: 32 + (number % 64), reply: true }),
  }),
]
