import type { Buffer } from 'node:buffer'
import type { Clock } from '../../kernel/clock.ts'
import { type TimerWheel, wheelEntry } from '../../kernel/timer-wheel.ts'
import type { Datagram, DatagramStage, Direction } from '../fault.ts'
import type { DelayMeters } from './meters.ts'
import { DatagramQueue, type DatagramRule } from './udp-queue.ts'

export interface DatagramDirectionOptions {
  readonly direction: Direction
  readonly meters: DelayMeters
  readonly clock: Clock
  readonly wheel: TimerWheel
  /** Bytes that may wait: what comes beyond them is not taken. */
  readonly heldLimitBytes: number
  readonly send: (bytes: Buffer) => void
  /** Told of a datagram for which there was no room. */
  readonly overflow: () => void
}

/** Of more datagrams the due times are not looked at again for each one that comes, but once in a turn of the event loop. */
const mostSortedAtOnce = 1024

/** One way of one session: each datagram leaves when it is due, whatever the others do. */
export class DatagramDirection {
  readonly #options: DatagramDirectionOptions
  readonly #queue = new DatagramQueue()
  readonly #entry = wheelEntry(() => this.#flush())
  #unsorted = false
  #receiving = false
  #shut = true

  constructor(options: DatagramDirectionOptions) {
    this.#options = options
  }

  /** How many wait. */
  get held(): number {
    return this.#queue.size
  }

  /** Lets datagrams out; until then all of them wait, since there is no way on yet. */
  open(): void {
    this.#shut = false
    this.#flush()
  }

  /** Takes a datagram that has arrived, and through the stages of the rules that act on it. */
  receive(bytes: Buffer, arrivedNs: number, rules: readonly DatagramRule[]): void {
    const stages = rules.flatMap((rule) => (rule.isOn(arrivedNs) ? rule.datagrams(this.#options.direction) : []))
    if (stages.length === 0 && !this.#shut) {
      this.#options.send(bytes)
      return
    }
    this.#receiving = true
    this.#pass({ bytes, arrivedNs, dueNs: arrivedNs }, stages, rules)
    this.#receiving = false
    if (this.#unsorted && this.#queue.size > mostSortedAtOnce) this.#flushSoon()
    else this.#flush()
  }

  /** To be called when datagrams that wait have become due earlier. */
  hurry(): void {
    this.#unsorted = true
    if (!this.#receiving) this.#flushSoon()
  }

  /** Lets go what waits because of rules that are not on any more. */
  release(): void {
    const nowNs = this.#options.clock.nowNs()
    this.#queue.hasten(nowNs, (rule) => !rule.isOn(nowNs))
    this.#flush()
  }

  /** Forgets what waits and never calls back again; how many those were. */
  destroy(): number {
    const { wheel, meters } = this.#options
    const { size, bytes } = this.#queue
    wheel.cancel(this.#entry)
    meters.heldBytes -= bytes
    this.#queue.clear()
    this.#shut = true
    return size
  }

  #pass(datagram: Datagram, [stage, ...others]: readonly DatagramStage[], rules: readonly DatagramRule[]): void {
    if (stage) stage.push(datagram, (passed) => this.#pass(passed, others, rules))
    else this.#hold(datagram, rules)
  }

  #hold(datagram: Datagram, by: readonly DatagramRule[]): void {
    const { meters, heldLimitBytes, overflow, wheel } = this.#options
    const { length } = datagram.bytes
    if (this.#queue.bytes + length > heldLimitBytes) {
      overflow()
      return
    }
    meters.heldBytes += length
    this.#queue.add(datagram, by)
    if (!this.#receiving && !this.#shut && this.#queue.first === datagram) {
      wheel.schedule(this.#entry, datagram.dueNs)
    }
  }

  #flushSoon(): void {
    if (!this.#shut) this.#options.wheel.schedule(this.#entry, this.#options.clock.nowNs())
  }

  #flush(): void {
    const { clock, meters, wheel, send } = this.#options
    if (this.#shut) return
    if (this.#unsorted) {
      this.#unsorted = false
      this.#queue.sort()
    }
    for (let first = this.#queue.first; first; first = this.#queue.first) {
      const nowNs = clock.nowNs()
      if (first.dueNs > nowNs) {
        wheel.schedule(this.#entry, first.dueNs)
        return
      }
      this.#queue.take()
      meters.heldBytes -= first.bytes.length
      meters.askedDelay.record((first.dueNs - first.arrivedNs) / 1000)
      meters.injectedDelay.record((nowNs - first.arrivedNs) / 1000)
      meters.injectedDelayError.record((nowNs - first.dueNs) / 1000)
      send(first.bytes)
    }
  }
}
