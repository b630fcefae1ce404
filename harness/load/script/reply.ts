import { Buffer } from 'node:buffer'
import type { ErrorClass } from '../../resilience/outcome.ts'
import type { Reply } from '../../workload/reply.ts'
import { headersOf } from '../standing-reply.ts'

/** What a call of a script came to. */
export interface ScriptReply {
  /** False where the call failed: no answer, or another than expected. */
  readonly ok: boolean
  /** Class of the failure; null for none. */
  readonly error: ErrorClass | null
  /** HTTP status; 0 where there is none. */
  readonly status: number
  /** From the start of the call to its end, retries included. */
  readonly latencyMs: number
  readonly sizeBytes: number
  readonly body: Uint8Array
  /** By lower-case name, or null. */
  header(name: string): string | null
  text(): string
  /** Throws where the body is no JSON. */
  json(): unknown
}

const byteOrderMark = /^\uFEFF/u

/** A copy of what a driver holds only for the moment. */
export function scriptReply(
  reply: Reply,
  { ok, error, status, latencyMs }: Pick<ScriptReply, 'ok' | 'error' | 'status' | 'latencyMs'>,
): ScriptReply {
  const body = Buffer.from(reply.body())
  const header = headersOf(reply)
  const text = (): string => body.toString().replace(byteOrderMark, '')
  return {
    ok,
    error,
    status,
    latencyMs,
    sizeBytes: reply.sizeBytes,
    body,
    header: (name) => header(name.toLowerCase()),
    text,
    json: () => JSON.parse(text()) as unknown,
  }
}
