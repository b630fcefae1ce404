import type { Buffer } from 'node:buffer'
import type { Clock } from '../../kernel/clock.ts'
import type { TimerWheel } from '../../kernel/timer-wheel.ts'
import type { Direction } from '../fault.ts'
import type { ActingRules } from './acting-rules.ts'
import type { RelayDirection } from './direction.ts'
import { type ExchangeStart, ExchangeStarts } from './exchange-start.ts'
import type { SessionRules } from './session-rules.ts'

export interface TurnsOptions {
  readonly session: SessionRules
  readonly rules: ActingRules
  readonly up: RelayDirection
  readonly down: RelayDirection
  readonly clock: Clock
  readonly wheel: TimerWheel
  /** Whether bytes may pass now. */
  readonly isOpen: () => boolean
  /** Takes uplink bytes that were held back and whose exchange has begun. */
  readonly pass: (bytes: Buffer) => void
}

/** Whose turn it is on a connection: exchanges begin when it becomes the client's, once their first bytes say enough. */
export class Turns {
  readonly #options: TurnsOptions
  readonly #starts: ExchangeStarts
  #last: Direction | null = null

  constructor(options: TurnsOptions) {
    const { session, up, clock, wheel } = options
    this.#options = options
    this.#starts = new ExchangeStarts({
      session,
      clock,
      wheel,
      held: (bytes) => up.pend(bytes),
      overdue: () => this.#overdue(),
    })
  }

  /** Takes bytes of a direction, and returns what is to pass: also all that was held back before them; null for nothing yet. */
  take(direction: Direction, bytes: Buffer): Buffer | null {
    if (this.#last === direction) return bytes
    if (direction === 'downlink') {
      this.#answer()
      return bytes
    }
    const start = this.#starts.look(bytes)
    if (start) this.#begin(start)
    return start && start.bytes
  }

  /** Rules have changed, and with them maybe what they ask for of the first bytes of an exchange. */
  lookAgain(): void {
    const start = this.#options.isOpen() ? this.#starts.lookAgain() : null
    if (start) this.#goOn(start)
  }

  /** No more uplink bytes come: passes what is held back. Whether there was any. */
  end(): boolean {
    const start = this.#starts.give()
    if (start) this.#goOn(start)
    return start !== null
  }

  /** Forgets what is held back; how many bytes that was. */
  discard(): number {
    return this.#starts.give()?.bytes.length ?? 0
  }

  #answer(): void {
    if (this.#last === null) {
      this.#starts.spokenTo()
      this.lookAgain()
      if (this.#last === null) this.#options.rules.greet()
    }
    this.#last = 'downlink'
    this.#options.down.turn()
  }

  #begin({ bytes, requestLine }: ExchangeStart): void {
    this.#last = 'uplink'
    this.#options.up.turn()
    this.#options.rules.begin(requestLine, bytes.length)
  }

  #goOn(start: ExchangeStart): void {
    this.#begin(start)
    this.#options.pass(start.bytes)
  }

  #overdue(): void {
    // What has come behind them waits for the end of a hang, and so do they.
    if (this.#options.isOpen()) this.end()
    else this.#starts.wait()
  }
}
