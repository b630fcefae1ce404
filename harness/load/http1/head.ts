import type { Buffer } from 'node:buffer'

/** What the head of a response says about what follows it. */
export interface ResponseHead {
  status: number
  /** Bytes of the body; -1 where the head does not say. */
  contentLength: number
  chunked: boolean
  /** Whether the connection may be used again. */
  keepAlive: boolean
  /** What is malformed, or null. */
  problem: string | null
}

const cr = 13
const lf = 10
const colon = 58
const space = 32
const tab = 9
const zero = 48
const nine = 57
const protocol = 'http/1.'
const noStatusLine = 'no HTTP/1.x status line'

/** What `readHead` returns while the blank line has not come. */
export const incomplete = -1

/**
 * Reads a head from `start` into `into`, in one pass over its bytes; returns where the body begins, or `incomplete`.
 * Only the headers that frame the message are looked at (RFC 9112, sections 2 to 6). With `into.problem` set, what is
 * returned means nothing.
 */
export function readHead(buffer: Buffer, start: number, end: number, into: ResponseHead): number {
  into.problem = null
  into.status = 0
  into.contentLength = -1
  into.chunked = false
  let line = start
  while (line < end) {
    let colonAt = -1
    let at = line
    for (; at < end; at++) {
      const byte = buffer[at]
      if (byte === lf) break
      if (byte === colon && colonAt < 0) colonAt = at
    }
    if (at === end) {
      if (into.status === 0 && !spells(buffer, line, protocol.slice(0, end - line))) into.problem = noStatusLine
      return incomplete
    }
    const blank = at === line + 1 && buffer[line] === cr && into.status !== 0
    if (blank) return finishHead(into, at + 1)
    readLine(buffer, line, colonAt, at, into)
    if (into.problem !== null) return incomplete
    line = at + 1
  }
  return incomplete
}

/** Reads one line that ends with the LF at `lfAt`. */
function readLine(buffer: Buffer, start: number, colonAt: number, lfAt: number, into: ResponseHead): void {
  if (lfAt === start || buffer[lfAt - 1] !== cr) into.problem = 'a line of the head without CR LF'
  else if (into.status === 0) readStatusLine(buffer, start, lfAt - 1, into)
  else if (colonAt <= start || isBlank(buffer[colonAt - 1])) into.problem = 'a header line without a name'
  else readHeader(buffer, start, colonAt, lfAt - 1, into)
}

function finishHead(into: ResponseHead, end: number): number {
  if (into.chunked && into.contentLength >= 0) into.problem = 'both content-length and transfer-encoding'
  return end
}

/** `HTTP/1.x NNN`, then a space and a reason, or nothing. */
function readStatusLine(buffer: Buffer, start: number, end: number, into: ResponseHead): void {
  const status = end - start >= 12 ? digits(buffer, start + 9, start + 12) : -1
  const framed = spells(buffer, start, protocol) && buffer[start + 8] === space
  if (!framed || status < 100 || (end > start + 12 && buffer[start + 12] !== space)) into.problem = noStatusLine
  into.status = status
  into.keepAlive = buffer[start + 7] === zero + 1
}

function readHeader(buffer: Buffer, start: number, colonAt: number, lineEnd: number, into: ResponseHead): void {
  // Few headers have the length of one that matters; only those are compared letter by letter.
  switch (colonAt - start) {
    case 14:
      if (spells(buffer, start, 'content-length')) readValue(buffer, colonAt + 1, lineEnd, into, readLength)
      break
    case 10:
      if (spells(buffer, start, 'connection')) readValue(buffer, colonAt + 1, lineEnd, into, readConnection)
      break
    case 17:
      if (spells(buffer, start, 'transfer-encoding')) readValue(buffer, colonAt + 1, lineEnd, into, readCoding)
      break
  }
}

type ValueReader = (buffer: Buffer, from: number, to: number, into: ResponseHead) => void

/** Reads a value without the blanks around it. */
function readValue(buffer: Buffer, start: number, end: number, into: ResponseHead, read: ValueReader): void {
  let from = start
  let to = end
  while (from < to && isBlank(buffer[from])) from++
  while (to > from && isBlank(buffer[to - 1])) to--
  read(buffer, from, to, into)
}

function readCoding(buffer: Buffer, from: number, to: number, into: ResponseHead): void {
  if (to - from === 7 && spells(buffer, from, 'chunked')) into.chunked = true
  else into.problem = `transfer-encoding ${JSON.stringify(buffer.toString('latin1', from, to))}`
}

function readLength(buffer: Buffer, from: number, to: number, into: ResponseHead): void {
  const length = to - from <= 15 ? digits(buffer, from, to) : -1
  if (length < 0) into.problem = `content-length ${JSON.stringify(buffer.toString('latin1', from, to))}`
  else if (into.contentLength >= 0 && into.contentLength !== length) into.problem = 'two different content-lengths'
  into.contentLength = length
}

function readConnection(buffer: Buffer, from: number, to: number, into: ResponseHead): void {
  if (to - from === 10 && spells(buffer, from, 'keep-alive')) into.keepAlive = true
  else if (to - from === 5 && spells(buffer, from, 'close')) into.keepAlive = false
  else {
    const options = buffer
      .toString('latin1', from, to)
      .toLowerCase()
      .split(/[\s,]+/u)
    if (options.includes('close')) into.keepAlive = false
    else if (options.includes('keep-alive')) into.keepAlive = true
  }
}

/** A decimal number, or -1 where there is none. */
function digits(buffer: Buffer, from: number, to: number): number {
  if (from >= to) return -1
  let value = 0
  for (let at = from; at < to; at++) {
    const byte = buffer[at] ?? 0
    if (byte < zero || byte > nine) return -1
    value = value * 10 + (byte - zero)
  }
  return value
}

function isBlank(byte: number | undefined): boolean {
  return byte === space || byte === tab
}

/** True when the bytes at `start` spell a lower-case text in any case; bit 5 is all that differs in ASCII letters. */
function spells(buffer: Buffer, start: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const byte = buffer[start + i] ?? 0
    if ((byte >= 65 && byte <= 90 ? byte | 32 : byte) !== text.charCodeAt(i)) return false
  }
  return true
}
