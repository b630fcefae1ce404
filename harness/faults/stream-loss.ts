import { nsPerSecond } from '../kernel/units.ts'
import { count } from './fault-counter.ts'
import type { Piece, StageContext, StreamStage } from './fault.ts'
import { type LossModel, type LossProcess, lossProcess, lossShare } from './loss-process.ts'
import { fastRetransmitNs, type RetransmissionSettings, RoundTripEstimate } from './retransmission.ts'
import { passSegments, Segmenter } from './segmenter.ts'
import { type Line, serialise } from './serialisation.ts'

export const lossModes = ['retransmit', 'stall', 'reset', 'off'] as const
export const congestionModels = ['mathis', 'none'] as const

/** What losses do to a stream. */
export interface StreamLossSettings extends RetransmissionSettings {
  readonly mode: (typeof lossModes)[number]
  readonly congestion: (typeof congestionModels)[number]
}

/** So many segments behind a lost one tell its sender of it. */
const duplicateAcks = 3

/** What comes of a connection that is given up does not leave before its end. */
const neverSooNs = 3600 * nsPerSecond

const noLosses: ReadonlyMap<number, number> = new Map()

/** A segment that was lost and may still become due earlier than when a timer brings it. */
interface LateSegment {
  readonly arrivedNs: number
  /** When it was due before it was lost. */
  readonly dueNs: number
  /** How late it is: until its first retransmission, and from there on. */
  firstNs: number
  readonly backoffNs: number
  /** Segments that were sent behind it. */
  behind: number
  readonly parts: Piece[]
}

/**
 * Loss on a stream: its receiver never sees it, but lateness of the lost segment and of all behind it. See `loss` for the
 * model. Segments are drawn as they go out: those that arrived together first, then what of them is sent again.
 */
export class StreamLoss implements StreamStage {
  readonly #tcp: StreamLossSettings
  readonly #context: StageContext
  readonly #lost: LossProcess
  readonly #share: number
  readonly #segmenter: Segmenter
  readonly #estimate: RoundTripEstimate
  readonly #window: Line = { freeNs: 0 }
  #message = Number.NaN
  #flight = { arrivedNs: 0, dueNs: 0, segments: 0 }
  /** Lost segments that those behind them may still tell of. */
  #waiting: LateSegment[] = []
  /** The segment begun last, where it is late and may go on. */
  #open: LateSegment | null = null
  #over = false

  constructor(model: LossModel, tcp: StreamLossSettings, context: StageContext) {
    this.#tcp = tcp
    this.#context = context
    this.#lost = lossProcess(model, context)
    this.#share = lossShare(model)
    this.#segmenter = new Segmenter(tcp.mssBytes)
    this.#estimate = new RoundTripEstimate(tcp)
    for (const name of ['segments', 'lost', 'fastRetransmits', 'tailProbes', 'timeouts', 'exceeded']) {
      count(context.counters, `loss.${name}`, 0)
    }
  }

  push(piece: Piece, next: (piece: Piece) => void): void {
    if (this.#over) {
      piece.dueNs += neverSooNs
      next(piece)
      return
    }
    const roundTripNs = this.#context.roundTripNs()
    if (piece.message !== this.#message) {
      this.#message = piece.message
      this.#estimate.observe(roundTripNs)
    }
    const { mode, congestion } = this.#tcp
    if (roundTripNs > 0 && mode === 'retransmit' && congestion === 'mathis') this.#sendPaced(piece, roundTripNs, next)
    else this.#send(piece, next)
  }

  end(readyNs: number): number {
    this.#forget(() => true)
    return readyNs
  }

  /** Mathis and others 1997: 1.22 mss / (R sqrt(p)) bytes a second in the mean, of which a round trip's worth may go at once. */
  #sendPaced(piece: Piece, roundTripNs: number, next: (piece: Piece) => void): void {
    const share = this.#share * this.#context.strength(piece.arrivedNs)
    const nsPerByte = (roundTripNs * Math.sqrt(share)) / (1.22 * this.#tcp.mssBytes)
    const speed = { nsPerByte, quantumBytes: this.#tcp.mssBytes, aheadNs: roundTripNs }
    serialise(piece, this.#window, speed, (part) => this.#send(part, next))
  }

  #send(piece: Piece, next: (piece: Piece) => void): void {
    const { mssBytes } = this.#tcp
    const { tally, counters } = this.#context
    const sizeBytes = piece.bytes.length
    const continued = this.#segmenter.continued(piece)
    const segments = Math.ceil((sizeBytes - continued) / mssBytes)
    const outstanding = this.#flightWith(piece, segments)
    this.#tell(piece, segments)
    const losses = this.#transmit(segments, piece.arrivedNs)
    tally.eligible += segments
    count(counters, 'loss.segments', segments)
    const late = new Map<number, LateSegment>()
    for (const [index, lost] of losses) {
      tally.fired++
      tally.bytes += Math.min(mssBytes, sizeBytes - continued - index * mssBytes)
      count(counters, 'loss.lost', lost)
      late.set(index, this.#late(piece, lost, { behind: segments - 1 - index, outstanding }))
    }
    const open = this.#open
    if (segments > 0) this.#open = late.get(segments - 1) ?? null
    passSegments(piece, { mssBytes, continued, open, late }, delay, next)
  }

  /** How often each lost one of so many segments is lost, by its place among them. */
  #transmit(segments: number, nowNs: number): ReadonlyMap<number, number> {
    let again: number[] = []
    for (let index = 0; index < segments; index++) if (this.#lost(nowNs)) again.push(index)
    if (again.length === 0) return noLosses
    const losses = new Map(again.map((index) => [index, 1]))
    const { mode, maxRetries } = this.#tcp
    if (mode === 'off' || mode === 'reset') return losses
    for (let round = 1; round <= maxRetries && again.length > 0; round++) {
      again = again.filter(() => this.#lost(nowNs))
      for (const index of again) losses.set(index, round + 1)
    }
    return losses
  }

  /** Segments that are on their way together, with those of this piece. */
  #flightWith({ arrivedNs, dueNs }: Piece, segments: number): number {
    const { arrivedNs: lastArrivedNs, dueNs: lastDueNs, segments: before } = this.#flight
    const together = arrivedNs === lastArrivedNs || dueNs - lastDueNs < this.#context.roundTripNs()
    this.#flight = { arrivedNs, dueNs, segments: together ? before + segments : segments }
    return this.#flight.segments
  }

  /** What becomes of a segment that was lost so often. */
  #late(piece: Piece, lost: number, { behind, outstanding }: { behind: number; outstanding: number }): LateSegment {
    const { mode, rtoMinNs, maxRetries } = this.#tcp
    const { counters } = this.#context
    const roundTripNs = this.#context.roundTripNs()
    const { arrivedNs, dueNs } = piece
    const told = behind >= duplicateAcks
    const late = { arrivedNs, dueNs, firstNs: 0, backoffNs: 0, behind, parts: [] }
    if (mode === 'off') return late
    if (mode === 'reset') return this.#giveUp(late)
    if (mode === 'stall') return this.#unlessExceeded({ ...late, firstNs: lost * rtoMinNs }, lost)
    count(counters, 'loss.timeouts', Math.max(0, Math.min(lost, maxRetries) - 1))
    const probeNs = this.#estimate.probeNs(roundTripNs, outstanding)
    const timed: LateSegment = {
      ...late,
      firstNs: told ? Math.min(probeNs, fastRetransmitNs(roundTripNs)) : probeNs,
      backoffNs: this.#estimate.backoffNs(roundTripNs, lost - 1),
    }
    if (told) count(counters, 'loss.fastRetransmits')
    else if (lost <= maxRetries) this.#waiting.push(timed)
    return this.#unlessExceeded(timed, lost)
  }

  #unlessExceeded(late: LateSegment, lost: number): LateSegment {
    if (lost <= this.#tcp.maxRetries) return late
    count(this.#context.counters, 'loss.exceeded')
    return this.#giveUp(late)
  }

  /** Ends the connection when the segment would have come, and lets nothing of it or behind it out. */
  #giveUp(late: LateSegment): LateSegment {
    const afterNs = late.dueNs - late.arrivedNs + late.firstNs + late.backoffNs
    if (!this.#over) this.#context.act({ kind: 'reset', afterNs: Math.max(0, Math.round(afterNs)) })
    this.#over = true
    return { ...late, backoffNs: late.backoffNs + neverSooNs }
  }

  /** Lets those that wait know of segments behind them. */
  #tell(piece: Piece, segments: number): void {
    if (this.#waiting.length === 0 || segments === 0) return
    const roundTripNs = this.#context.roundTripNs()
    this.#forget((late) => leavesNs(late) <= piece.arrivedNs)
    this.#waiting = this.#waiting.filter((late) => {
      const together = late.arrivedNs === piece.arrivedNs
      late.behind += segments
      if (late.behind >= duplicateAcks || (!together && piece.dueNs <= late.dueNs + roundTripNs)) {
        count(this.#context.counters, 'loss.fastRetransmits')
        // Not before what told of it has come.
        const waitNs = Math.max(0, piece.dueNs - late.dueNs - roundTripNs)
        this.#hasten(late, waitNs + fastRetransmitNs(roundTripNs))
        return false
      }
      // It is not the only one on its way any more.
      if (together) this.#hasten(late, this.#estimate.probeNs(roundTripNs, 2))
      return true
    })
  }

  #hasten(late: LateSegment, firstNs: number): void {
    const earlierNs = late.firstNs - firstNs
    if (earlierNs <= 0) return
    late.firstNs = firstNs
    for (const part of late.parts) part.dueNs = Math.round(part.dueNs - earlierNs)
    this.#context.hurry()
  }

  /** Counts as probed, and forgets, what waited in vain. */
  #forget(inVain: (late: LateSegment) => boolean): void {
    const left = this.#waiting.filter((late) => !inVain(late))
    count(this.#context.counters, 'loss.tailProbes', this.#waiting.length - left.length)
    this.#waiting = left
  }
}

function leavesNs({ dueNs, firstNs, backoffNs }: LateSegment): number {
  return dueNs + firstNs + backoffNs
}

function delay(part: Piece, late: LateSegment): void {
  late.parts.push(part)
  part.dueNs = Math.round(part.dueNs + late.firstNs + late.backoffNs)
}
