import type { Buffer } from 'node:buffer'
import type { MessageSink } from '../../kernel/framing.ts'
import { wheelEntry } from '../../kernel/timer-wheel.ts'
import { type ErrorClass, failure, type Outcome } from '../../resilience/outcome.ts'
import type { DriverContext } from '../driver.ts'
import type { ConnectionEvents, PooledConnection } from '../pooling.ts'
import type { Postpone } from '../postpone.ts'
import type { PreparedMessage } from './request.ts'
import type { Following, MessageTransport, OpenTransport, TransportListener } from './transport.ts'

/** The attempt in flight on a connection. */
export interface Exchange extends MessageSink {
  readonly request: PreparedMessage
  /** Whether any byte of an answer has come. */
  readonly answering: boolean
  readonly wasResent: boolean
  connected(nowNs: number): void
  sent(bytes: number): void
  received(bytes: number, message: boolean, nowNs: number): void
  /** One message more has come whole; true for the last one. */
  messageEnded(): boolean
  resending(): void
  /** All that was to come has come; the connection is free. */
  answered(nowNs: number): void
  /** The attempt has failed; the connection is free. */
  failed(outcome: Outcome, nowNs: number, detail: string | null): void
}

/** What the connections of a driver run on. */
export interface MessageConnectionOptions {
  readonly context: Pick<DriverContext, 'clock' | 'wheel' | 'counters'>
  readonly open: OpenTransport
  /** Counter of the connections that were given up since a message came that nobody had asked for. */
  readonly unasked: string
  readonly postpone: Postpone
}

/**
 * A connection that carries one attempt at a time, kept between them, made again when the peer closed it. The end of
 * the stream without a byte of an answer, on a connection that had given one, is stale: the message is sent once more.
 * A reset is always a failed attempt, and so is an end that was announced (a WebSocket's close frame).
 */
export class MessageConnection implements TransportListener, PooledConnection {
  readonly #options: MessageConnectionOptions
  readonly #events: ConnectionEvents | null
  /** Stays scheduled from one attempt to the next, so that most of them cost the wheel nothing. */
  readonly #deadline = wheelEntry((nowNs) => this.#due(nowNs))
  #deadlineNs = 0
  #transport: MessageTransport | null = null
  #open = false
  /** Whether it has given an answer since it was made. */
  #served = false
  /** Whether a message has come while none was waited for. */
  #strayed = false
  /** Whether something was sent whose answers nobody waits for: whatever comes may be one of them. */
  #heedless = false
  /** Whether the kernel has taken the message in flight, whose answers nobody waits for: its end is told in the next turn. */
  #written = false
  readonly #tellWritten = (): void => {
    if (this.#written) this.#answered(this.#options.context.clock.nowNs())
  }
  #exchange: Exchange | null = null
  /** When the bytes that are being looked at came. */
  #readNs = 0

  /** What becomes of it is told to the events, where its pool wants to know; else it is made when it is needed. */
  constructor(options: MessageConnectionOptions, events: ConnectionEvents | null = null) {
    this.#options = options
    this.#events = events
  }

  /** Whether it can be given to others: one that is made when it is needed always can. */
  get reusable(): boolean {
    return this.#events === null || this.#open
  }

  /** Begins to connect, with no attempt to be sent yet. */
  connect(): void {
    this.#transport = this.#options.open(this)
  }

  /** Begins an attempt that is to end by then; what becomes of it is told to the exchange, never within this call. */
  begin(exchange: Exchange, deadlineNs: number): void {
    const { wheel } = this.#options.context
    // An answer to what was sent before could be taken for that of this one.
    if (this.#heedless && exchange.request.replies > 0) this.#leave()
    this.#exchange = exchange
    this.#deadlineNs = deadlineNs
    if (!this.#deadline.next) wheel.schedule(this.#deadline, this.#deadlineNs)
    this.#send(exchange)
  }

  /** Gives up the attempt in flight; a late answer could be taken for that of the next one, so the connection goes. */
  cancel(): void {
    this.#exchange = null
    this.#drop()
  }

  close(): void {
    this.#exchange = null
    this.#options.context.wheel.cancel(this.#deadline)
    this.#leave()
  }

  opened(): void {
    const exchange = this.#exchange
    this.#open = true
    this.#events?.opened(this.#options.context.clock.nowNs())
    if (!exchange) return
    exchange.connected(this.#options.context.clock.nowNs())
    if (this.#exchange === exchange) this.#send(exchange)
  }

  written(): void {
    if (!this.#exchange) return
    this.#written = true
    this.#options.postpone(this.#tellWritten)
  }

  received(bytes: number, message: boolean): void {
    const exchange = this.#exchange
    if (exchange) {
      this.#readNs = this.#options.context.clock.nowNs()
      exchange.received(bytes, message && !this.#heedless, this.#readNs)
    } else if (message && !this.#heedless) this.#unasked()
  }

  piece(buffer: Buffer, from: number, to: number): void {
    if (!this.#heedless) this.#exchange?.piece(buffer, from, to)
  }

  messageEnded(following: Following): void {
    if (this.#heedless || !this.#exchange?.messageEnded()) return
    this.#served = true
    if (following === 'message') this.#strayed = true
    else if (following === 'close') this.#leave()
    this.#answered(this.#readNs)
  }

  ended(): void {
    const exchange = this.#exchange
    if (exchange && this.#served && !this.#written && !exchange.answering && !exchange.wasResent) {
      this.#drop()
      exchange.resending()
      if (this.#exchange === exchange) this.#send(exchange)
    } else this.failed('closed', `closed before ${this.#open ? 'the answer was complete' : 'it was open'}`, 0)
  }

  failed(error: ErrorClass, detail: string | null, status: number): void {
    this.#fail(failure(error, status), this.#options.context.clock.nowNs(), detail)
  }

  #send(exchange: Exchange): void {
    if (!this.#transport) {
      this.#served = false
      this.#transport = this.#options.open(this)
    } else if (this.#open) {
      this.#heedless = exchange.request.replies === 0
      exchange.sent(this.#transport.send(exchange.request))
    }
  }

  #due(nowNs: number): void {
    if (!this.#exchange) return
    if (nowNs < this.#deadlineNs) this.#options.context.wheel.schedule(this.#deadline, this.#deadlineNs)
    else this.#fail(failure('timeout'), nowNs, null)
  }

  #answered(nowNs: number): void {
    const exchange = this.#exchange
    this.#exchange = null
    this.#written = false
    if (this.#strayed) this.#unasked()
    exchange?.answered(nowNs)
  }

  /** An idle connection that fails is made again when it is needed. */
  #fail(outcome: Outcome, nowNs: number, detail: string | null): void {
    const exchange = this.#exchange
    const written = this.#written
    this.#exchange = null
    this.#drop()
    if (written) exchange?.answered(nowNs)
    else if (exchange) exchange.failed(outcome, nowNs, detail)
    else this.#events?.lost({ outcome, detail }, nowNs)
  }

  #unasked(): void {
    const { counters, clock } = this.#options.context
    counters[this.#options.unasked] = (counters[this.#options.unasked] ?? 0) + 1
    this.#drop()
    this.#events?.lost({ outcome: failure('protocol'), detail: 'a message that nobody asked for' }, clock.nowNs())
  }

  #drop(): void {
    const transport = this.#transport
    this.#forget()
    transport?.destroy()
  }

  #leave(): void {
    const transport = this.#transport
    this.#forget()
    transport?.close()
  }

  #forget(): void {
    this.#transport = null
    this.#open = false
    this.#strayed = false
    this.#heedless = false
    this.#written = false
  }
}
