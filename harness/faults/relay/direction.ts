import type { Buffer } from 'node:buffer'
import type { Socket } from 'node:net'
import { finished } from 'node:stream'
import type { Clock } from '../../kernel/clock.ts'
import type { TimerWheel } from '../../kernel/timer-wheel.ts'
import { nsPerMs } from '../../kernel/units.ts'
import type { Direction } from '../fault.ts'
import type { ArmMeters } from './meters.ts'
import type { RuleStages } from './rule-stages.ts'
import { chainStages, type Leave, mostHeldBytes, type StreamChain } from './stream-chain.ts'
import { StreamQueue } from './stream-queue.ts'

/** A message ends with a pause of more than this, and after so many bytes. */
const messageGapNs = nsPerMs
const messageBytes = 2 ** 16

export interface DirectionOptions {
  readonly direction: Direction
  readonly from: Socket
  readonly to: Socket
  readonly meters: ArmMeters
  readonly clock: Clock
  readonly wheel: TimerWheel
  readonly discarded: (bytes: number) => void
}

/** One way of one connection. */
export class RelayDirection {
  readonly direction: Direction
  readonly #options: DirectionOptions
  readonly #queue: StreamQueue
  readonly #leave: Leave = (piece, rules, dues) => this.#queue.push(piece, rules, dues)
  #chain: StreamChain
  #message = 0
  /** Of the message at present. */
  #messageSize = 0
  #lastBytesNs = Number.NEGATIVE_INFINITY
  /** Bytes that wait before the queue. */
  #pendingBytes = 0
  #paused = false
  #finished = false

  constructor(options: DirectionOptions) {
    const { direction, to, meters, clock, wheel, discarded } = options
    this.direction = direction
    this.#options = options
    this.#queue = new StreamQueue({ to, meters, clock, wheel, discarded, changed: () => this.#applyBackPressure() })
    this.#chain = chainStages([], direction, this.#leave)
  }

  /** From now on bytes pass the stages of these rules. */
  use(rules: readonly RuleStages[]): void {
    this.#chain = chainStages(rules, this.direction, this.#leave)
  }

  /** What comes next is a new message, since the other side has spoken in between. */
  turn(): void {
    this.#messageSize = 0
    this.#lastBytesNs = Number.NEGATIVE_INFINITY
  }

  /** Takes bytes that are to leave. */
  receive(bytes: Buffer): void {
    const { push } = this.#chain
    if (!push && this.#queue.idle) {
      this.#queue.write(bytes)
      return
    }
    const nowNs = this.#options.clock.nowNs()
    if (push) this.#pushMessages(bytes, nowNs, push)
    else this.#queue.pushPlain(bytes, nowNs)
    this.#queue.flush()
    this.#applyBackPressure()
  }

  /** Ends the stream after all that has been taken, and when its stages let it; a second time does nothing. */
  finish(): void {
    if (this.#finished) return
    this.#finished = true
    const { clock, to } = this.#options
    this.#queue.mark(() => to.end(), this.#chain.end(clock.nowNs()), this.#chain.rules)
  }

  /** Calls back when all that has been taken has left, and the kernel has it. */
  afterAll(left: () => void): void {
    const { clock, to } = this.#options
    const written = (): void => {
      if (to.writableLength === 0 || to.destroyed) left()
      else if (to.writableEnded) finished(to, { readable: false }, () => left())
      else to.write('', left)
    }
    this.#queue.mark(written, clock.nowNs())
  }

  /** Counts bytes that wait before the queue as held; negative for those that wait no more. */
  pend(bytes: number): void {
    this.#pendingBytes += bytes
    this.#options.meters.heldBytes += bytes
    this.#applyBackPressure()
  }

  /** Looks again what is due. */
  hurry(): void {
    this.#queue.flush()
  }

  /** Lets go what waits for rules that are no longer on. */
  release(nowNs: number): void {
    this.#queue.release(nowNs)
  }

  /** Forgets what is held and never calls back again. */
  destroy(): void {
    this.pend(-this.#pendingBytes)
    this.#queue.destroy()
  }

  #pushMessages(bytes: Buffer, nowNs: number, push: NonNullable<StreamChain['push']>): void {
    if (nowNs - this.#lastBytesNs > messageGapNs) this.#nextMessage()
    this.#lastBytesNs = nowNs
    for (let from = 0; from < bytes.length;) {
      if (this.#messageSize >= messageBytes) this.#nextMessage()
      const part = bytes.subarray(from, from + messageBytes - this.#messageSize)
      this.#messageSize += part.length
      from += part.length
      const { length: wireBytes } = part
      push({ bytes: part, arrivedNs: nowNs, dueNs: nowNs, wireBytes, message: this.#message })
    }
  }

  #nextMessage(): void {
    this.#message++
    this.#messageSize = 0
  }

  #applyBackPressure(): void {
    const { from } = this.#options
    // Once held back, a sender is let go on when there is room for a good part again.
    const share = this.#paused ? 0.5 : 1
    const full =
      this.#queue.waitsForDrain ||
      this.#chain.isFull(this.#queue.heldBytes, this.#paused) ||
      // No stage has seen these: what a stage wants less of is not them, and while they wait an end is to be noticed.
      this.#pendingBytes > share * mostHeldBytes
    if (full === this.#paused) return
    this.#paused = full
    if (full) from.pause()
    else from.resume()
  }
}
