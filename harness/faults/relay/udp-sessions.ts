import type { Clock } from '../../kernel/clock.ts'
import type { LocalEnd } from '../../kernel/kernel-drops.ts'
import { nsPerSecond } from '../../kernel/units.ts'
import { type TimerWheel, wheelEntry } from '../../kernel/timer-wheel.ts'
import type { UdpCounters } from './udp-counters.ts'
import type { KernelDrops } from './udp-drops.ts'
import type { UdpSession } from './udp-session.ts'

/** A session on which nothing came for so long has ended: datagrams know no other end. */
const idleNs = 60 * nsPerSecond
const mostSessions = 4096

/** As many are ended at once, since reading the kernel's drops before that costs the same for one. */
const evictedAtOnce = 64
const leastBetweenSweepsNs = nsPerSecond

/** What the table needs of a session. */
type AnySession = Pick<UdpSession, 'lastNs' | 'held' | 'localEnd' | 'destroy'>

export interface UdpSessionsOptions {
  readonly clock: Clock
  readonly wheel: TimerWheel
  readonly counters: UdpCounters
  readonly drops: Pick<KernelDrops, 'closing'>
}

/** The sessions of an arm by the address of their client; at most 4,096, each ended after 60 s (61 at most) without a datagram. */
export class UdpSessions<Session extends AnySession> {
  readonly #options: UdpSessionsOptions
  readonly #sessions = new Map<string, { readonly session: Session; readonly slice: object }>()
  readonly #sweep = wheelEntry((nowNs) => this.#expire(nowNs))
  /** What was begun in this slice has this. */
  #slice = {}

  constructor(options: UdpSessionsOptions) {
    this.#options = options
  }

  /** In how many something waits: nobody knows of the others whether they are over. */
  get waiting(): number {
    return this.#all().filter(({ held }) => held > 0).length
  }

  /** Where their sockets are bound. */
  get localEnds(): readonly LocalEnd[] {
    return this.#all().flatMap(({ localEnd }) => localEnd ?? [])
  }

  /** Begins a slice: who comes again begins a session of it, and what nothing came for since the last call has ended. */
  nextSlice(sinceNs: number): void {
    this.#slice = {}
    this.#end('udp.expired', (session) => session.lastNs < sinceNs && session.held === 0)
  }

  /** The session of a client, made by `open` where there is none of this slice. */
  of(client: string, open: () => Session): Session {
    const known = this.#sessions.get(client)
    if (known?.slice === this.#slice) return known.session
    if (known) this.#end('udp.superseded', (session) => session === known.session)
    if (this.#sessions.size >= mostSessions) this.#evict()
    const { counters, wheel, clock } = this.#options
    const session = open()
    counters['udp.sessions']++
    this.#sessions.set(client, { session, slice: this.#slice })
    if (this.#sessions.size === 1) wheel.schedule(this.#sweep, clock.nowNs() + idleNs)
    return session
  }

  /** Ends a session that cannot go on. */
  drop(session: Session): void {
    this.#end(null, (one) => one === session)
  }

  /** Ends all. */
  close(): void {
    this.#end(null, () => true)
  }

  #all(): Session[] {
    return [...this.#sessions.values()].map(({ session }) => session)
  }

  #evict(): void {
    const oldest = new Set(
      this.#all()
        .toSorted((a, b) => a.lastNs - b.lastNs)
        .slice(0, evictedAtOnce),
    )
    this.#end('udp.evicted', (session) => oldest.has(session))
  }

  #expire(nowNs: number): void {
    this.#end('udp.expired', (session) => session.lastNs <= nowNs - idleNs && session.held === 0)
    if (this.#sessions.size === 0) return
    const earliestNs = Math.min(...this.#all().map(({ lastNs }) => lastNs))
    this.#options.wheel.schedule(this.#sweep, Math.max(earliestNs + idleNs, nowNs + leastBetweenSweepsNs))
  }

  #end(reason: 'udp.expired' | 'udp.evicted' | 'udp.superseded' | null, such: (session: Session) => boolean): void {
    const { counters, drops, wheel } = this.#options
    const ended = [...this.#sessions].filter(([, { session }]) => such(session))
    drops.closing(ended.flatMap(([, { session }]) => session.localEnd ?? []))
    for (const [client, { session }] of ended) {
      this.#sessions.delete(client)
      session.destroy()
      if (reason !== null) counters[reason]++
    }
    if (this.#sessions.size === 0) wheel.cancel(this.#sweep)
  }
}
