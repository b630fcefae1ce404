import type { Buffer } from 'node:buffer'
import { failure, type Outcome, success } from '../../resilience/outcome.ts'
import { keptBodyLimitBytes } from '../../workload/reply.ts'
import type { PoolClaim, PoolRefusal, PoolUser } from '../../resilience/pool/lease.ts'
import type { Pool } from '../../resilience/pool/pool.ts'
import type { AttemptListener, DriverContext, Lane } from '../driver.ts'
import { type ConnectionFailure, endOf } from '../pooling.ts'
import type { Exchange, MessageConnection } from './connection.ts'
import { MessageReply } from './reply.ts'
import type { PreparedMessage } from './request.ts'

/** What the lanes of a driver share. */
export interface LaneOptions extends Pick<DriverContext, 'clock' | 'timeoutNs'> {
  readonly pool: Pool<MessageConnection, ConnectionFailure>
}

/** One attempt at a time: a connection of the pool, a message, its answers. Used again and again, it allocates nothing. */
export class MessageLane implements Lane<PreparedMessage>, Exchange, PoolUser<MessageConnection, ConnectionFailure> {
  readonly #options: LaneOptions
  readonly #listener: AttemptListener
  readonly #claim: PoolClaim<MessageConnection, ConnectionFailure>
  readonly reply = new MessageReply()
  sentBytes = 0
  answering = false
  wasResent = false
  #request: PreparedMessage | null = null
  #connection: MessageConnection | null = null
  #startedNs = 0
  #messages = 0

  constructor(options: LaneOptions, listener: AttemptListener) {
    this.#options = options
    this.#listener = listener
    this.#claim = options.pool.claim(this)
  }

  get receivedBytes(): number {
    return this.reply.sizeBytes
  }

  get request(): PreparedMessage {
    return this.#request as PreparedMessage
  }

  start(request: PreparedMessage, nowNs: number): void {
    this.#request = request
    this.#startedNs = nowNs
    this.#messages = 0
    this.sentBytes = 0
    this.answering = false
    this.wasResent = false
    this.reply.begin(request)
    this.#connection = this.#options.pool.acquire(this.#claim, nowNs)
    this.#connection?.begin(this, nowNs + this.#options.timeoutNs)
  }

  cancel(): void {
    this.#connection?.cancel()
    this.#giveBack(this.#options.clock.nowNs())
  }

  granted(connection: MessageConnection, nowNs: number): void {
    const { waited, turnNs, fresh, connectingNs } = this.#claim
    this.#connection = connection
    if (waited) this.#listener.granted(turnNs)
    if (fresh) this.#listener.connected(nowNs)
    // Connecting is a part of the attempt; waiting for its turn is not.
    if (this.#connection === connection)
      connection.begin(this, (fresh ? connectingNs : nowNs) + this.#options.timeoutNs)
  }

  refused(refusal: PoolRefusal<ConnectionFailure>, nowNs: number): void {
    const { outcome, detail } = endOf(refusal)
    this.failed(outcome, nowNs, detail)
  }

  connected(nowNs: number): void {
    this.#listener.connected(nowNs)
  }

  sent(bytes: number): void {
    this.sentBytes += bytes
  }

  received(bytes: number, message: boolean, nowNs: number): void {
    this.reply.sizeBytes += bytes
    if (!message || this.answering) return
    this.answering = true
    this.#listener.firstByte(nowNs)
  }

  piece(buffer: Buffer, from: number, to: number): void {
    if (this.#messages + 1 === this.request.replies) this.reply.piece(buffer, from, to)
  }

  messageEnded(): boolean {
    this.#messages++
    return this.#messages === this.request.replies
  }

  resending(): void {
    this.wasResent = true
    this.#listener.resent()
  }

  answered(nowNs: number): void {
    const { reply } = this
    if (reply.overflowed)
      this.#end(failure('protocol'), nowNs, `a message over ${keptBodyLimitBytes} bytes is not kept`)
    else if (!reply.bodyMatches) this.#end(failure('body'), nowNs, 'a message other than the expected one')
    else {
      const wrong = this.request.checks?.run(reply, nowNs - this.#startedNs) ?? null
      this.#end(wrong === null ? success : failure('check'), nowNs, wrong)
    }
  }

  failed(outcome: Outcome, nowNs: number, detail: string | null): void {
    this.reply.status = outcome.status
    this.#end(outcome, nowNs, detail)
  }

  /** The connection is given back first, so that whoever hears of the end can have it at once. */
  #end(outcome: Outcome, nowNs: number, detail: string | null): void {
    this.#giveBack(nowNs)
    this.#listener.attemptEnded(outcome, nowNs, detail)
  }

  #giveBack(nowNs: number): void {
    const connection = this.#connection
    this.#connection = null
    if (connection?.reusable) this.#options.pool.release(this.#claim, nowNs)
    else this.#options.pool.destroy(this.#claim, nowNs)
  }
}
