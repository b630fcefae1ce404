import { Buffer } from 'node:buffer'
import type { RemoteInfo } from 'node:dgram'
import type { Clock } from '../../kernel/clock.ts'
import type { TimerWheel } from '../../kernel/timer-wheel.ts'
import type { ArmRules } from '../relay/arm-rules.ts'
import type { ArmMeters } from '../relay/meters.ts'
import type { SessionRules } from '../relay/session-rules.ts'
import { DatagramDirection } from '../relay/udp-direction.ts'
import type { Hold } from './hold.ts'

/** As in a relay. */
const heldLimitBytes = 8 * 2 ** 20

export interface DatagramSessionOptions {
  readonly host: string
  readonly port: number
  readonly rules: ArmRules
  readonly meters: ArmMeters
  readonly clock: Clock
  readonly wheel: TimerWheel
  readonly hold: Hold
  /** Sends a datagram as the program would have; `taken` is called when the kernel has it, or will never have it. */
  readonly send: (bytes: Buffer, taken: () => void) => void
  /** Hands a datagram to the program. */
  readonly deliver: (bytes: Buffer, from: RemoteInfo) => void
  /** Nothing waits to be sent any more. */
  readonly drained: () => void
}

/** What one socket of the program sends to one destination, and has from it. */
export class DatagramSession {
  readonly #options: DatagramSessionOptions
  readonly #rules: SessionRules
  readonly #uplink: DatagramDirection
  readonly #downlink: DatagramDirection
  /** Datagrams that the kernel is about to take. */
  #leaving = 0
  #from: RemoteInfo | null = null
  #release: (() => void) | null = null

  constructor(options: DatagramSessionOptions) {
    const { host, port, rules } = options
    this.#options = options
    this.#uplink = this.#direction('uplink', (bytes) => {
      this.#leaving++
      options.send(bytes, () => {
        this.#leaving--
        this.#settle()
      })
    })
    this.#downlink = this.#direction('downlink', (bytes) => {
      if (this.#from) options.deliver(bytes, { ...this.#from, size: bytes.length })
      this.#settle()
    })
    this.#rules = rules.session(
      { protocol: 'udp', host, address: host, port, sni: null },
      {
        hurry: (direction) => (direction === 'uplink' ? this.#uplink : this.#downlink).hurry(),
        changed: () => {
          this.#uplink.release()
          this.#downlink.release()
        },
      },
    )
    this.#uplink.open()
    this.#downlink.open()
  }

  /** How many datagrams wait to be sent. */
  get unsent(): number {
    return this.#uplink.held + this.#leaving
  }

  /** Takes a datagram that the program sends; its bytes are copied. */
  send(bytes: Buffer): void {
    this.#uplink.receive(Buffer.from(bytes), this.#options.clock.nowNs(), this.#rules.datagram('uplink'))
    this.#settle()
  }

  /** Takes a datagram that has come for the program. */
  receive(bytes: Buffer, from: RemoteInfo): void {
    this.#from = from
    this.#downlink.receive(bytes, this.#options.clock.nowNs(), this.#rules.datagram('downlink'))
    this.#settle()
  }

  /** Ends it; what waits is gone. */
  destroy(): void {
    this.#uplink.destroy()
    this.#downlink.destroy()
    this.#rules.close()
    this.#release?.()
    this.#release = null
  }

  #direction(direction: 'uplink' | 'downlink', send: (bytes: Buffer) => void): DatagramDirection {
    const { meters, clock, wheel } = this.#options
    return new DatagramDirection({ direction, meters, clock, wheel, heldLimitBytes, send, overflow: () => {} })
  }

  /** The process lives while something waits. */
  #settle(): void {
    const waiting = this.unsent + this.#downlink.held
    if (waiting > 0) this.#release ??= this.#options.hold.take()
    else {
      this.#release?.()
      this.#release = null
    }
    if (this.unsent === 0) this.#options.drained()
  }
}
