import type { Piece } from './fault.ts'
import { partOf } from './piece-part.ts'

/** Payload of a segment on Ethernet: 1500 bytes less IPv4 and TCP headers with timestamps. */
export const defaultMssBytes = 1448

/**
 * Virtual segments of one direction of a stream: where TCP would have cut what arrived at once, of one message, into
 * segments of full size and a rest. A segment may go on over pieces that a stage has cut.
 */
export class Segmenter {
  readonly #mssBytes: number
  #message = Number.NaN
  #arrivedNs = Number.NaN
  /** Room in the segment that was begun last. */
  #roomBytes = 0

  constructor(mssBytes: number) {
    this.#mssBytes = mssBytes
  }

  /** How many bytes at the head of the next piece belong to the segment begun before it; a new one begins behind them. */
  continued({ message, arrivedNs, bytes }: Piece): number {
    const goesOn = message === this.#message && arrivedNs === this.#arrivedNs
    const head = goesOn ? Math.min(this.#roomBytes, bytes.length) : 0
    const room = (goesOn ? this.#roomBytes : 0) - bytes.length
    this.#message = message
    this.#arrivedNs = arrivedNs
    this.#roomBytes = room >= 0 ? room : (this.#mssBytes - (-room % this.#mssBytes)) % this.#mssBytes
    return head
  }
}

/** What a piece is made of: the rest of a segment begun before it, then segments of its own. */
export interface Segments<Late> {
  readonly mssBytes: number
  /** Bytes of the segment begun before it, and what is to become of them; null: nothing. */
  readonly continued: number
  readonly open: Late | null
  /** Those of its own that are late, by their place, in order. */
  readonly late: ReadonlyMap<number, Late>
}

/** Passes a piece on, in order: each late segment as a part of its own, delayed by `delay`, and what lies between as it is. */
export function passSegments<Late>(
  piece: Piece,
  { mssBytes, continued, open, late }: Segments<Late>,
  delay: (part: Piece, late: Late) => void,
  next: (piece: Piece) => void,
): void {
  const sizeBytes = piece.bytes.length
  let from = 0
  const pass = (to: number, by: Late | null): void => {
    if (to === from) return
    const part = partOf(piece, from, to)
    from = to
    if (by !== null) delay(part, by)
    next(part)
  }
  if (open !== null) pass(continued, open)
  for (const [index, by] of late) {
    const start = continued + index * mssBytes
    pass(start, null)
    pass(Math.min(sizeBytes, start + mssBytes), by)
  }
  pass(sizeBytes, null)
}
