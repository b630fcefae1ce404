import { Buffer } from 'node:buffer'

/** What a mutation does to a packet; bytes are plain data, as hex digits. */
export type Mutation =
  | { readonly type: 'truncate'; readonly sizeBytes: number }
  | { readonly type: 'corruptBytes'; readonly sizeBytes: number }
  | { readonly type: 'injectBytes'; readonly hex: string; readonly at: number }
  | { readonly type: 'replacePattern'; readonly find: string; readonly replace: string }
  | { readonly type: 'corruptEncoding' }
  | { readonly type: 'swapBytes'; readonly at: number; readonly to: number }

/** Whole numbers below a bound, each as likely. */
export type Draw = (kind: string, below: number) => number

type Mutator = (bytes: Buffer, draw: Draw) => Buffer

/** Makes what a mutation does to bytes: a changed copy, or the same bytes where it changes nothing. */
export function mutator(mutation: Mutation): Mutator {
  switch (mutation.type) {
    case 'truncate':
      return (bytes) => bytes.subarray(0, mutation.sizeBytes)
    case 'corruptBytes':
      return (bytes, draw) => corrupted(bytes, mutation.sizeBytes, draw)
    case 'injectBytes': {
      const data = Buffer.from(mutation.hex, 'hex')
      return (bytes) => injected(bytes, data, mutation.at)
    }
    case 'replacePattern': {
      const [find, replace] = [Buffer.from(mutation.find, 'hex'), Buffer.from(mutation.replace, 'hex')]
      return (bytes) => replaced(bytes, find, replace)
    }
    case 'corruptEncoding':
      return (bytes) => (bytes.length === 0 ? bytes : withBytes(bytes, [[0, 0xff]]))
    case 'swapBytes':
      return (bytes) => swapped(bytes, mutation.at, mutation.to)
  }
}

/** So many different places, drawn at random (Floyd 1987), hold another byte than before; all of them in a shorter packet. */
function corrupted(bytes: Buffer, count: number, draw: Draw): Buffer {
  const places = new Set<number>()
  for (let last = Math.max(0, bytes.length - count); last < bytes.length; last++) {
    const place = draw('place', last + 1)
    places.add(places.has(place) ? last : place)
  }
  return withBytes(
    bytes,
    [...places].map((place) => [place, bytes.readUInt8(place) ^ (1 + draw('byte', 255))]),
  )
}

function injected(bytes: Buffer, data: Buffer, at: number): Buffer {
  return at > bytes.length ? bytes : Buffer.concat([bytes.subarray(0, at), data, bytes.subarray(at)])
}

/** All that is found from the left, none of it overlapping; what a replacement holds is not searched again. */
function replaced(bytes: Buffer, find: Buffer, replace: Buffer): Buffer {
  const parts: Buffer[] = []
  let from = 0
  for (let place = bytes.indexOf(find); place !== -1; place = bytes.indexOf(find, from)) {
    parts.push(bytes.subarray(from, place), replace)
    from = place + find.length
  }
  return from === 0 ? bytes : Buffer.concat([...parts, bytes.subarray(from)])
}

function swapped(bytes: Buffer, at: number, to: number): Buffer {
  if (Math.max(at, to) >= bytes.length) return bytes
  return withBytes(bytes, [
    [at, bytes.readUInt8(to)],
    [to, bytes.readUInt8(at)],
  ])
}

/** A copy with other bytes at some places. */
function withBytes(bytes: Buffer, changes: readonly (readonly [place: number, byte: number])[]): Buffer {
  const copy = Buffer.from(bytes)
  for (const [place, byte] of changes) copy.writeUInt8(byte, place)
  return copy
}
