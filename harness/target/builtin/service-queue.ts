import type { Clock, Timer } from '../../kernel/clock.ts'
import type { Rng } from '../../kernel/rng.ts'

/** What serves, and what waits for it. Plain data. */
export interface ServiceQueueSettings {
  /** So many requests are served at once. */
  readonly servers: number
  /** Mean time that one request takes of a server, over 0. */
  readonly serviceNs: number
  /** `exponential` is drawn for each request. */
  readonly distribution: 'fixed' | 'exponential'
  /** Who is served next: whoever waits longest, or whoever came last. */
  readonly order: 'fifo' | 'lifo'
  /** So many may wait; null for any number. */
  readonly maxQueue: number | null
  /** What is past its deadline when it would be served is dropped instead. */
  readonly expire: boolean
}

/** How a request ended: served, past its deadline, or turned away since too many waited. */
export type Fate = 'served' | 'expired' | 'rejected'

/** A request, as its owner hands it in. */
export interface Job {
  /** Absolute; Infinity for none. */
  readonly deadlineNs: number
  /** Besides the service time. */
  readonly extraNs: number
  /** Whether whoever asked has gone; asked when it was served. */
  readonly isGone: () => boolean
  /** Told once; of what is rejected within `offer`. */
  readonly ended: (fate: Fate, nowNs: number) => void
}

/** Counts since the start, and how long the queue is. */
export interface ServiceQueueStats {
  readonly served: number
  readonly expired: number
  readonly rejected: number
  /** Of those served: whoever asked had gone by then. */
  readonly wasted: number
  /** In service now, and the most that ever were. */
  readonly busy: number
  readonly peakBusy: number
  /** Waiting now, the most that ever were, and how long the first of them has waited. */
  readonly queued: number
  readonly peakQueued: number
  readonly oldestNs: number
}

interface Server {
  job: Job | null
  endNs: number
  timer: Timer | null
  readonly wake: () => void
}

interface Waiting {
  readonly job: Job
  readonly arrivedNs: number
}

/** Timers late by up to this are made up for; what is later was a standstill of the process, in which nobody served. */
const slackNs = 50e6

/** From this many places on, those at the front that are empty are given back. */
const compactFrom = 1024

/**
 * A queue before some servers, in events alone. Services follow each other on a schedule of their own, not from timer to
 * timer: 300 a second stay that on a clock that wakes late. One that was begun is ended, whatever becomes of who asked.
 */
export class ServiceQueue {
  readonly #settings: ServiceQueueSettings
  readonly #clock: Clock
  readonly #rng: Rng
  readonly #servers: readonly Server[]
  /** By arrival; those before `#front` have been taken. */
  #waiting: Waiting[] = []
  #front = 0
  #stalledUntilNs = Number.NEGATIVE_INFINITY
  #stallEnd: Timer | null = null
  #busy = 0
  readonly #counts = { served: 0, expired: 0, rejected: 0, wasted: 0, peakBusy: 0, peakQueued: 0 }

  constructor(settings: ServiceQueueSettings, { clock, rng }: { readonly clock: Clock; readonly rng: Rng }) {
    this.#settings = settings
    this.#clock = clock
    this.#rng = rng
    this.#servers = Array.from({ length: settings.servers }, () => {
      const server: Server = { job: null, endNs: 0, timer: null, wake: () => this.#woken(server) }
      return server
    })
  }

  /** Takes a request: it is served, waits, or is rejected. */
  offer(job: Job): void {
    const nowNs = this.#clock.nowNs()
    const { maxQueue } = this.#settings
    const idle = this.#idleServer(nowNs)
    if (!idle && maxQueue !== null && this.#queued >= maxQueue) {
      this.#counts.rejected++
      return job.ended('rejected', nowNs)
    }
    this.#waiting.push({ job, arrivedNs: nowNs })
    if (!idle) {
      this.#counts.peakQueued = Math.max(this.#counts.peakQueued, this.#queued)
      return
    }
    this.#take(idle, nowNs, nowNs)
    this.#arm(idle, nowNs)
  }

  /** Nobody serves for so long from now on; what is in service ends that much later. */
  stall(forNs: number): void {
    const nowNs = this.#clock.nowNs()
    const untilNs = Math.max(this.#stalledUntilNs, nowNs + forNs)
    const addedNs = untilNs - Math.max(this.#stalledUntilNs, nowNs)
    this.#stalledUntilNs = untilNs
    for (const server of this.#servers) {
      if (!server.job) continue
      server.endNs += addedNs
      this.#arm(server, nowNs)
    }
    this.#stallEnd?.cancel()
    this.#stallEnd = this.#clock.after(untilNs - nowNs, () => this.#resume())
  }

  stats(): ServiceQueueStats {
    const first = this.#waiting[this.#front]
    const oldestNs = first ? this.#clock.nowNs() - first.arrivedNs : 0
    return { ...this.#counts, busy: this.#busy, queued: this.#queued, oldestNs }
  }

  get #queued(): number {
    return this.#waiting.length - this.#front
  }

  #idleServer(nowNs: number): Server | undefined {
    if (nowNs < this.#stalledUntilNs || this.#busy === this.#servers.length) return undefined
    return this.#servers.find(({ job }) => job === null)
  }

  #resume(): void {
    this.#stallEnd = null
    const nowNs = this.#clock.nowNs()
    for (const server of this.#servers) {
      if (server.job) continue
      this.#take(server, nowNs, nowNs)
      this.#arm(server, nowNs)
    }
  }

  #woken(server: Server): void {
    server.timer = null
    const nowNs = this.#clock.nowNs()
    while (server.job && server.endNs <= nowNs) {
      const { job } = server
      server.job = null
      this.#busy--
      this.#counts.served++
      if (job.isGone()) this.#counts.wasted++
      // The next is in service before anybody is told: what is offered meanwhile finds its place behind it.
      this.#take(server, Math.max(server.endNs, nowNs - slackNs), nowNs)
      job.ended('served', nowNs)
    }
    this.#arm(server, nowNs)
  }

  /** Puts the next one that has not expired into service, from the moment on at which the server was free. */
  #take(server: Server, freeNs: number, nowNs: number): void {
    let expired: Job[] | null = null
    for (let next = this.#next(); next; next = this.#next()) {
      const { job, arrivedNs } = next
      const beginNs = Math.max(freeNs, arrivedNs)
      if (this.#settings.expire && job.deadlineNs <= beginNs) {
        this.#counts.expired++
        expired ??= []
        expired.push(job)
        continue
      }
      server.job = job
      server.endNs = beginNs + this.#drawService() + job.extraNs
      this.#busy++
      this.#counts.peakBusy = Math.max(this.#counts.peakBusy, this.#busy)
      break
    }
    // Whoever is told may offer again at once, and must not find this server without the one that it has taken.
    if (expired) for (const job of expired) job.ended('expired', nowNs)
  }

  #next(): Waiting | undefined {
    if (this.#queued === 0) return undefined
    if (this.#settings.order === 'lifo') return this.#waiting.pop()
    const first = this.#waiting[this.#front++]
    if (this.#front >= compactFrom && this.#front * 2 >= this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#front)
      this.#front = 0
    }
    return first
  }

  /** By inversion (Devroye 1986, "Non-Uniform Random Variate Generation", II.2) where it is not fixed. */
  #drawService(): number {
    const { serviceNs, distribution } = this.#settings
    return distribution === 'fixed' ? serviceNs : -Math.log1p(-this.#rng.next()) * serviceNs
  }

  #arm(server: Server, nowNs: number): void {
    server.timer?.cancel()
    server.timer = server.job ? this.#clock.after(Math.max(0, server.endNs - nowNs), server.wake) : null
  }
}
