import type { Socket } from 'node:net'
import type { Clock } from '../../kernel/clock.ts'
import { type TimerWheel, wheelEntry } from '../../kernel/timer-wheel.ts'
import type { LatencyHistogram } from '../../measure/histogram.ts'
import type { StreamStage } from '../fault.ts'

/** Bytes that one direction may hold back before its reader is paused. */
const heldLimitBytes = 8 * 2 ** 20

/** Counters of an arm that its directions add to. */
export interface DirectionMeters {
  heldBytes: number
  readonly injectedDelay: LatencyHistogram
  readonly injectedDelayError: LatencyHistogram
}

/** A chunk on its way; without bytes it is the end of the stream. */
interface Held {
  readonly chunk: Buffer | null
  readonly arrivedNs: number
  readonly dueNs: number
}

export interface DirectionOptions {
  readonly from: Socket
  readonly to: Socket
  readonly stages: readonly StreamStage[]
  readonly meters: DirectionMeters
  readonly clock: Clock
  readonly wheel: TimerWheel
}

/** One way of one connection: chunks leave in their order, each when its stages release it, none before the last. */
export class RelayDirection {
  readonly #options: DirectionOptions
  readonly #entry = wheelEntry(() => this.#flush())
  #queue: Held[] = []
  #heldBytes = 0
  #lastDueNs = 0
  #paused = false
  #waitsForDrain = false

  constructor(options: DirectionOptions) {
    this.#options = options
  }

  /** Takes a chunk that has arrived. */
  receive(chunk: Buffer): void {
    const { stages } = this.#options
    if (stages.length === 0 && this.#queue.length === 0) {
      this.#write(chunk)
      return
    }
    const arrivedNs = this.#options.clock.nowNs()
    let dueNs = arrivedNs
    for (const stage of stages) dueNs = stage.release(dueNs, chunk.length)
    this.#hold(chunk, arrivedNs, dueNs)
    this.#heldBytes += chunk.length
    this.#options.meters.heldBytes += chunk.length
    this.#applyBackPressure()
  }

  /** Takes the end of the stream: it leaves after everything before it. */
  end(): void {
    if (this.#queue.length === 0) this.#options.to.end()
    else this.#hold(null, this.#lastDueNs, this.#lastDueNs)
  }

  /** Forgets what is held and never calls back again. */
  destroy(): void {
    this.#options.wheel.cancel(this.#entry)
    this.#options.meters.heldBytes -= this.#heldBytes
    this.#heldBytes = 0
    this.#queue = []
  }

  #hold(chunk: Buffer | null, arrivedNs: number, wantedNs: number): void {
    const dueNs = Math.max(wantedNs, this.#lastDueNs)
    this.#lastDueNs = dueNs
    this.#queue.push({ chunk, arrivedNs, dueNs })
    if (this.#queue.length === 1) this.#options.wheel.schedule(this.#entry, dueNs)
  }

  #flush(): void {
    const { clock, meters, wheel } = this.#options
    while (!this.#waitsForDrain) {
      const head = this.#queue[0]
      if (!head) return
      const nowNs = clock.nowNs()
      if (head.dueNs > nowNs) {
        wheel.schedule(this.#entry, head.dueNs)
        return
      }
      this.#queue.shift()
      if (head.chunk === null) {
        this.#options.to.end()
        return
      }
      this.#heldBytes -= head.chunk.length
      meters.heldBytes -= head.chunk.length
      meters.injectedDelay.record((nowNs - head.arrivedNs) / 1000)
      meters.injectedDelayError.record((nowNs - head.dueNs) / 1000)
      this.#write(head.chunk)
      this.#applyBackPressure()
    }
  }

  #write(chunk: Buffer): void {
    const { to } = this.#options
    if (to.destroyed || to.write(chunk) || this.#waitsForDrain) return
    this.#waitsForDrain = true
    to.once('drain', () => {
      this.#waitsForDrain = false
      this.#flush()
      this.#applyBackPressure()
    })
    this.#applyBackPressure()
  }

  #applyBackPressure(): void {
    const { from } = this.#options
    const full = this.#waitsForDrain || this.#heldBytes > heldLimitBytes
    if (full === this.#paused) return
    this.#paused = full
    if (full) from.pause()
    else from.resume()
  }
}
