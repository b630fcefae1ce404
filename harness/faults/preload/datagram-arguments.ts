import { Buffer } from 'node:buffer'
import type { Socket } from 'node:dgram'
import type { Endpoint } from '../relay/protocol.ts'

/** What a call of `send(bytes[, offset, length][, port[, address]][, callback])` says. */
export interface SendCall {
  readonly bytes: Buffer
  /** An address, never a name; null where it goes to a name other than localhost, or nobody knows where. */
  readonly to: Endpoint | null
  readonly told: ((error: null, bytes: number) => void) | undefined
}

/** Reads the arguments of `send` of a socket. */
export function sendCallOf(socket: Socket, args: readonly unknown[]): SendCall {
  const [message, ...others] = args
  const numbers = others.filter((one) => typeof one === 'number')
  const address = others.find((one) => typeof one === 'string')
  const told = others.findLast((one) => typeof one === 'function') as SendCall['told']
  const peer = peerOf(socket)
  const [offset, length] = numbers
  const isPart = offset !== undefined && length !== undefined
  const bytes = bytesOf(message)
  return {
    bytes: isPart ? bytes.subarray(offset, offset + length) : bytes,
    to: peer ?? placeOf(socket, isPart ? numbers[2] : offset, address),
    told,
  }
}

/** Where a connected socket sends to; null for one that is not. */
export function peerOf(socket: Socket): Endpoint | null {
  try {
    const { address, port } = socket.remoteAddress()
    return { host: address, port }
  } catch {
    return null
  }
}

function placeOf(socket: Socket, port: number | undefined, address: string | undefined): Endpoint | null {
  if (port === undefined) return null
  const { type } = socket as Socket & { readonly type?: string }
  const own = type === 'udp6' ? '::1' : '127.0.0.1'
  return { host: address === undefined || address === 'localhost' ? own : address, port }
}

function bytesOf(message: unknown): Buffer {
  return Array.isArray(message)
    ? Buffer.concat((message as (string | NodeJS.ArrayBufferView)[]).map(asBuffer))
    : asBuffer(message as string | NodeJS.ArrayBufferView)
}

function asBuffer(part: string | NodeJS.ArrayBufferView): Buffer {
  return typeof part === 'string' ? Buffer.from(part) : Buffer.from(part.buffer, part.byteOffset, part.byteLength)
}
