import { Buffer } from 'node:buffer'
import type { Reply } from '../../harness/workload/reply.ts'

/** A reply of a body and headers, as a driver would give it. */
export function replyOf(body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}): Reply {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  return {
    status: 200,
    sizeBytes: bytes.byteLength + 100,
    bodyBytes: bytes.byteLength,
    header: (name) => headers[name] ?? null,
    headerNames: () => Object.keys(headers),
    body: () => bytes,
  }
}
