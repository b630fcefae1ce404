import type { Buffer } from 'node:buffer'
import type { Datagram, Piece } from './fault.ts'

/** Other bytes in place of an item's: due when that is and their own delay after it, so that they move with it. */
class InPlace implements Datagram {
  readonly bytes: Buffer
  readonly arrivedNs: number
  readonly #of: Datagram
  #delayNs = 0

  constructor(of: Datagram, bytes: Buffer) {
    this.#of = of
    this.bytes = bytes
    this.arrivedNs = of.arrivedNs
  }

  get dueNs(): number {
    return this.#of.dueNs + this.#delayNs
  }

  set dueNs(ns: number) {
    this.#delayNs = ns - this.#of.dueNs
  }
}

class PieceInPlace extends InPlace implements Piece {
  readonly message: number
  wireBytes: number

  constructor(of: Piece, bytes: Buffer, wireBytes: number) {
    super(of, bytes)
    this.message = of.message
    this.wireBytes = wireBytes
  }
}

/**
 * Bytes that a stage passes on in place of a piece. Never a copy of the piece: a stage before it may still make the piece
 * due earlier, and what stages behind it do is not done to the piece.
 */
export function pieceWith(piece: Piece, bytes: Buffer, wireBytes: number): Piece {
  return new PieceInPlace(piece, bytes, wireBytes)
}

/** As `pieceWith`, of a datagram. */
export function datagramWith(datagram: Datagram, bytes: Buffer): Datagram {
  return new InPlace(datagram, bytes)
}

/** The bytes of a piece in [from, to), at first as due as the piece is. All of it is the piece itself. */
export function partOf(piece: Piece, from: number, to: number): Piece {
  const { bytes, wireBytes } = piece
  if (from === 0 && to === bytes.length) return piece
  return pieceWith(piece, bytes.subarray(from, to), (wireBytes * (to - from)) / bytes.length)
}
