import { hits } from './chance.ts'
import { count } from './fault-counter.ts'
import type { Piece, StageContext, StreamStage } from './fault.ts'
import { defaultMssBytes, passSegments, Segmenter } from './segmenter.ts'

/** What is overtaken, by how many, and how long it waits for them. */
export interface ReorderSettings {
  readonly probability: number
  readonly window: number
  readonly delayNs: number
}

/** A segment that was overtaken, or is waited for in vain. */
interface OvertakenSegment {
  /** When it was due before. */
  readonly dueNs: number
  lateNs: number
  /** Segments behind it that have come. */
  behind: number
  readonly parts: Piece[]
}

const noneLate: ReadonlyMap<number, OvertakenSegment> = new Map()

/** Reordering on a stream: a segment that others overtake is late, and those others wait for it. */
export class StreamReorder implements StreamStage {
  readonly #settings: ReorderSettings
  readonly #context: StageContext
  readonly #segmenter = new Segmenter(defaultMssBytes)
  #waiting: OvertakenSegment[] = []
  #open: OvertakenSegment | null = null

  constructor(settings: ReorderSettings, context: StageContext) {
    this.#settings = settings
    this.#context = context
    count(context.counters, 'reorder.spuriousRetransmits', 0)
  }

  push(piece: Piece, next: (piece: Piece) => void): void {
    const mssBytes = defaultMssBytes
    const continued = this.#segmenter.continued(piece)
    const segments = Math.ceil((piece.bytes.length - continued) / mssBytes)
    this.#settle(({ dueNs, lateNs }) => dueNs + lateNs <= piece.arrivedNs)
    if (segments > 0) this.#overtake(piece, segments)
    const late = this.#draw(piece, segments, continued)
    const open = this.#open
    if (segments > 0) this.#open = late.get(segments - 1) ?? null
    passSegments(piece, { mssBytes, continued, open, late }, delay, next)
  }

  end(readyNs: number): number {
    this.#settle(() => true)
    return readyNs
  }

  /** Which segments of a piece are late. One that enough others follow at once costs nothing. */
  #draw(piece: Piece, segments: number, continued: number): ReadonlyMap<number, OvertakenSegment> {
    const { probability, window, delayNs } = this.#settings
    const { tally } = this.#context
    let late: Map<number, OvertakenSegment> | null = null
    for (let index = 0; index < segments; index++) {
      tally.eligible++
      if (!hits(this.#context, 'reorder', probability, piece.arrivedNs)) continue
      tally.fired++
      tally.bytes += Math.min(defaultMssBytes, piece.bytes.length - continued - index * defaultMssBytes)
      const behind = segments - 1 - index
      if (behind >= window) continue
      const lateNs = Math.round(delayNs * this.#context.strength(piece.arrivedNs))
      const segment = { dueNs: piece.dueNs, lateNs, behind, parts: [] }
      this.#waiting.push(segment)
      late ??= new Map()
      late.set(index, segment)
    }
    return late ?? noneLate
  }

  /** So many segments more are behind those that wait: who has been overtaken by enough of them waits no longer. */
  #overtake(piece: Piece, segments: number): void {
    for (const segment of this.#waiting) segment.behind += segments
    this.#settle((segment) => {
      if (segment.behind < this.#settings.window) return false
      const lateNs = Math.max(0, piece.dueNs - segment.dueNs)
      const earlierNs = segment.lateNs - lateNs
      if (earlierNs <= 0) return true
      segment.lateNs = lateNs
      for (const part of segment.parts) part.dueNs -= earlierNs
      this.#context.hurry()
      return true
    })
  }

  /** Forgets segments of which it is known how late they are. A sender takes for lost what is later than a quarter of R. */
  #settle(known: (segment: OvertakenSegment) => boolean): void {
    this.#waiting = this.#waiting.filter((segment) => {
      if (!known(segment)) return true
      if (segment.lateNs > this.#context.roundTripNs() / 4) count(this.#context.counters, 'reorder.spuriousRetransmits')
      return false
    })
  }
}

function delay(part: Piece, segment: OvertakenSegment): void {
  segment.parts.push(part)
  part.dueNs += segment.lateNs
}
