import { Buffer } from 'node:buffer'
import { ResponseReader, type ResponseShape } from '../../harness/load/http1/response.ts'

/** What a parser makes of one response. */
export interface Reading {
  /** `incomplete`: more bytes could still complete it. */
  readonly outcome: 'complete' | 'incomplete' | 'problem'
  /** What is wrong, in the words of the parser; null unless a problem. */
  readonly reason: string | null
  /** 0 unless it is complete, like all below. */
  readonly status: number
  readonly keepAlive: boolean
  /** As latin1. */
  readonly body: string
  /** Lower-case names and values in their order, as latin1; none of the trailers. */
  readonly headers: readonly (readonly [string, string])[]
  /** Where the next response begins in the bytes of the connection. */
  readonly stoppedAt: number
}

/** The bytes of a connection, as latin1. */
export interface Sent {
  readonly text: string
  /** The requests that are answered are HEAD. */
  readonly head: boolean
  /** The connection ends behind the bytes. */
  readonly ended: boolean
}

/** Every read comes in the same memory, as it does from a socket, and is overwritten after it. */
const readBuffer = Buffer.allocUnsafeSlow(65_536)

export const keepsAll = { headers: true, body: true }
export const keepsNone = { headers: false, body: false }

/** A reading that tells nothing but why. */
export function unread(outcome: 'incomplete' | 'problem', reason: string | null): Reading {
  return { outcome, reason, status: 0, keepAlive: false, body: '', headers: [], stoppedAt: 0 }
}

/** What a reader of ours makes of a connection that comes in pieces: its responses, up to the first that is not complete. */
export function readPieces(
  reader: ResponseReader,
  pieces: Iterable<Buffer>,
  ended: boolean,
  shape: ResponseShape,
): Reading[] {
  return Array.from(eachResponse(reader, pieces, ended, shape), (stoppedAt) => readingOf(reader, stoppedAt, ended))
}

/** Runs a reader over a connection like the load generator does; yields where each response ends, and last where the bytes do. */
export function* eachResponse(reader: ResponseReader, pieces: Iterable<Buffer>, ended: boolean, shape: ResponseShape) {
  let offset = 0
  let open = false
  for (const piece of pieces) {
    piece.copy(readBuffer)
    let at = 0
    while (at < piece.length) {
      if (!open) reader.begin(shape)
      open = true
      at = reader.push(readBuffer, at, piece.length)
      if (reader.problem === null && !reader.done) break
      yield offset + at
      if (reader.problem !== null) return
      open = false
    }
    readBuffer.fill(0xaa, 0, piece.length)
    offset += piece.length
  }
  if (ended && open) reader.end()
  if (open) yield offset
}

function readingOf(reader: ResponseReader, stoppedAt: number, ended: boolean): Reading {
  if (reader.problem !== null) return unread('problem', reader.problem)
  if (!reader.done) return ended ? unread('problem', 'closed') : unread('incomplete', null)
  const { status, keepAlive } = reader
  const headers = reader.headerNames().flatMap((name) => reader.headers(name).map((value) => [name, value] as const))
  return {
    outcome: 'complete',
    reason: null,
    status,
    keepAlive,
    body: Buffer.from(reader.body()).toString('latin1'),
    headers,
    stoppedAt,
  }
}

/** What our reader makes of a connection whose bytes come in one read. */
export function readWhole({ text, head, ended }: Sent): Reading[] {
  return readPieces(new ResponseReader(), [Buffer.from(text, 'latin1')], ended, {
    head,
    expectBody: null,
    kept: keepsAll,
  })
}
