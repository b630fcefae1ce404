import type { Buffer } from 'node:buffer'

const wireTypes = { varint: 0, fixed64: 1, bytes: 2, groupStart: 3, groupEnd: 4, fixed32: 5 }
const longestVarint = 10

/**
 * True when bytes are a sequence of whole protobuf fields (encoding guide, message structure). protobufjs does not look:
 * a text that is cut short is to it a shorter text.
 */
export function isWholeMessage(bytes: Buffer): boolean {
  let at = 0
  while (at < bytes.length) {
    const tagEnd = varintEnd(bytes, at)
    if (tagEnd < 0) return false
    const wireType = (bytes[at] ?? 0) & 7
    at = tagEnd
    if (wireType === wireTypes.varint) at = varintEnd(bytes, at)
    else if (wireType === wireTypes.fixed64) at += 8
    else if (wireType === wireTypes.fixed32) at += 4
    else if (wireType === wireTypes.bytes) at = bytesEnd(bytes, at)
    else if (wireType !== wireTypes.groupStart && wireType !== wireTypes.groupEnd) return false
    if (at < 0) return false
  }
  return at === bytes.length
}

/** Where a number ends; -1 when it does not. */
function varintEnd(bytes: Buffer, from: number): number {
  for (let at = from; at < bytes.length && at < from + longestVarint; at++) if ((bytes[at] ?? 0) < 128) return at + 1
  return -1
}

/** Where bytes end that follow their length; -1 when that cannot be read. */
function bytesEnd(bytes: Buffer, from: number): number {
  const start = varintEnd(bytes, from)
  if (start < 0) return -1
  let length = 0
  for (let at = start - 1; at >= from; at--) length = length * 128 + ((bytes[at] ?? 0) & 127)
  return start + length
}
