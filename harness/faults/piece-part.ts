import type { Buffer } from 'node:buffer'
import type { Piece } from './fault.ts'

/** A part of a piece: due when the piece is and its own delay after that, so that it moves with the piece. */
class PiecePart implements Piece {
  readonly bytes: Buffer
  readonly arrivedNs: number
  readonly message: number
  wireBytes: number
  readonly #whole: Piece
  #delayNs = 0

  constructor(whole: Piece, from: number, to: number) {
    this.#whole = whole
    this.bytes = whole.bytes.subarray(from, to)
    this.arrivedNs = whole.arrivedNs
    this.message = whole.message
    this.wireBytes = (whole.wireBytes * (to - from)) / whole.bytes.length
  }

  get dueNs(): number {
    return this.#whole.dueNs + this.#delayNs
  }

  set dueNs(ns: number) {
    this.#delayNs = ns - this.#whole.dueNs
  }
}

/**
 * The bytes of a piece in [from, to), at first as due as the piece is. A stage that passes on parts in place of a piece uses
 * this, so that a stage before it can still make the piece due earlier. All of it is the piece itself.
 */
export function partOf(piece: Piece, from: number, to: number): Piece {
  return from === 0 && to === piece.bytes.length ? piece : new PiecePart(piece, from, to)
}
