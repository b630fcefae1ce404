import type { Piece } from './fault.ts'
import { partOf } from './piece-part.ts'

/** A line that carries one bit after the other. */
export interface Line {
  /** When the last bit that was put on it will have left. */
  freeNs: number
}

export interface LineSpeed {
  readonly nsPerByte: number
  /** Bytes that leave together at most. */
  readonly quantumBytes: number
  /** How much may leave ahead of the line, as time; 0 for a line proper. */
  readonly aheadNs: number
}

/**
 * Puts bytes on a line behind what it carries: they leave in quanta, each when its last bit has. The clock is absolute
 * (next = max(next, ready) + bytes · 8 / rate), so no time is lost or won between pieces, and an idle line saves up nothing.
 */
export function serialise(piece: Piece, line: Line, speed: LineSpeed, next: (part: Piece) => void): void {
  const { nsPerByte, quantumBytes, aheadNs } = speed
  const sizeBytes = piece.bytes.length
  const readyNs = piece.dueNs
  const fromNs = Math.max(line.freeNs, readyNs)
  const weight = sizeBytes === 0 ? 0 : (piece.wireBytes / sizeBytes) * nsPerByte
  const leavesNs = (to: number): number => Math.max(readyNs, Math.ceil(fromNs + to * weight - aheadNs))
  line.freeNs = fromNs + sizeBytes * weight
  if (sizeBytes <= quantumBytes || leavesNs(sizeBytes) === readyNs) {
    piece.dueNs = leavesNs(sizeBytes)
    next(piece)
    return
  }
  for (let from = 0; from < sizeBytes; from += quantumBytes) {
    const to = Math.min(sizeBytes, from + quantumBytes)
    const part = partOf(piece, from, to)
    part.dueNs = leavesNs(to)
    next(part)
  }
}
