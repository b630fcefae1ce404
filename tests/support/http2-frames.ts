import type { Socket } from 'node:net'
import { serveSockets, type TestServer } from './sockets.ts'

export const types = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
}
export const flags = { endStream: 1, ack: 1, endHeaders: 4, padded: 8 }

/** A frame of RFC 9113, section 4.1. */
export function frame(type: number, flag: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head.writeUInt8(type, 3)
  head.writeUInt8(flag, 4)
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

/** A header block without compression: literals that are not indexed (RFC 7541, section 6.2.2). */
export function block(headers: readonly (readonly [string, string])[]): Buffer {
  const text = (value: string): Buffer[] => [Buffer.from([value.length]), Buffer.from(value, 'latin1')]
  return Buffer.concat(headers.flatMap(([name, value]) => [Buffer.from([0]), ...text(name), ...text(value)]))
}

export function headers(stream: number, flag: number, fields: readonly (readonly [string, string])[]): Buffer {
  return frame(types.headers, flag | flags.endHeaders, stream, block(fields))
}

export function data(stream: number, flag: number, text: string): Buffer {
  return frame(types.data, flag, stream, Buffer.from(text))
}

export function reset(stream: number, code: number): Buffer {
  return frame(types.reset, 0, stream, uint32(code))
}

export function goaway(lastStream: number, code: number): Buffer {
  return frame(types.goaway, 0, 0, Buffer.concat([uint32(lastStream), uint32(code)]))
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/** An HTTP/2 server written by hand: it says its SETTINGS, and then whatever `answer` does about each request. */
export function serveFrames(
  answer: (stream: number, socket: Socket, nth: number) => void,
  { settings = Buffer.alloc(0) }: { readonly settings?: Buffer } = {},
): Promise<TestServer> {
  let requests = 0
  return serveSockets((socket) => {
    let unread = Buffer.alloc(0)
    let skip = 24
    socket.write(frame(types.settings, 0, 0, settings))
    socket.on('data', (chunk) => {
      unread = Buffer.concat([unread, chunk])
      if (skip > 0 && unread.length >= skip) {
        unread = unread.subarray(skip)
        skip = 0
      }
      while (skip === 0 && unread.length >= 9 && unread.length >= 9 + unread.readUIntBE(0, 3)) {
        const [type, flag, stream] = [unread.readUInt8(3), unread.readUInt8(4), unread.readUInt32BE(5)]
        unread = unread.subarray(9 + unread.readUIntBE(0, 3))
        if (type === types.settings && flag === 0) socket.write(frame(types.settings, flags.ack, 0))
        if (type === types.headers) answer(stream, socket, requests++)
      }
    })
    // Whoever is told to go away closes first.
    socket.on('end', () => socket.end())
  })
}

/** One entry of SETTINGS. */
export function setting(id: number, value: number): Buffer {
  const bytes = Buffer.alloc(6)
  bytes.writeUInt16BE(id)
  bytes.writeUInt32BE(value, 2)
  return bytes
}

export const maxConcurrentStreams = 3
