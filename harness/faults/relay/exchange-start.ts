import { Buffer } from 'node:buffer'
import { serverNameOf } from './client-hello.ts'
import { requestLineOf } from './request-line.ts'
import type { SessionRules } from './session-rules.ts'

/** How an exchange begins: its first bytes, and its request line where a rule asks for that and there is one. */
export interface ExchangeStart {
  readonly bytes: Buffer
  readonly requestLine: string | null
}

/** Looks at the first bytes of exchanges for what rules ask for; those that do not say it yet are held back, bounded. */
export class ExchangeStarts {
  readonly #session: SessionRules
  #held: Buffer | null = null

  constructor(session: SessionRules) {
    this.#session = session
  }

  /** How many bytes are held back. */
  get heldBytes(): number {
    return this.#held?.length ?? 0
  }

  /** The start of an exchange with these bytes, and the server name told; null while more is needed. */
  look(more: Buffer): ExchangeStart | null {
    const bytes = this.#held ? Buffer.concat([this.#held, more]) : more
    const { asksServerName, asksRequestLine } = this.#session
    const name = asksServerName ? serverNameOf(bytes) : null
    const requestLine = name !== undefined && asksRequestLine ? requestLineOf(bytes) : null
    this.#held = name === undefined || requestLine === undefined ? bytes : null
    if (name === undefined || requestLine === undefined) return null
    if (asksServerName) this.#session.setServerName(name)
    return { bytes, requestLine }
  }

  /** The target speaks first, which one with TLS does not. */
  spokenTo(): void {
    if (this.#session.asksServerName) this.#session.setServerName(null)
  }

  /** What is held back, as the start of an exchange to which nothing comes any more; null for nothing. */
  give(): ExchangeStart | null {
    const bytes = this.#held
    this.#held = null
    if (bytes) this.spokenTo()
    return bytes && { bytes, requestLine: null }
  }
}
