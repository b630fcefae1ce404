import { Buffer } from 'node:buffer'
import type { LoadRequest } from '../protocol.ts'

/** A request as it goes on the wire, with what its response must be; made once, sent many times. */
export interface EncodedRequest {
  readonly bytes: Buffer
  /** A response to HEAD has no body, whatever its headers say. */
  readonly head: boolean
  readonly expectStatus: number | null
  readonly expectBody: Buffer | null
  readonly idempotent: boolean
}

/** Encodes an HTTP/1.1 request (RFC 9112); `Host` and `Content-Length` are added where the headers lack them. */
export function encodeRequest(request: LoadRequest, host: string, port: number): EncodedRequest {
  const body = Buffer.from(request.body)
  const names = new Set(Object.keys(request.headers).map((name) => name.toLowerCase()))
  const lines = [
    `${request.method} ${request.path} HTTP/1.1`,
    ...(names.has('host') ? [] : [`Host: ${host.includes(':') ? `[${host}]` : host}:${port}`]),
    ...(names.has('content-length') || body.length === 0 ? [] : [`Content-Length: ${body.length}`]),
    ...Object.entries(request.headers).map(([name, value]) => `${name}: ${value}`),
  ]
  return {
    bytes: Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), body]),
    head: request.method === 'HEAD',
    expectStatus: request.expect.status,
    expectBody: request.expect.body === null ? null : Buffer.from(request.expect.body),
    idempotent: request.idempotent,
  }
}
