import type { Buffer } from 'node:buffer'
import { createSocket, type Socket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import type { Dialer } from '../../faults/dialer.ts'
import type { Clock } from '../../kernel/clock.ts'
import { messageOf, systemCode } from '../../kernel/errors.ts'
import type { LocalEnd } from '../../kernel/kernel-drops.ts'
import type { Rng } from '../../kernel/rng.ts'
import type { ErrorClass } from '../../resilience/outcome.ts'
import { classOfSocketError, nameOfSocketError } from '../socket-errors.ts'
import type { UdpCounters } from './counters.ts'
import { DatagramReader, wholeNumber, writeHeader } from './datagram.ts'
import { FateMemory, fates } from './fates.ts'

/** An attempt as the socket sees it, one at a time on each lane. Nothing of it is told within a call of the socket's. */
export interface Attempt {
  /** Of its datagram; its bytes are left alone until the kernel has taken them. */
  readonly sizeBytes: number
  readonly parts: readonly Buffer[]
  readonly header: Buffer
  readonly wantsAnswer: boolean
  /** Whether the kernel has taken it. */
  readonly isSent: boolean
  /** Number of its datagram; given by the socket. */
  number: number
  /** The socket is there. `made` for the one for whom it was made. */
  ready(made: boolean, nowNs: number): void
  /** The kernel has taken the datagram, or not. */
  readonly taken: (error: Error | null) => void
  /** Its answer has come. */
  answered(sizeBytes: number, nowNs: number): void
  failed(error: ErrorClass, nowNs: number, detail: string, receivedBytes: number): void
}

export interface UdpSocketOptions {
  readonly address: string
  readonly port: number
  readonly dialer?: Dialer | undefined
  readonly receiveBufferBytes: number
  /** How long it is to be known what became of a number, at least. */
  readonly memoryNs: number
  readonly clock: Clock
  readonly rng: Rng
  readonly counters: UdpCounters
}

/** One connected socket that any number of attempts share; their datagrams are told apart by number. */
export class UdpSocket {
  readonly #options: UdpSocketOptions
  readonly #reader = new DatagramReader()
  readonly #numbers: FateMemory
  readonly #id: number
  readonly #waiting = new Set<Attempt>()
  readonly #inFlight = new Map<number, Attempt>()
  #socket: Socket | null = null
  #connected = false
  /** The highest number of which an answer has come. */
  #highest = -1

  constructor(options: UdpSocketOptions) {
    this.#options = options
    this.#numbers = new FateMemory(options.memoryNs)
    this.#id = Math.floor(options.rng.next() * 2 ** 32)
  }

  /** Where it is bound; null while it is not connected. */
  get localEnd(): LocalEnd | null {
    return this.#socket && this.#connected ? this.#socket.address() : null
  }

  /** True when the socket is there; else it is made, and the attempt is told when it is. */
  reach(attempt: Attempt): boolean {
    if (this.#connected) return true
    this.#waiting.add(attempt)
    this.#socket ??= this.#connect()
    return false
  }

  /** Gives an attempt's datagram the next number and sends it. */
  send(attempt: Attempt, nowNs: number): void {
    const number = this.#numbers.take(nowNs)
    attempt.number = number
    writeHeader(attempt.header, this.#id, number, attempt.sizeBytes)
    if (attempt.wantsAnswer) this.#inFlight.set(number, attempt)
    else this.#numbers.note(number, fates.unclaimed)
    this.sendAgain(attempt)
  }

  /** Sends what the kernel did not take, under the same number. */
  sendAgain(attempt: Attempt): void {
    this.#socket?.send(attempt.parts, attempt.taken)
  }

  /** An attempt does not wait for its answer any more. */
  forget(attempt: Attempt, fate: 'lost' | 'unclaimed'): void {
    // Neither waits an attempt that is just being told of its socket, and its number is still the last one's.
    if (this.#waiting.delete(attempt) || this.#inFlight.get(attempt.number) !== attempt) return
    this.#inFlight.delete(attempt.number)
    this.#numbers.note(attempt.number, fates[fate])
  }

  /**
   * The system has reported an error on the socket, which concerns some datagram sent before. Whose it was is known where
   * one attempt alone is in flight; else it is counted only.
   */
  reported(error: Error): void {
    const { clock, counters } = this.#options
    const code = codeOf(error)
    if (code === 'ECONNREFUSED') counters['udp.refused']++
    else counters['udp.socketErrors']++
    const attempt = this.#onlySent()
    if (!attempt) return
    this.forget(attempt, 'unclaimed')
    attempt.failed(classOfSocketError(code, false), clock.nowNs(), code, 0)
  }

  close(): void {
    this.#connected = false
    this.#socket?.close()
    this.#socket = null
  }

  #connect(): Socket {
    const { address, port, dialer, receiveBufferBytes, clock, counters } = this.#options
    const family = isIPv6(address) ? 6 : 4
    const dialled = dialer?.given({ protocol: 'udp' }).place
    const socket = createSocket({
      type: `udp${family}`,
      lookup: (name, options, found) =>
        dialled
          ? dialled.lookup(name, options, (error, at) => found(error, at as string, family))
          : found(null, name, family),
    })
    socket.on('message', (bytes) => this.#received(bytes))
    socket.on('error', (error) => {
      if (socket !== this.#socket && this.#socket) return
      if (this.#connected) this.reported(error)
      // It may come within `begin`.
      else queueMicrotask(() => this.#notMade(socket, error))
    })
    socket.on('connect', () => {
      if (socket !== this.#socket) return
      socket.setRecvBufferSize(receiveBufferBytes)
      counters['udp.receiveBufferBytes'] += socket.getRecvBufferSize()
      counters['udp.sockets']++
      this.#connected = true
      const nowNs = clock.nowNs()
      let made = true
      for (const attempt of this.#waiting) {
        this.#waiting.delete(attempt)
        attempt.ready(made, nowNs)
        made = false
      }
    })
    socket.connect(port, address)
    return socket
  }

  /** The next attempt makes another one. */
  #notMade(socket: Socket, error: Error): void {
    if (socket !== this.#socket) return
    const code = codeOf(error)
    const nowNs = this.#options.clock.nowNs()
    this.close()
    // A list of its own: who fails may wait again at once, for the next socket.
    for (const attempt of this.#waiting.values().toArray()) {
      if (this.#waiting.delete(attempt))
        attempt.failed(classOfSocketError(code, false), nowNs, nameOfSocketError(error), 0)
    }
  }

  #received(bytes: Buffer): void {
    const { counters, clock } = this.#options
    const reader = this.#reader
    if (!reader.read(bytes)) {
      counters['udp.corrupt']++
      return
    }
    if (reader.id !== this.#id) {
      counters['udp.stray']++
      return
    }
    const number = wholeNumber(reader.number, this.#numbers.next)
    const attempt = this.#inFlight.get(number)
    if (!reader.intact || number < 0 || number >= this.#numbers.next) {
      counters['udp.corrupt']++
      if (!attempt) return
      this.#answeredTo(number)
      attempt.failed('protocol', clock.nowNs(), 'an answer of another length or content', bytes.length)
    } else if (attempt) {
      counters['udp.received']++
      this.#inOrder(number)
      this.#answeredTo(number)
      attempt.answered(bytes.length, clock.nowNs())
    } else this.#unexpected(number)
  }

  /** An intact answer to what is not in flight. */
  #unexpected(number: number): void {
    const { counters } = this.#options
    if (!this.#numbers.remembers(number)) {
      counters['udp.forgotten']++
      return
    }
    const fate = this.#numbers.of(number)
    if (fate === fates.answered) {
      counters['udp.duplicated']++
      return
    }
    counters[fate === fates.lost ? 'udp.late' : 'udp.unclaimed']++
    this.#inOrder(number)
    this.#answeredTo(number)
  }

  #answeredTo(number: number): void {
    this.#inFlight.delete(number)
    this.#numbers.note(number, fates.answered)
  }

  /** Only first copies are looked at: a copy of what came before is no reordering of it. */
  #inOrder(number: number): void {
    if (number < this.#highest) this.#options.counters['udp.reordered']++
    else this.#highest = number
  }

  #onlySent(): Attempt | undefined {
    let only: Attempt | undefined
    for (const attempt of this.#inFlight.values()) {
      if (!attempt.isSent) continue
      if (only) return undefined
      only = attempt
    }
    return only
  }
}

function codeOf(error: Error): string {
  return systemCode(error) ?? messageOf(error)
}
