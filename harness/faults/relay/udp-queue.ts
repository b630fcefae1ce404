import type { Datagram } from '../fault.ts'
import type { RuleStages } from './rule-stages.ts'

/** What a rule is to datagrams. */
export type DatagramRule = Pick<RuleStages, 'isOn' | 'datagrams'>

interface Waiting {
  readonly datagram: Datagram
  /** The rules that have acted on it. */
  readonly by: readonly DatagramRule[]
  /** Counts those of one queue as they came. */
  readonly order: number
  /** As it was when places were last given. */
  dueNs: number
}

/**
 * Datagrams that wait to leave, in a binary heap: the one that is due first is at hand; of two that are due at once it is
 * the one that came first.
 */
export class DatagramQueue {
  readonly #heap: Waiting[] = []
  #added = 0
  #bytes = 0

  get size(): number {
    return this.#heap.length
  }

  get bytes(): number {
    return this.#bytes
  }

  /** The one that leaves next. */
  get first(): Datagram | undefined {
    return this.#heap[0]?.datagram
  }

  /** Adds a datagram on which these rules have acted, at the place that its due time gives it. */
  add(datagram: Datagram, by: readonly DatagramRule[]): void {
    this.#bytes += datagram.bytes.length
    this.#heap.push({ datagram, by, order: this.#added++, dueNs: datagram.dueNs })
    this.#rise(this.#heap.length - 1)
  }

  /** Takes the first one out. */
  take(): Datagram | undefined {
    const [first] = this.#heap
    const last = this.#heap.pop()
    if (!first || !last) return undefined
    if (first !== last) {
      this.#heap[0] = last
      this.#sink(0)
    }
    this.#bytes -= first.datagram.bytes.length
    return first.datagram
  }

  /** Looks at all due times again; to be called after some have changed. */
  sort(): void {
    for (const waiting of this.#heap) waiting.dueNs = waiting.datagram.dueNs
    for (let place = (this.#heap.length >> 1) - 1; place >= 0; place--) this.#sink(place)
  }

  /** Makes due now what such rules would let go later; of those the first to come is the first to leave. */
  hasten(nowNs: number, such: (by: DatagramRule) => boolean): void {
    for (const { datagram, by } of this.#heap) {
      if (datagram.dueNs > nowNs && by.some(such)) datagram.dueNs = nowNs
    }
    this.sort()
  }

  /** Forgets all of them. */
  clear(): void {
    this.#heap.length = 0
    this.#bytes = 0
  }

  #rise(from: number): void {
    const heap = this.#heap
    const waiting = heap[from] as Waiting
    let place = from
    while (place > 0) {
      const above = (place - 1) >> 1
      const parent = heap[above] as Waiting
      if (!isBefore(waiting, parent)) break
      heap[place] = parent
      place = above
    }
    heap[place] = waiting
  }

  #sink(from: number): void {
    const heap = this.#heap
    const waiting = heap[from] as Waiting
    let place = from
    for (;;) {
      let below = 2 * place + 1
      const left = heap[below]
      const right = heap[below + 1]
      if (!left) break
      const child = right && isBefore(right, left) ? right : left
      if (child === right) below++
      if (!isBefore(child, waiting)) break
      heap[place] = child
      place = below
    }
    heap[place] = waiting
  }
}

function isBefore(a: Waiting, b: Waiting): boolean {
  return a.dueNs < b.dueNs || (a.dueNs === b.dueNs && a.order < b.order)
}
