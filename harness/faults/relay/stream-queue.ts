import { Buffer } from 'node:buffer'
import type { Socket } from 'node:net'
import type { Clock } from '../../kernel/clock.ts'
import { type TimerWheel, wheelEntry } from '../../kernel/timer-wheel.ts'
import type { Piece } from '../fault.ts'
import type { DelayMeters } from './meters.ts'
import type { RuleStages } from './rule-stages.ts'
import { type Dues, dueWithout } from './stream-chain.ts'

/** What waits, with what its chain said of it; with `reached` it is a mark without bytes, called when all before has left. */
interface Held {
  readonly piece: Piece
  readonly rules: readonly RuleStages[]
  readonly dues: Dues
  readonly reached: (() => void) | null
}

export interface StreamQueueOptions {
  readonly to: Socket
  readonly meters: DelayMeters
  readonly clock: Clock
  readonly wheel: TimerWheel
  /** Told when how much is held, or whether the receiver takes more, has changed. */
  readonly changed: () => void
  /** Told of bytes that will not leave any more. */
  readonly discarded: (bytes: number) => void
}

const noRules: readonly RuleStages[] = []
const noBytes = Buffer.alloc(0)

/** The bytes of one direction that wait: they leave in their order, each when it is due, none before the last. */
export class StreamQueue {
  readonly #options: StreamQueueOptions
  readonly #entry = wheelEntry(() => this.flush())
  #items: Held[] = []
  /** The first that is still there; what is before it has left. */
  #head = 0
  #heldBytes = 0
  #waitsForDrain = false
  /** When what left last was due, at the earliest that its order let it leave. */
  #lastDueNs = 0
  #flushing = false
  #over = false

  constructor(options: StreamQueueOptions) {
    this.#options = options
    options.to.on('drain', () => this.#unblock())
    // What was to be written into it is gone; what waits behind it gets its turn.
    options.to.on('close', () => this.#unblock())
  }

  get heldBytes(): number {
    return this.#heldBytes
  }

  /** Whether nothing waits, so that bytes may be written through. */
  get idle(): boolean {
    return this.#head === this.#items.length && !this.#over
  }

  get waitsForDrain(): boolean {
    return this.#waitsForDrain
  }

  /** Puts a piece at the end; `flush` is to be called afterwards. */
  push(piece: Piece, rules: readonly RuleStages[], dues: Dues): void {
    const { length } = piece.bytes
    if (this.#over) {
      this.#options.discarded(length)
      return
    }
    this.#items.push({ piece, rules, dues, reached: null })
    this.#count(length)
  }

  /** Puts bytes at the end that may leave as soon as all before them has. */
  pushPlain(bytes: Buffer, arrivedNs: number): void {
    this.push(pieceOf(bytes, arrivedNs), noRules, null)
  }

  /** Calls back when all before has left and `dueNs` has come; `rules` are those that ask for the latter. */
  mark(reached: () => void, dueNs: number, rules: readonly RuleStages[] = noRules): void {
    if (this.#over) return
    this.#items.push({ piece: pieceOf(noBytes, dueNs), rules, dues: null, reached })
    this.flush()
  }

  /** Writes bytes through, without a turn; only while it is idle. */
  write(bytes: Buffer): void {
    const { to } = this.#options
    if (to.destroyed || to.writableEnded) {
      this.#options.discarded(bytes.length)
      return
    }
    if (to.write(bytes) || this.#waitsForDrain) return
    this.#waitsForDrain = true
    this.#options.changed()
  }

  /** Makes due at once what waits only for rules that are no longer on. */
  release(nowNs: number): void {
    for (let at = this.#head; at < this.#items.length; at++) {
      const { piece, rules, dues } = this.#items[at] as Held
      if (rules.length > 0) piece.dueNs = dueWithout(piece, rules, dues, nowNs)
    }
    this.flush()
  }

  /** Lets leave what is due, and looks again when the next is. Also to be called when something has become due earlier. */
  flush(): void {
    // A mark, or a write that fails, may lead here again.
    if (this.#flushing) return
    this.#flushing = true
    const before = this.#heldBytes
    this.#leave()
    this.#flushing = false
    if (this.#head === this.#items.length) {
      this.#items = []
      this.#head = 0
    }
    if (this.#heldBytes !== before) this.#options.changed()
  }

  /** Forgets what is held and never calls back again. */
  destroy(): void {
    if (this.#over) return
    this.#over = true
    this.#options.wheel.cancel(this.#entry)
    this.#options.discarded(this.#heldBytes)
    this.#count(-this.#heldBytes)
    this.#items = []
    this.#head = 0
  }

  #leave(): void {
    const { clock, wheel } = this.#options
    let nowNs = clock.nowNs()
    while (!this.#waitsForDrain && this.#head < this.#items.length) {
      const held = this.#items[this.#head] as Held
      if (held.piece.dueNs > nowNs) {
        nowNs = clock.nowNs()
        if (held.piece.dueNs > nowNs) {
          if (held.piece.dueNs < Number.POSITIVE_INFINITY) wheel.schedule(this.#entry, held.piece.dueNs)
          return
        }
      }
      this.#advance()
      if (held.reached) held.reached()
      else this.#writeHeld(held.piece, nowNs)
    }
    wheel.cancel(this.#entry)
  }

  #advance(): void {
    this.#head++
    // What has left is let go of now and then: taking off the first of a long array each time would move all others.
    if (this.#head < 1024 || this.#head * 2 < this.#items.length) return
    this.#items = this.#items.slice(this.#head)
    this.#head = 0
  }

  #writeHeld({ bytes, arrivedNs, dueNs }: Piece, nowNs: number): void {
    const { askedDelay, injectedDelay, injectedDelayError } = this.#options.meters
    this.#count(-bytes.length)
    this.#lastDueNs = Math.max(this.#lastDueNs, dueNs)
    askedDelay.record((this.#lastDueNs - arrivedNs) / 1000)
    injectedDelay.record((nowNs - arrivedNs) / 1000)
    injectedDelayError.record((nowNs - this.#lastDueNs) / 1000)
    this.write(bytes)
  }

  #count(bytes: number): void {
    this.#heldBytes += bytes
    this.#options.meters.heldBytes += bytes
  }

  #unblock(): void {
    if (!this.#waitsForDrain || this.#over) return
    this.#waitsForDrain = false
    this.flush()
    this.#options.changed()
  }
}

function pieceOf(bytes: Buffer, dueNs: number): Piece {
  return { bytes, arrivedNs: dueNs, dueNs, wireBytes: bytes.length, message: 0 }
}
