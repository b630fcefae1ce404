import { Buffer } from 'node:buffer'
import { systemCode } from '../../kernel/errors.ts'
import { wheelEntry } from '../../kernel/timer-wheel.ts'
import { type ErrorClass, failure, type Outcome, success } from '../../resilience/outcome.ts'
import type { CompiledChecks } from '../../workload/expect.ts'
import type { AttemptListener, DriverContext, Lane, Prepared } from '../driver.ts'
import type { Postpone } from '../postpone.ts'
import { classOfSocketError } from '../socket-errors.ts'
import type { UdpCounters } from './counters.ts'
import { headerBytes } from './datagram.ts'
import { DatagramReply } from './reply.ts'
import type { Attempt, UdpSocket } from './socket.ts'

/** A datagram made ready to be sent many times; the header is each attempt's own. */
export interface PreparedDatagram extends Prepared {
  readonly sizeBytes: number
  readonly payload: Buffer
  readonly reply: boolean
  /** Null where there are none. */
  readonly checks: CompiledChecks | null
}

export interface UdpLaneOptions {
  readonly context: Pick<DriverContext, 'clock' | 'wheel' | 'timeoutNs'>
  readonly counters: UdpCounters
  readonly postpone: Postpone
}

/** What a lane needs of its socket. */
type LaneSocket = Pick<UdpSocket, 'reach' | 'send' | 'sendAgain' | 'forget' | 'reported'>

/** The kernel tells of an error by refusing the next datagram; that one is sent again so many times. */
const mostSends = 3

/** How far an attempt is: waits for its socket, is handed to the kernel, was taken by it, or needs no more. */
type Phase = 'idle' | 'connecting' | 'sending' | 'sent' | 'done'

/** One attempt at a time: a numbered datagram, and the answer with its number. Used again and again. */
export class UdpLane implements Lane<PreparedDatagram>, Attempt {
  readonly #options: UdpLaneOptions
  readonly #socket: LaneSocket
  readonly #listener: AttemptListener
  readonly #deadline = wheelEntry((nowNs) => this.#due(nowNs))
  readonly reply = new DatagramReply()
  sentBytes = 0
  number = 0
  header = Buffer.allocUnsafeSlow(headerBytes)
  parts: readonly Buffer[] = []
  #request: PreparedDatagram | null = null
  #phase: Phase = 'idle'
  #startedNs = 0
  #sends = 0
  /** Datagrams handed to the kernel of which it has not said what became; over 1 only when it has no room. */
  #pending = 0

  constructor(options: UdpLaneOptions, socket: LaneSocket, listener: AttemptListener) {
    this.#options = options
    this.#socket = socket
    this.#listener = listener
  }

  get receivedBytes(): number {
    return this.reply.sizeBytes
  }

  get sizeBytes(): number {
    return this.#request?.sizeBytes ?? 0
  }

  get wantsAnswer(): boolean {
    return this.#request?.reply ?? false
  }

  get isSent(): boolean {
    return this.#phase === 'sent'
  }

  start(request: PreparedDatagram, nowNs: number): void {
    const { wheel, timeoutNs } = this.#options.context
    this.#startedNs = nowNs
    this.#sends = 0
    this.sentBytes = 0
    this.reply.sizeBytes = 0
    // The kernel has still to read the header of the datagram before.
    if (this.#pending > 0) this.header = Buffer.allocUnsafeSlow(headerBytes)
    if (request !== this.#request || this.parts[0] !== this.header) this.parts = [this.header, request.payload]
    this.#request = request
    wheel.schedule(this.#deadline, nowNs + timeoutNs)
    if (this.#socket.reach(this)) this.#send(nowNs)
    else this.#phase = 'connecting'
  }

  cancel(): void {
    if (this.#phase === 'sending' || this.#phase === 'sent') this.#options.counters['udp.cancelled']++
    this.#leave('unclaimed')
  }

  /** Always the same function, so that sending makes none. */
  readonly taken = (error: Error | null): void => {
    this.#pending--
    if (!error) this.#options.counters['udp.sent']++
    // What is told comes in the order of sending: while there is more, this was of an attempt that was given up.
    if (this.#pending > 0 || this.#phase !== 'sending') return
    if (error) this.#refused(error)
    else {
      this.#phase = 'sent'
      this.sentBytes = this.sizeBytes
      if (!this.wantsAnswer) this.#done()
    }
  }

  ready(made: boolean, nowNs: number): void {
    const startedNs = this.#startedNs
    if (made) this.#listener.connected(nowNs)
    else this.#listener.granted(nowNs)
    if (this.#phase === 'connecting' && this.#startedNs === startedNs) this.#send(nowNs)
  }

  answered(sizeBytes: number, nowNs: number): void {
    this.#options.context.wheel.cancel(this.#deadline)
    this.#phase = 'done'
    this.reply.sizeBytes = sizeBytes
    this.#listener.firstByte(nowNs)
    if (this.#phase !== 'done') return
    const wrong = this.#request?.checks?.run(this.reply, nowNs - this.#startedNs) ?? null
    this.#end(wrong === null ? success : failure('check'), nowNs, wrong)
  }

  failed(error: ErrorClass, nowNs: number, detail: string, receivedBytes: number): void {
    this.reply.sizeBytes = receivedBytes
    this.#end(failure(error), nowNs, detail)
  }

  #send(nowNs: number): void {
    this.#phase = 'sending'
    this.#sends++
    this.#pending++
    this.#socket.send(this, nowNs)
  }

  #refused(error: Error): void {
    const code = systemCode(error) ?? error.message
    // This is about an earlier datagram, and this one did not go out.
    if (code === 'ECONNREFUSED') this.#socket.reported(error)
    if (this.#phase !== 'sending') return
    if (code === 'ECONNREFUSED' && this.#sends < mostSends) {
      this.#sends++
      this.#pending++
      this.#socket.sendAgain(this)
    } else {
      this.#socket.forget(this, 'unclaimed')
      this.failed(classOfSocketError(code, false), this.#options.context.clock.nowNs(), code, 0)
    }
  }

  /** Nothing more is to come; but its end waits a turn, or lanes that start again at once would not let the loop go round. */
  #done(): void {
    this.#options.context.wheel.cancel(this.#deadline)
    this.#phase = 'done'
    this.#options.postpone(this.#finish)
  }

  readonly #finish = (): void => {
    if (this.#phase === 'done') this.#end(success, this.#options.context.clock.nowNs(), null)
  }

  #due(nowNs: number): void {
    const phase = this.#phase
    this.#leave(phase === 'sent' ? 'lost' : 'unclaimed')
    if (phase === 'connecting') this.#end(failure('timeout'), nowNs, 'no socket in time')
    else if (phase === 'sending') this.#end(failure('exhausted'), nowNs, 'the kernel had no room for the datagram')
    else {
      this.#options.counters['udp.lost']++
      this.#end(failure('lost'), nowNs, null)
    }
  }

  #leave(fate: 'lost' | 'unclaimed'): void {
    this.#options.context.wheel.cancel(this.#deadline)
    if (this.#phase !== 'idle' && this.#phase !== 'done') this.#socket.forget(this, fate)
    this.#phase = 'idle'
  }

  #end(outcome: Outcome, nowNs: number, detail: string | null): void {
    this.#options.context.wheel.cancel(this.#deadline)
    this.#phase = 'idle'
    this.#listener.attemptEnded(outcome, nowNs, detail)
  }
}
