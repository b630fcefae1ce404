import type { Buffer } from 'node:buffer'
import type { Socket } from 'node:dgram'
import type { Clock } from '../../kernel/clock.ts'
import { systemCode } from '../../kernel/errors.ts'
import type { LocalEnd } from '../../kernel/kernel-drops.ts'
import type { TimerWheel } from '../../kernel/timer-wheel.ts'
import type { Direction } from '../fault.ts'
import type { ArmMeters } from './meters.ts'
import type { SessionHooks, SessionRules } from './session-rules.ts'
import type { UdpCounters } from './udp-counters.ts'
import { DatagramDirection } from './udp-direction.ts'
import { createDatagramSocket, receiveBufferBytes } from './udp-socket.ts'

export interface UdpSessionOptions {
  readonly upstream: LocalEnd
  /** Opens the rules on this session. */
  readonly rules: (hooks: SessionHooks) => SessionRules
  readonly meters: ArmMeters
  readonly counters: UdpCounters
  readonly clock: Clock
  readonly wheel: TimerWheel
  /** Sends a datagram to the client. */
  readonly reply: (bytes: Buffer) => void
  /** There is no socket to the target, nor will there be. */
  readonly failed: (session: UdpSession) => void
}

/** Bytes that may wait in one direction of a session. */
const heldLimitBytes = 8 * 2 ** 20

/** The kernel tells of a refusal by not taking the next datagram; that one is sent again so many times. */
const mostSends = 3

/** The datagrams of one client, and what comes back for them: a socket of their own to the target. */
export class UdpSession {
  /** When something last came, from either side. */
  lastNs: number
  readonly #options: UdpSessionOptions
  readonly #rules: SessionRules
  readonly #uplink: DatagramDirection
  readonly #downlink: DatagramDirection
  readonly #socket: Socket
  #localEnd: LocalEnd | null = null
  #closed = false

  constructor(options: UdpSessionOptions) {
    const { upstream, rules, clock } = options
    this.#options = options
    this.lastNs = clock.nowNs()
    this.#uplink = this.#direction('uplink', (bytes) => this.#forward(bytes, 1))
    this.#downlink = this.#direction('downlink', options.reply)
    this.#downlink.open()
    this.#rules = rules({
      hurry: (direction) => this.#in(direction).hurry(),
      changed: () => {
        this.#uplink.release()
        this.#downlink.release()
      },
    })
    this.#socket = createDatagramSocket(upstream.address)
    this.#socket.on('connect', () => this.#connected())
    this.#socket.on('message', (bytes) => this.#received('downlink', bytes))
    this.#socket.on('error', (error) => this.#failed(error))
    this.#socket.connect(upstream.port, upstream.address)
  }

  /** Datagrams that wait, both directions together. */
  get held(): number {
    return this.#uplink.held + this.#downlink.held
  }

  /** Where its own socket is bound; null where that is not known. */
  get localEnd(): LocalEnd | null {
    return this.#localEnd
  }

  /** Takes a datagram of the client's. */
  receive(bytes: Buffer): void {
    this.#received('uplink', bytes)
  }

  /** Ends it; what waits is gone, and nothing of it calls back afterwards. */
  destroy(): void {
    if (this.#closed) return
    this.#closed = true
    this.#options.counters['udp.discarded'] += this.#uplink.destroy() + this.#downlink.destroy()
    this.#rules.close()
    this.#socket.close()
  }

  #direction(direction: Direction, send: (bytes: Buffer) => void): DatagramDirection {
    const { meters, clock, wheel, counters } = this.#options
    const overflow = (): void => void counters['udp.queueDrops']++
    return new DatagramDirection({ direction, meters, clock, wheel, heldLimitBytes, send, overflow })
  }

  #in(direction: Direction): DatagramDirection {
    return direction === 'uplink' ? this.#uplink : this.#downlink
  }

  #received(direction: Direction, bytes: Buffer): void {
    if (this.#closed) return
    const { meters, counters, clock } = this.#options
    this.lastNs = clock.nowNs()
    if (direction === 'uplink') meters.bytesUp += bytes.length
    else meters.bytesDown += bytes.length
    counters[direction === 'uplink' ? 'udp.datagramsUpIn' : 'udp.datagramsDownIn']++
    this.#in(direction).receive(bytes, this.lastNs, this.#rules.datagram(direction))
  }

  #connected(): void {
    if (this.#closed) return
    this.#socket.setRecvBufferSize(receiveBufferBytes)
    this.#localEnd = this.#socket.address()
    this.#uplink.open()
  }

  #forward(bytes: Buffer, sends: number): void {
    const { counters } = this.#options
    this.#socket.send(bytes, (error) => {
      if (!error) {
        counters['udp.datagramsUpOut']++
        return
      }
      const refused = systemCode(error) === 'ECONNREFUSED'
      if (refused) counters['udp.refused']++
      if (refused && sends < mostSends && !this.#closed) this.#forward(bytes, sends + 1)
      else counters['udp.sendErrors']++
    })
  }

  #failed(error: Error): void {
    if (this.#closed) return
    const { counters, meters, failed } = this.#options
    if (this.#localEnd !== null) {
      counters[systemCode(error) === 'ECONNREFUSED' ? 'udp.refused' : 'udp.socketErrors']++
      return
    }
    meters.upstreamFailures++
    // It may come while this is being made.
    queueMicrotask(() => failed(this))
  }
}
