import { status as codes, type StatusObject } from '@grpc/grpc-js'
import { nsPerMs } from '../../kernel/units.ts'
import { type ErrorClass, failure, statusFailure } from '../../resilience/outcome.ts'
import { closedFailure, type Failure, handshakeFailure, resetFailure } from '../http2/stream-errors.ts'
import { classOfSocketError, closedInHandshake, opensslReason, syntheticName } from '../socket-errors.ts'

/** With this our connector begins the code of what kept it from connecting. */
export const connectReason = 'cannot connect: '

/** What our connector says of a connection that was given up since it took too long to be made. */
export const notInTime = 'not connected in time'

/** What grpc-js says of a stream that the peer refused: nobody has looked at it. */
const refused = 'Stream refused by server'

const namesOfCodes: ReadonlyMap<number, string> = new Map(
  Object.entries(codes).flatMap(([name, code]) => (typeof code === 'number' ? [[code, name]] : [])),
)

/** `status 5 NOT_FOUND: no such item`, for people. */
export function statusText({ code, details }: StatusObject): string {
  const name = namesOfCodes.get(code) ?? 'unknown'
  return details && details !== name ? `status ${code} ${name}: ${details}` : `status ${code} ${name}`
}

/**
 * How long the server asks to wait before the next call, in ns: its `grpc-retry-pushback-ms` (gRPC's proposal A6). 0 where
 * there is none, Infinity where there is to be no next call, which is what anything but a number says as well.
 */
export function pushbackNs({ metadata }: StatusObject): number {
  const [text] = metadata.get('grpc-retry-pushback-ms')
  if (text === undefined) return 0
  return typeof text === 'string' && /^\d+$/u.test(text) ? Number(text) * nsPerMs : Number.POSITIVE_INFINITY
}

/** True when the call may be made again since it was not processed. */
export function isRefused({ code, details }: StatusObject): boolean {
  return code === codes.UNAVAILABLE && details === refused
}

/**
 * What really happened where grpc-js made up a status since there was no reply; null for a status that the server sent.
 * Its texts are all there is to tell one from the other (they are those of @grpc/grpc-js 1.14, and tested).
 */
export function localFailure(status: StatusObject): Failure | null {
  const { code, details } = status
  if (!Number.isInteger(code)) return protocol('a grpc-status that is no number')
  for (const [of, pattern, failureOf] of made) {
    const match = code === of ? pattern.exec(details) : null
    if (match) return failureOf(match[1] ?? '')
  }
  // By its HTTP status, the answer came from something that speaks no gRPC.
  if (!details.startsWith('Received HTTP status code ')) return null
  return { outcome: statusFailure(code), detail: statusText(status) }
}

const made: readonly (readonly [code: number, details: RegExp, failureOf: (match: string) => Failure])[] = [
  [codes.UNAVAILABLE, /^No connection established\. Last error: (.*)\. Resolution note: /su, notConnected],
  [codes.UNAVAILABLE, /^(?:read|write) (E[A-Z]+)/u, (socketCode) => socketFailure(socketCode, true)],
  [codes.UNAVAILABLE, /^Connection dropped$/u, () => closedFailure],
  [codes.UNAVAILABLE, new RegExp(`^${refused}$`, 'u'), () => resetFailure(7)],
  [codes.INTERNAL, /^Failed to start HTTP\/2 stream/u, () => closedFailure],
  [codes.INTERNAL, /^Received RST_STREAM with code 0/u, () => protocol('no grpc-status')],
  [codes.INTERNAL, /^Received RST_STREAM with code 2 triggered by internal client error: (.*)/su, internalFailure],
  [codes.INTERNAL, /^Received RST_STREAM with code (\d+)/u, (reset) => resetFailure(Number(reset))],
  [codes.CANCELLED, /^Call cancelled$/u, () => resetFailure(8)],
  [codes.RESOURCE_EXHAUSTED, /^Bandwidth exhausted or memory limit exceeded$/u, () => resetFailure(11)],
  [codes.PERMISSION_DENIED, /^Protocol not secure enough$/u, () => resetFailure(12)],
  [codes.UNKNOWN, /^No status information received$/u, () => protocol('no grpc-status')],
  [codes.DEADLINE_EXCEEDED, /^Deadline exceeded after /u, () => ({ outcome: failure('timeout'), detail: null })],
]

/** Why there is no connection: the last try's reason, also while the channel waits to try again. */
function notConnected(reason: string): Failure {
  const [, ours] = new RegExp(`${connectReason}(\\w+)`, 'u').exec(reason) ?? []
  const code = ours ?? /\bE[A-Z_]{4,}\b/u.exec(reason)?.[0]
  if (code) {
    const failed = socketFailure(code, false)
    return reason.includes(syntheticName(code)) ? { ...failed, detail: syntheticName(code) } : failed
  }
  if (reason.includes(notInTime)) return { outcome: failure('connect'), detail: notInTime }
  if (reason.includes(closedInHandshake)) return handshakeFailure
  const openssl = opensslReason(reason)
  if (openssl !== null) return { outcome: failure('tls'), detail: openssl }
  // The peer closed before it had said its SETTINGS, or spoke something else than HTTP/2.
  return reason.startsWith('Failed to connect') ? closedFailure : protocol(reason.replace(/ \(\d{4}-.*\)$/u, ''))
}

/** What ended the connection on this side: TLS that was broken, or what the peer sent. */
function internalFailure(message: string): Failure {
  const openssl = opensslReason(message)
  return openssl === null ? protocol(message) : { outcome: failure('tls'), detail: openssl }
}

function socketFailure(code: string, connected: boolean): Failure {
  return { outcome: failure(classOfSocketError(code, connected)), detail: code }
}

function protocol(detail: string): Failure {
  return { outcome: failure('protocol' satisfies ErrorClass), detail }
}
