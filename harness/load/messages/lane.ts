import type { Buffer } from 'node:buffer'
import { failure, type Outcome, success } from '../../resilience/policy.ts'
import { keptBodyLimitBytes } from '../../workload/reply.ts'
import type { ConnectionPool } from '../connection-pool.ts'
import { type PoolWaiter, poolWaiter } from '../waiting-line.ts'
import type { AttemptListener, DriverContext, Lane } from '../driver.ts'
import type { Exchange, MessageConnection } from './connection.ts'
import { MessageReply } from './reply.ts'
import type { PreparedMessage } from './request.ts'

/** One attempt at a time: a connection of the pool, a message, its answers. Used again and again, it allocates nothing. */
export class MessageLane implements Lane<PreparedMessage>, Exchange {
  readonly #pool: ConnectionPool<MessageConnection>
  readonly #clock: DriverContext['clock']
  readonly #listener: AttemptListener
  readonly #waiter: PoolWaiter<MessageConnection>
  readonly reply = new MessageReply()
  sentBytes = 0
  answering = false
  wasResent = false
  #request: PreparedMessage | null = null
  #connection: MessageConnection | null = null
  #startedNs = 0
  #messages = 0

  constructor(pool: ConnectionPool<MessageConnection>, clock: DriverContext['clock'], listener: AttemptListener) {
    this.#pool = pool
    this.#clock = clock
    this.#listener = listener
    this.#waiter = poolWaiter((connection, nowNs) => {
      this.#connection = connection
      this.#listener.granted(nowNs)
      if (this.#connection === connection) connection.begin(this, nowNs)
    })
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
    this.#connection = this.#pool.lease(this.#waiter)
    this.#connection?.begin(this, nowNs)
  }

  cancel(): void {
    this.#pool.withdraw(this.#waiter)
    const connection = this.#connection
    this.#connection = null
    if (!connection) return
    connection.cancel()
    this.#pool.release(connection, this.#clock.nowNs())
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
    const connection = this.#connection
    this.#connection = null
    if (connection) this.#pool.release(connection, nowNs)
    this.#listener.attemptEnded(outcome, nowNs, detail)
  }
}
