import type { Buffer } from 'node:buffer'
import { type Metadata, type StatusObject, status as codes } from '@grpc/grpc-js'
import { messageOf } from '../../kernel/errors.ts'
import { wheelEntry } from '../../kernel/timer-wheel.ts'
import { nsPerMs } from '../../kernel/units.ts'
import { failure, type Outcome, statusFailure, success } from '../../resilience/outcome.ts'
import type { AttemptListener, DriverContext, Lane } from '../driver.ts'
import type { Call, CallListener, ChannelOwner, GrpcChannel } from './channel.ts'
import { GrpcReply, prefixBytes } from './reply.ts'
import type { PreparedGrpc } from './request.ts'
import { isRefused, localFailure, pushbackNs, statusText } from './status.ts'
import { isWholeMessage } from './wire.ts'

/** `grpc-timeout` and the clocks behind it count whole ms, so that the server's own end of it may come before ours by so much. */
const deadlineSlackNs = 3 * nsPerMs

/** What the lanes of a driver share. */
export type LaneContext = Pick<DriverContext<'grpc'>, 'clock' | 'wheel' | 'timeoutNs'>

/** One call at a time, on a channel shared with other lanes. */
export class GrpcLane implements Lane<PreparedGrpc>, ChannelOwner {
  readonly reply = new GrpcReply()
  sentBytes = 0
  readonly #context: LaneContext
  readonly #channel: GrpcChannel
  readonly #listener: AttemptListener
  /** Stays scheduled from one attempt to the next, so that most of them cost the wheel nothing. */
  readonly #deadline = wheelEntry((nowNs) => this.#due(nowNs))
  #deadlineNs = 0
  #startedNs = 0
  /** Null while no attempt is in flight. */
  #request: PreparedGrpc | null = null
  #exchange: Exchange | null = null
  #answering = false
  #resent = false
  #last: object | null = null

  constructor(context: LaneContext, channel: GrpcChannel, listener: AttemptListener) {
    this.#context = context
    this.#channel = channel
    this.#listener = listener
  }

  get receivedBytes(): number {
    return this.reply.sizeBytes
  }

  start(request: PreparedGrpc, nowNs: number): void {
    const { wheel, timeoutNs } = this.#context
    this.#request = request
    this.#startedNs = nowNs
    this.#deadlineNs = nowNs + timeoutNs
    if (!this.#deadline.next) wheel.schedule(this.#deadline, this.#deadlineNs)
    this.#resent = false
    this.sentBytes = 0
    this.#call(request, timeoutNs)
  }

  cancel(): void {
    this.#request = null
    this.#drop()
  }

  /** Ends its timer. */
  close(): void {
    this.#context.wheel.cancel(this.#deadline)
  }

  connected(nowNs: number): void {
    this.#listener.connected(nowNs)
  }

  /** Bytes of a message go to the channel. */
  sending(bytes: number): void {
    this.sentBytes += bytes + prefixBytes
  }

  metadata(metadata: Metadata): void {
    this.reply.initial = metadata
    this.#answers()
  }

  message(bytes: Buffer): void {
    const { reply } = this
    const { method } = this.#request as PreparedGrpc
    reply.sizeBytes += bytes.length + prefixBytes
    reply.bodyBytes = bytes.length
    reply.messages++
    if (!this.#answers()) return
    if (!method.responseStream && reply.messages > 1) this.#fail('several messages, where the .proto says one')
    else if (!isWholeMessage(bytes)) this.#fail('a message that is cut short, or none of protobuf')
    else {
      try {
        this.#last = method.decode(bytes)
      } catch (error) {
        this.#fail(`a message that cannot be read: ${messageOf(error)}`)
      }
    }
  }

  ended(status: StatusObject): void {
    const request = this.#request as PreparedGrpc
    const { reply } = this
    const nowNs = this.#context.clock.nowNs()
    const failed = localFailure(status)
    reply.status = status.code
    reply.trailing = status.metadata
    if (isRefused(status) && !this.#resent && nowNs < this.#deadlineNs) this.#callAgain(request, nowNs)
    else if (failed) this.#end(failed.outcome, nowNs, failed.detail)
    else if (status.code === codes.DEADLINE_EXCEEDED && nowNs >= this.#deadlineNs - deadlineSlackNs)
      this.#end(failure('timeout'), nowNs, null)
    else if (this.#answers()) this.#judge(request, status, nowNs)
  }

  #judge(request: PreparedGrpc, status: StatusObject, nowNs: number): void {
    const { reply } = this
    const { method, kept, checks, expectStatus, expectBody } = request
    if (status.code !== expectStatus) {
      this.#end(statusFailure(status.code, pushbackNs(status)), nowNs, statusText(status))
      return
    }
    if (status.code === codes.OK && !method.responseStream && reply.messages === 0) {
      this.#fail('no message, where the .proto says one')
      return
    }
    if (this.#last && (kept.body || expectBody !== null)) reply.json = JSON.stringify(this.#last)
    if (expectBody !== null && (reply.json ?? '') !== expectBody) {
      this.#end(failure('body'), nowNs, 'a message other than the expected one')
      return
    }
    if (!kept.body) reply.json = null
    const wrong = checks?.run(reply, nowNs - this.#startedNs) ?? null
    this.#end(wrong === null ? success : failure('check'), nowNs, wrong)
  }

  #call(request: PreparedGrpc, leftNs: number): void {
    this.reply.begin(request.kept.headers)
    this.#answering = false
    this.#last = null
    const exchange = new Exchange(this, request)
    this.#exchange = exchange
    // Not before our own: the wall clock leaves out what has passed of its millisecond.
    const deadlineMs = this.#context.clock.date().getTime() + 1 + Math.ceil(leftNs / nsPerMs)
    exchange.begin(this.#channel.start(request.method.path, request.metadata, deadlineMs, exchange, this))
  }

  /** The peer has not looked at the call: it is made once more. */
  #callAgain(request: PreparedGrpc, nowNs: number): void {
    this.#resent = true
    this.#drop()
    this.#listener.resent()
    if (this.#request) this.#call(request, this.#deadlineNs - nowNs)
  }

  #due(nowNs: number): void {
    if (!this.#request) return
    if (nowNs < this.#deadlineNs) this.#context.wheel.schedule(this.#deadline, this.#deadlineNs)
    else this.#end(failure('timeout'), nowNs, null)
  }

  /** Tells of the first that has come; false when whoever is told has given up the attempt. */
  #answers(): boolean {
    if (this.#answering) return true
    const exchange = this.#exchange
    this.#answering = true
    this.#listener.firstByte(this.#context.clock.nowNs())
    return this.#exchange === exchange
  }

  #fail(detail: string): void {
    this.#end(failure('protocol'), this.#context.clock.nowNs(), detail)
  }

  #drop(): void {
    const exchange = this.#exchange
    this.#exchange = null
    this.#channel.forget(this)
    exchange?.drop()
  }

  #end(outcome: Outcome, nowNs: number, detail: string | null): void {
    this.#request = null
    this.#drop()
    if (outcome.error === 'timeout') this.#channel.timedOut()
    this.#listener.attemptEnded(outcome, nowNs, detail)
  }
}

/** One call of a lane, which hears of it until it drops it. */
class Exchange implements CallListener {
  #lane: GrpcLane | null
  readonly #messages: readonly Buffer[]
  #call: Call | null = null
  #sent = 0
  #over = false

  constructor(lane: GrpcLane, { messages }: PreparedGrpc) {
    this.#lane = lane
    this.#messages = messages
  }

  begin(call: Call): void {
    this.#call = call
    call.startRead()
    this.#send()
  }

  /** Tells nothing more; the server is told where it has not ended the call. */
  drop(): void {
    this.#lane = null
    if (!this.#over) this.#call?.cancelWithStatus(codes.CANCELLED, 'given up')
    this.#over = true
  }

  onReceiveMetadata(metadata: Metadata): void {
    this.#lane?.metadata(metadata)
  }

  onReceiveMessage(message: Buffer): void {
    this.#lane?.message(message)
    this.#call?.startRead()
  }

  onReceiveStatus(status: StatusObject): void {
    this.#over = true
    this.#lane?.ended(status)
  }

  /** Messages go out one after the other, as the connection takes them. */
  #send(): void {
    const call = this.#call as Call
    const message = this.#messages[this.#sent++]
    if (!message || this.#over) {
      if (!this.#over) call.halfClose()
      return
    }
    this.#lane?.sending(message.length)
    const last = this.#sent === this.#messages.length
    call.sendMessageWithContext(last ? {} : { callback: () => this.#send() }, message)
    if (last) call.halfClose()
  }
}
