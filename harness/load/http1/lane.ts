import { Buffer } from 'node:buffer'
import type { Clock } from '../../kernel/clock.ts'
import { type ErrorClass, failure, type Outcome, statusFailure, success } from '../../resilience/outcome.ts'
import type { Reply } from '../../workload/reply.ts'
import type { AttemptListener, Lane } from '../driver.ts'
import { waitAskedFor } from '../retry-after.ts'
import type { ConnectionFailure } from '../pooling.ts'
import type { Http1Connection } from './connection.ts'
import type { UserCookies } from './cookies.ts'
import { type Http1Request, withCookies } from './encode.ts'
import type { Exchange } from './exchange.ts'
import type { Supply, SupplyUser } from './supply.ts'

const empty = Buffer.alloc(0)

/** The reply to an attempt without one. */
const nothing: Reply = { status: 0, sizeBytes: 0, header: () => null, headerNames: () => [], body: () => empty }

/** What the lanes of a driver share. */
export interface LaneOptions {
  readonly supplyOf: (user: SupplyUser) => Supply
  readonly timeoutNs: number
  readonly clock: Clock
}

/** One user: leases a connection for each attempt and gives it back before it tells of the end. */
export class Http1Lane implements Lane<Http1Request>, Exchange, SupplyUser {
  readonly listener: AttemptListener
  bytes: Buffer = empty
  deadlineNs = 0
  attempt = 0
  sentBytes = 0
  receivedBytes = 0
  reply: Reply = nothing
  sent = false
  resent = false
  begun = false
  next: Exchange | null = null
  readonly #options: LaneOptions
  readonly #supply: Supply
  readonly #cookies: UserCookies | null
  #request: Http1Request | null = null
  #connection: Http1Connection | null = null
  #startedNs = 0

  constructor(options: LaneOptions, listener: AttemptListener, cookies: UserCookies | null) {
    this.#options = options
    this.#supply = options.supplyOf(this)
    this.listener = listener
    this.#cookies = cookies
  }

  /** Of the attempt in flight. */
  get request(): Http1Request {
    return this.#request as Http1Request
  }

  start(request: Http1Request, nowNs: number): void {
    this.#request = request
    this.#startedNs = nowNs
    this.attempt++
    this.sentBytes = 0
    this.receivedBytes = 0
    this.sent = false
    this.resent = false
    this.begun = false
    this.reply = nothing
    this.bytes = this.#cookies === null ? request.bytes : bytesWith(this.#cookies, request)
    const connection = this.#supply.lease(nowNs)
    if (connection) this.#send(connection, nowNs)
  }

  cancel(): void {
    this.attempt++
    const connection = this.#connection
    this.#connection = null
    connection?.cancel(this)
    this.#supply.giveBack(connection, this.#options.clock.nowNs())
  }

  leased(connection: Http1Connection, nowNs: number, waitedUntilNs: number | null, connectingNs: number | null): void {
    const { attempt } = this
    this.#connection = connection
    if (waitedUntilNs !== null) this.listener.granted(waitedUntilNs)
    if (connectingNs !== null) this.listener.connected(nowNs)
    // Connecting is a part of the attempt; waiting for its turn is not.
    if (this.attempt === attempt) this.#send(connection, connectingNs ?? nowNs)
  }

  refused({ outcome, detail }: ConnectionFailure, nowNs: number): void {
    this.listener.attemptEnded(outcome, nowNs, detail)
  }

  answered(nowNs: number): void {
    const connection = this.#connection as Http1Connection
    const { reader } = connection
    const { expectStatus, checks, cookies } = this.request
    const { status } = reader
    this.reply = reader
    if (cookies) this.#cookies?.take(cookies.url, reader.headers('set-cookie'))
    if (expectStatus === null ? status < 200 || status > 399 : status !== expectStatus)
      this.#end(
        connection,
        statusFailure(status, waitAskedFor(reader.retryAfter, this.#options.clock)),
        nowNs,
        `status ${status}`,
      )
    else if (!reader.bodyMatches) this.#end(connection, failure('body'), nowNs, 'a body other than the expected one')
    else {
      const wrong = checks === null ? null : checks.run(reader, nowNs - this.#startedNs)
      this.#end(connection, wrong === null ? success : failure('check'), nowNs, wrong)
    }
  }

  failed(error: ErrorClass, nowNs: number, detail: string | null): void {
    const connection = this.#connection as Http1Connection
    if (this.begun) this.reply = connection.reader
    this.#end(connection, failure(error), nowNs, detail)
  }

  #send(connection: Http1Connection, fromNs: number): void {
    this.#connection = connection
    this.deadlineNs = fromNs + this.#options.timeoutNs
    connection.send(this)
  }

  #end(connection: Http1Connection, outcome: Outcome, nowNs: number, detail: string | null): void {
    this.#connection = null
    this.#supply.giveBack(connection, nowNs)
    this.listener.attemptEnded(outcome, nowNs, detail)
  }
}

function bytesWith(cookies: UserCookies, request: Http1Request): Buffer {
  const place = request.cookies
  if (place === null) return request.bytes
  const header = cookies.header(place.url, place.own)
  return header === place.own ? request.bytes : withCookies(request, place, header)
}
