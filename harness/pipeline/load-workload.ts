import { badFlag, wholeNumber } from './bad-flag.ts'
import { parseJsonFlag } from './json-flag.ts'

/** What ad hoc load sends, as the command line says it. */
export interface LoadWorkloadFlags {
  readonly url: string
  readonly method: string
  readonly header: readonly string[] | undefined
  /** Body of an HTTP request, message of a WebSocket or of TCP, JSON message of a gRPC call. */
  readonly body: string
  readonly status: string | undefined
  readonly timeout: string
  readonly http2: boolean
  readonly insecure: boolean
  readonly cacert: string | undefined
  readonly cert: string | undefined
  readonly key: string | undefined
  readonly unixSocket: string | undefined
  readonly proto: string | undefined
  /** Of a datagram. */
  readonly size: string | undefined
}

/** The parts of a profile that follow from a URL. */
interface UrlDocument {
  readonly target: object
  readonly workload: object
}

type Make = (url: URL, flags: LoadWorkloadFlags) => object

/** What each scheme asks of the target. */
const schemes: Readonly<Record<string, { readonly address: string; readonly workload: Make }>> = {
  'http:': { address: 'http', workload: httpOf },
  'https:': { address: 'https', workload: httpOf },
  'ws:': { address: 'http', workload: webSocketOf },
  'wss:': { address: 'https', workload: webSocketOf },
  'grpc:': { address: 'tcp', workload: grpcOf },
  'grpcs:': { address: 'tcp', workload: grpcOf },
  'tcp:': { address: 'tcp', workload: tcpOf },
  'udp:': { address: 'udp', workload: udpOf },
}

const secure = ['https:', 'wss:', 'grpcs:']

const allowed = `${Object.keys(schemes)
  .map((scheme) => `${scheme}//`)
  .join(', ')} with HOST:PORT`

/** The target and the workload of ad hoc load. Throws `bad-flag` (104). */
export function urlDocumentOf(flags: LoadWorkloadFlags): UrlDocument {
  const url = URL.canParse(flags.url) ? new URL(flags.url) : undefined
  const scheme = url && schemes[url.protocol]
  if (!url || !scheme || url.hostname === '') throw badFlag('URL', flags.url, allowed)
  refuseForeign(url, flags)
  refuseParts(url, flags)
  return {
    target: { url: `${scheme.address}://${url.host}` },
    workload: { timeout: flags.timeout, ...scheme.workload(url, flags) },
  }
}

/** Beside a profile, which says itself what is sent, these would be ignored. Throws `bad-flag` (104). */
export function refuseRequestFlags(flags: Omit<LoadWorkloadFlags, 'url'>): void {
  const standard: Readonly<Record<string, string>> = { timeout: '5s', method: 'GET' }
  const names = ['method', 'header', 'body', 'status', 'timeout', 'http2', 'insecure', 'cacert', 'cert', 'key'] as const
  for (const name of [...names, 'unixSocket', 'proto', 'size'] as const) {
    const value = flags[name]
    if (value === undefined || value === false || value === '' || value === standard[name]) continue
    const flag = `--${name === 'unixSocket' ? 'unix-socket' : name}`
    throw badFlag(flag, String(value), 'only beside a URL; a profile says itself what is sent')
  }
}

/** A flag that this scheme knows nothing of would be ignored. */
function refuseForeign({ protocol }: URL, flags: LoadWorkloadFlags): void {
  const http = protocol === 'http:' || protocol === 'https:'
  const tls = secure.includes(protocol)
  const given: readonly (readonly [string, string | boolean | undefined, boolean])[] = [
    ['--http2', flags.http2, http],
    ['--unix-socket', flags.unixSocket, http],
    ['--status', flags.status, http || protocol.startsWith('grpc')],
    ['--method', flags.method === 'GET' ? undefined : flags.method, http],
    ['--insecure', flags.insecure, tls],
    ['--cacert', flags.cacert, tls],
    ['--cert', flags.cert, tls],
    ['--key', flags.key, tls],
    ['--proto', flags.proto, protocol.startsWith('grpc')],
    ['--size', flags.size, protocol === 'udp:'],
    ['--header', flags.header?.[0], protocol !== 'tcp:' && protocol !== 'udp:'],
    ['--body', flags.body === '' ? undefined : flags.body, protocol !== 'udp:'],
  ]
  for (const [flag, value, fits] of given)
    if (value !== undefined && value !== false && !fits)
      throw badFlag(flag, String(value), `nothing, as a URL of ${protocol}// has no use for it`)
}

/** Parts of a URL that would be ignored. */
function refuseParts({ protocol, pathname, search, username, password }: URL, { url }: LoadWorkloadFlags): void {
  if (username !== '' || password !== '')
    throw badFlag('URL', url.replace(/\/\/.*@/u, '//…@'), 'no user in it: --header "authorization: …" says who asks')
  const path = pathname === '/' ? '' : pathname
  if ((protocol === 'tcp:' || protocol === 'udp:') && path + search !== '')
    throw badFlag('URL', url, `${protocol}//HOST:PORT without a path, as nothing of it would be sent`)
  if (protocol.startsWith('grpc') && search !== '') throw badFlag('URL', url, 'grpc://HOST:PORT/package.Service/Method')
}

function tlsOf({ protocol }: URL, { insecure, cacert, cert, key }: LoadWorkloadFlags): object {
  if (!secure.includes(protocol)) return {}
  const files = { ...(cacert !== undefined && { ca: cacert }), ...(cert !== undefined && { cert }) }
  return { tls: { ...files, ...(key !== undefined && { key }), verify: !insecure } }
}

function httpOf(url: URL, flags: LoadWorkloadFlags): object {
  return {
    protocol: 'http',
    ...(flags.http2 && { version: '2' }),
    ...(flags.unixSocket !== undefined && { socketPath: flags.unixSocket }),
    ...tlsOf(url, flags),
    requests: [
      {
        name: 'load',
        method: flags.method,
        path: `${url.pathname}${url.search}`,
        headers: headersOf(flags),
        body: flags.body,
        expect: { status: statusOf(flags) },
      },
    ],
  }
}

function webSocketOf(url: URL, flags: LoadWorkloadFlags): object {
  const path = `${url.pathname}${url.search}`
  const requests = [{ name: 'load', send: flags.body === '' ? 'ping' : flags.body }]
  return { protocol: 'websocket', path, headers: headersOf(flags), ...tlsOf(url, flags), requests }
}

function grpcOf(url: URL, flags: LoadWorkloadFlags): object {
  if (flags.proto === undefined) throw badFlag('--proto', '', 'the .proto file that describes the service')
  const message = parseJsonFlag('--body', flags.body === '' ? '{}' : flags.body)
  const request = { name: 'load', method: url.pathname.slice(1), message, metadata: headersOf(flags) }
  const status = statusOf(flags)
  return {
    protocol: 'grpc',
    proto: flags.proto,
    ...tlsOf(url, flags),
    requests: [{ ...request, ...(status !== null && { expect: { status } }) }],
  }
}

function tcpOf(_url: URL, { body }: LoadWorkloadFlags): object {
  return { protocol: 'tcp', framing: 'line', requests: [{ name: 'load', send: body === '' ? 'ping' : body }] }
}

function udpOf(_url: URL, { size }: LoadWorkloadFlags): object {
  return { protocol: 'udp', requests: [{ name: 'load', ...(size !== undefined && { size }) }] }
}

function statusOf({ status }: LoadWorkloadFlags): number | null {
  return status === undefined ? null : wholeNumber('--status', status)
}

function headersOf({ header = [] }: LoadWorkloadFlags): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {}
  for (const text of header) {
    const at = text.indexOf(':')
    if (at <= 0) throw badFlag('--header', text, '"name: value"')
    const name = text.slice(0, at).trim()
    if (Object.keys(headers).some((other) => other.toLowerCase() === name.toLowerCase()))
      throw badFlag('--header', text, `${name} once, several values with a comma between them`)
    headers[name] = text.slice(at + 1).trim()
  }
  return headers
}
