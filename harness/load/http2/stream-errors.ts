import { constants } from 'node:http2'
import { systemCode } from '../../kernel/errors.ts'
import { type ErrorClass, failure, type Outcome } from '../../resilience/outcome.ts'
import { classOfSocketError, closedInHandshake, nameOfSocketError } from '../socket-errors.ts'

/** How an attempt failed, with what people want to know of it. */
export interface Failure {
  readonly outcome: Outcome
  readonly detail: string | null
}

const names: ReadonlyMap<number, string> = new Map(
  (
    [
      'NO_ERROR',
      'PROTOCOL_ERROR',
      'INTERNAL_ERROR',
      'FLOW_CONTROL_ERROR',
      'SETTINGS_TIMEOUT',
      'STREAM_CLOSED',
      'FRAME_SIZE_ERROR',
      'REFUSED_STREAM',
      'CANCEL',
      'COMPRESSION_ERROR',
      'CONNECT_ERROR',
      'ENHANCE_YOUR_CALM',
      'INADEQUATE_SECURITY',
      'HTTP_1_1_REQUIRED',
    ] as const
  ).map((name) => [constants[`NGHTTP2_${name}`], name]),
)

/** With these a peer gives up a stream that nobody did anything wrong on; all others say that the protocol was broken. */
const innocent: ReadonlySet<number> = new Set([
  constants.NGHTTP2_NO_ERROR,
  constants.NGHTTP2_INTERNAL_ERROR,
  constants.NGHTTP2_REFUSED_STREAM,
  constants.NGHTTP2_CANCEL,
  constants.NGHTTP2_CONNECT_ERROR,
])

/** The name of an error code of RFC 9113, section 7. */
function nameOf(code: number): string {
  return names.get(code) ?? `error code ${code}`
}

/** A stream that was reset before its response was complete, by the peer or for what the peer had sent. */
export function resetFailure(code: number): Failure {
  const error: ErrorClass = innocent.has(code) ? 'reset' : 'protocol'
  return { outcome: failure(error), detail: `stream reset with ${nameOf(code)}` }
}

/** A GOAWAY that says what was wrong; all streams of the connection end with it. */
export function goawayFailure(code: number): Failure {
  return { outcome: failure('protocol'), detail: `GOAWAY with ${nameOf(code)}` }
}

/** A connection that has ended without a word. */
export const closedFailure: Failure = {
  outcome: failure('closed'),
  detail: 'closed before the response was complete',
}

/** A connection that has ended before its TLS was made; Node would call it a reset. */
export const handshakeFailure: Failure = { outcome: failure('tls'), detail: closedInHandshake }

/** What node:http2 or the socket under it has thrown; `connected`: the connection, TLS included, had been made. */
export function errorFailure(error: Error, connected: boolean): Failure {
  const code = systemCode(error)
  // Of node:http2's own errors these tell of a peer that speaks no good HTTP/2.
  if (code === undefined || code.startsWith('ERR_HTTP2_'))
    return { outcome: failure('protocol'), detail: error.message }
  return { outcome: failure(classOfSocketError(code, connected)), detail: nameOfSocketError(error) }
}
