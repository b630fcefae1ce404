import type { Buffer } from 'node:buffer'
import type { ErrorClass } from '../../resilience/outcome.ts'
import type { AttemptListener } from '../driver.ts'
import type { Http1Request } from './encode.ts'

/** One attempt as its connection sees it, from `send` until it was told how it ended. */
export interface Exchange {
  readonly request: Http1Request
  /** The request as it is sent. */
  readonly bytes: Buffer
  readonly deadlineNs: number
  readonly listener: AttemptListener
  /** Changes with each attempt: tells it from a later one of the same lane. */
  readonly attempt: number
  sentBytes: number
  receivedBytes: number
  /** Handed to the socket that the connection has now. */
  sent: boolean
  /** Handed to a second socket, since the first was closed under it. */
  resent: boolean
  /** Bytes of its response have come. */
  begun: boolean
  /** The one behind it on the same connection. Owned by the connection. */
  next: Exchange | null
  /** The response is complete; the connection's reader holds it until this returns. */
  answered(nowNs: number): void
  failed(error: ErrorClass, nowNs: number, detail: string | null): void
}

/** The requests without a complete response on one connection, in the order of their responses. */
export class ExchangeQueue {
  first: Exchange | null = null
  #last: Exchange | null = null

  append(exchange: Exchange): void {
    if (this.#last) this.#last.next = exchange
    else this.first = exchange
    this.#last = exchange
  }

  /** Takes the first one out. */
  shift(): void {
    const { first } = this
    if (!first) return
    this.first = first.next
    if (!first.next) this.#last = null
    first.next = null
  }

  /** Takes one out wherever it is; false when it is not there. */
  remove(exchange: Exchange): boolean {
    let before: Exchange | null = null
    let at = this.first
    for (; at && at !== exchange; at = at.next) before = at
    if (!at) return false
    if (!before) this.shift()
    else {
      before.next = at.next
      if (!at.next) this.#last = before
      at.next = null
    }
    return true
  }

  /** All of them. */
  list(): Exchange[] {
    const all: Exchange[] = []
    for (let at = this.first; at; at = at.next) all.push(at)
    return all
  }

  clear(): void {
    while (this.first) this.shift()
  }
}

/** Fails exchanges that are in no queue any more, but not what their lanes have begun meanwhile. */
export function failAll(exchanges: readonly Exchange[], error: ErrorClass, nowNs: number, detail: string): void {
  const attempts = exchanges.map(({ attempt }) => attempt)
  for (const [index, exchange] of exchanges.entries()) {
    if (exchange.attempt === attempts[index]) exchange.failed(error, nowNs, detail)
  }
}
