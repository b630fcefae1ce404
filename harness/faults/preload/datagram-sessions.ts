import type { Buffer } from 'node:buffer'
import type { RemoteInfo } from 'node:dgram'
import type { Endpoint } from '../relay/protocol.ts'
import { DatagramSession, type DatagramSessionOptions } from './datagram-session.ts'

/** Destinations of one socket that are remembered; beyond them the oldest begins anew when it is next sent to. */
const mostSessions = 4096

export interface DatagramSessionsOptions extends Omit<
  DatagramSessionOptions,
  'host' | 'port' | 'send' | 'deliver' | 'drained'
> {
  readonly send: (bytes: Buffer, to: Endpoint, taken: () => void) => void
  readonly deliver: DatagramSessionOptions['deliver']
}

/** What one socket of the program sends to destinations that a rule is for, and has from them. */
export class DatagramSessions {
  readonly #options: DatagramSessionsOptions
  readonly #sessions = new Map<string, DatagramSession>()
  #end: (() => void) | null = null

  constructor(options: DatagramSessionsOptions) {
    this.#options = options
  }

  /** Sends a datagram to such a destination. */
  send(to: Endpoint, bytes: Buffer): void {
    const key = `${to.host} ${to.port}`
    const session = this.#sessions.get(key) ?? this.#open(key, to)
    session.send(bytes)
  }

  /** Takes what has come for the program; false where it comes from somewhere else. */
  receive(bytes: Buffer, from: RemoteInfo): boolean {
    const session = this.#sessions.get(`${from.address} ${from.port}`)
    session?.receive(bytes, from)
    return session !== undefined
  }

  /** Calls `end` when nothing waits to be sent any more: what was sent still leaves, as it would on a network. */
  close(end: () => void): void {
    this.#end = () => {
      this.#end = null
      for (const session of this.#sessions.values()) session.destroy()
      this.#sessions.clear()
      end()
    }
    this.#drained()
  }

  #open(key: string, to: Endpoint): DatagramSession {
    const { send, ...shared } = this.#options
    if (this.#sessions.size >= mostSessions) this.#forgetOldest()
    const session = new DatagramSession({
      ...shared,
      ...to,
      send: (bytes, taken) => send(bytes, to, taken),
      drained: () => this.#drained(),
    })
    this.#sessions.set(key, session)
    return session
  }

  #forgetOldest(): void {
    for (const [key, session] of this.#sessions) {
      session.destroy()
      this.#sessions.delete(key)
      return
    }
  }

  #drained(): void {
    if (this.#end && this.#sessions.values().every(({ unsent }) => unsent === 0)) this.#end()
  }
}
