import { Buffer } from 'node:buffer'
import type { DefaultAnswer } from '../resilience/fallback/settings.ts'
import type { HeaderLookup, Reply } from '../workload/reply.ts'

/** A reply that lasts: a copy of what a driver holds only for the moment. */
export function lastingReply(reply: Reply): Reply {
  const { status, sizeBytes, bodyBytes } = reply
  return standing({ status, sizeBytes, bodyBytes }, Buffer.from(reply.body()), reply.headerNames(), headersOf(reply))
}

/** The reply of a default: nothing was received. */
export function defaultReply({ status, headers, body }: DefaultAnswer): Reply {
  const values = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
  return standing({ status, sizeBytes: 0 }, Buffer.from(body), [...values.keys()], (name) => values.get(name) ?? null)
}

/** The headers of a reply, copied. */
export function headersOf(reply: Reply): HeaderLookup {
  if (reply.copyHeaders) return reply.copyHeaders()
  const headers = new Map(reply.headerNames().map((name) => [name, reply.header(name)]))
  return (name) => headers.get(name) ?? null
}

function standing(
  { status, sizeBytes, bodyBytes }: { status: number; sizeBytes: number; bodyBytes?: number | undefined },
  body: Uint8Array,
  names: readonly string[],
  header: HeaderLookup,
): Reply {
  return {
    status,
    sizeBytes,
    bodyBytes: bodyBytes ?? body.length,
    header,
    headerNames: () => names,
    copyHeaders: () => header,
    body: () => body,
  }
}
