import { Buffer } from 'node:buffer'
import type { Metadata } from '@grpc/grpc-js'
import type { Reply } from '../../workload/reply.ts'

/** Before each message: whether it is compressed, and its length. */
export const prefixBytes = 5

const nothing: Uint8Array = Buffer.alloc(0)

/** The reply to one call. Its body is the last message as JSON, as `methods.ts` says. */
export class GrpcReply implements Reply {
  /** gRPC code. */
  status = 0
  /** Bytes of the messages with their prefixes; what HTTP/2 and the metadata add is known to grpc-js alone. */
  sizeBytes = 0
  /** Of the last message, as it came. */
  bodyBytes = 0
  messages = 0
  /** Metadata before the messages and after them. */
  initial: Metadata | null = null
  trailing: Metadata | null = null
  json: string | null = null
  #keepsHeaders = false

  begin(keepsHeaders: boolean): void {
    this.status = 0
    this.sizeBytes = 0
    this.bodyBytes = 0
    this.messages = 0
    this.initial = null
    this.trailing = null
    this.json = null
    this.#keepsHeaders = keepsHeaders
  }

  /** Binary values are given in base64. */
  header(name: string): string | null {
    if (!this.#keepsHeaders) return null
    const value = this.initial?.get(name)[0] ?? this.trailing?.get(name)[0] ?? null
    return typeof value === 'string' || value === null ? value : value.toString('base64')
  }

  headerNames(): readonly string[] {
    if (!this.#keepsHeaders) return []
    return [...new Set([this.initial, this.trailing].flatMap((metadata) => Object.keys(metadata?.getMap() ?? {})))]
  }

  body(): Uint8Array {
    return this.json === null ? nothing : Buffer.from(this.json)
  }
}
