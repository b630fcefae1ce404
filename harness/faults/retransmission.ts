import { nsPerMs } from '../kernel/units.ts'

/** What a sender of a stream does about a lost segment. */
export interface RetransmissionSettings {
  readonly mssBytes: number
  readonly rtoMinNs: number
  readonly rtoMaxNs: number
  /** Retransmissions of one segment before the connection is given up. */
  readonly maxRetries: number
}

/**
 * Linux keeps these timers on a wheel whose slots are up to an eighth of the wait wide, and rounds up: what the formulas put
 * at 200, 400 and 800 ms is seen at 205-210, 415 and 830 ms on loopback.
 */
const timerLateness = 1.03

/** What a probe waits for a delayed acknowledgement besides two round trips, when it is not the only segment on its way. */
const probeMarginNs = 2 * nsPerMs

/** The retransmission timeout of a path, from the round trips seen on it (RFC 6298, with Linux' floor under the variation). */
export class RoundTripEstimate {
  readonly #settings: RetransmissionSettings
  #smoothNs: number | null = null
  #variationNs = 0

  constructor(settings: RetransmissionSettings) {
    this.#settings = settings
  }

  /** Takes in the round trip of one more message. */
  observe(roundTripNs: number): void {
    if (this.#smoothNs === null) {
      this.#smoothNs = roundTripNs
      this.#variationNs = roundTripNs / 2
      return
    }
    this.#variationNs += (Math.abs(this.#smoothNs - roundTripNs) - this.#variationNs) / 4
    this.#smoothNs += (roundTripNs - this.#smoothNs) / 8
  }

  /** max(rtoMin, R + max(4 rttvar, rtoMin)), at most rtoMax. */
  timeoutNs(roundTripNs: number): number {
    const { rtoMinNs, rtoMaxNs } = this.#settings
    return Math.min(rtoMaxNs, roundTripNs + Math.max(4 * this.#variationNs, rtoMinNs))
  }

  /** How late the tail of a flight is that a probe has to bring: 2 R and a margin, at most the timeout (RFC 8985, TLP). */
  probeNs(roundTripNs: number, outstanding: number): number {
    const marginNs = outstanding === 1 ? this.#settings.rtoMinNs : probeMarginNs
    return Math.min(2 * roundTripNs + marginNs, this.timeoutNs(roundTripNs)) * timerLateness
  }

  /** How much later it is when `losses` retransmissions are lost as well: one timeout, then each twice the last. */
  backoffNs(roundTripNs: number, losses: number): number {
    let waitNs = this.timeoutNs(roundTripNs)
    let sumNs = 0
    for (let i = 0; i < losses; i++) {
      sumNs += Math.min(this.#settings.rtoMaxNs, waitNs * timerLateness)
      waitNs = Math.min(this.#settings.rtoMaxNs, 2 * waitNs)
    }
    return sumNs
  }
}

/** How late a segment is that those behind it tell of: a round trip, and a quarter of one for mere reordering (RFC 8985). */
export function fastRetransmitNs(roundTripNs: number): number {
  return roundTripNs + roundTripNs / 4
}
