import type { RelayDirection } from './direction.ts'
import { type Arrival, sizeOf } from './socket-pair.ts'

interface Waiting {
  readonly to: RelayDirection
  readonly what: Arrival
}

/** What has come while a connection hangs, of both directions in its order. It is counted as held. */
export class WaitingRoom {
  #waiting: Waiting[] = []

  add(to: RelayDirection, what: Arrival): void {
    this.#waiting.push({ to, what })
    to.pend(sizeOf(what))
  }

  /** Empties it, one after the other; what is added meanwhile stays. */
  take(pass: (to: RelayDirection, what: Arrival) => void): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const { to, what } of waiting) {
      to.pend(-sizeOf(what))
      pass(to, what)
    }
  }
}
