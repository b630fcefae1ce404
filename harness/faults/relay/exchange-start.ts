import { Buffer } from 'node:buffer'
import type { Clock } from '../../kernel/clock.ts'
import { type TimerWheel, type WheelEntry, wheelEntry } from '../../kernel/timer-wheel.ts'
import { nsPerSecond } from '../../kernel/units.ts'
import { serverNameOf } from './client-hello.ts'
import { requestLineOf } from './request-line.ts'
import type { SessionRules } from './session-rules.ts'

/** How an exchange begins: its first bytes, and its request line where a rule asks for that and there is one. */
export interface ExchangeStart {
  readonly bytes: Buffer
  readonly requestLine: string | null
}

/** A peer may wait for an answer to what only looks like the beginning of something: so long more is waited for. */
const patienceNs = nsPerSecond

const noBytes = Buffer.alloc(0)

export interface ExchangeStartsOptions {
  readonly session: SessionRules
  readonly clock: Clock
  readonly wheel: TimerWheel
  /** So many bytes more are held back; negative: less. */
  readonly held: (bytes: number) => void
  /** What is held back has waited in vain: it is to be given. */
  readonly overdue: () => void
}

/** Looks at the first bytes of exchanges for what rules ask for; those that do not say it yet are held back, bounded. */
export class ExchangeStarts {
  readonly #options: ExchangeStartsOptions
  readonly #session: SessionRules
  readonly #patience: WheelEntry
  #held: Buffer | null = null

  constructor(options: ExchangeStartsOptions) {
    this.#options = options
    this.#session = options.session
    this.#patience = wheelEntry(options.overdue)
  }

  /** The start of an exchange with these bytes, and the server name told; null while more is needed. */
  look(more: Buffer): ExchangeStart | null {
    const bytes = this.#held ? Buffer.concat([this.#held, more]) : more
    const { asksServerName, asksRequestLine } = this.#session
    const name = asksServerName ? serverNameOf(bytes) : null
    const requestLine = name !== undefined && asksRequestLine ? requestLineOf(bytes) : null
    if (name === undefined || requestLine === undefined) {
      if (!this.#held) this.wait()
      this.#held = bytes
      this.#options.held(more.length)
      return null
    }
    this.#take()
    if (asksServerName) this.#session.setServerName(name)
    return { bytes, requestLine }
  }

  /** As `look`, once what is asked for may have changed; null also when nothing is held back. */
  lookAgain(): ExchangeStart | null {
    return this.#held && this.look(noBytes)
  }

  /** Waits on for the rest. */
  wait(): void {
    const { clock, wheel } = this.#options
    wheel.schedule(this.#patience, clock.nowNs() + patienceNs)
  }

  /** The target speaks first, which one with TLS does not. */
  spokenTo(): void {
    if (this.#session.asksServerName) this.#session.setServerName(null)
  }

  /** What is held back, as the start of an exchange to which nothing comes any more; null for nothing. */
  give(): ExchangeStart | null {
    const bytes = this.#take()
    if (bytes) this.spokenTo()
    return bytes && { bytes, requestLine: null }
  }

  #take(): Buffer | null {
    const bytes = this.#held
    if (!bytes) return null
    this.#held = null
    this.#options.wheel.cancel(this.#patience)
    this.#options.held(-bytes.length)
    return bytes
  }
}
