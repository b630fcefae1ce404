import type { Rng } from '../../kernel/rng.ts'
import type { TimerWheel } from '../../kernel/timer-wheel.ts'
import type { PoolCounters, PoolPeaks } from './counts.ts'
import { IdleSlots } from './idle-slots.ts'
import { type PoolClaim, type PoolRefusal, PoolSlot, type ResourceEvents, type SlotOwner } from './lease.ts'
import type { PoolLimits } from './limits.ts'
import { Pace } from './pace.ts'

/** Makes and ends what a pool holds. */
export interface PoolPort<Resource, Cause> {
  /** Begins to make one; what becomes of it is told to its events. */
  connect(events: ResourceEvents<Cause>, nowNs: number): Resource
  /** Ends one at once, whatever it is at. */
  close(resource: Resource, nowNs: number): void
  /** Asks whether an idle one still works, before it is given out; an answer that comes too late means nothing. */
  check?(resource: Resource, answer: (healthy: boolean, nowNs: number) => void, nowNs: number): void
}

/** The pool of the places. */
export interface PlacesOwner<Resource, Cause> {
  /** One has been made. */
  opened(slot: PoolSlot<Resource, Cause>, nowNs: number): void
  /** One could not be made. */
  failed(slot: PoolSlot<Resource, Cause>, refusal: PoolRefusal<Cause>, nowNs: number): void
  /** One that is being checked has not answered in time, or was lost. */
  unhealthy(slot: PoolSlot<Resource, Cause>, nowNs: number): void
  /** An idle one has been closed. */
  closed(nowNs: number): void
}

export interface PlacesOptions<Resource, Cause> {
  readonly limits: PoolLimits
  readonly port: PoolPort<Resource, Cause>
  readonly wheel: TimerWheel
  readonly rng: Rng
  readonly counters: PoolCounters
  readonly peaks: PoolPeaks
  readonly owner: PlacesOwner<Resource, Cause>
}

/** How much of a lifetime is left to chance. */
const lifetimeSpread = 0.1

/** The places of a pool and the lives of what is in them: made, idle, too old, lost, closed. */
export class Places<Resource, Cause> implements SlotOwner<Resource, Cause> {
  readonly #options: PlacesOptions<Resource, Cause>
  readonly #slots = new Set<PoolSlot<Resource, Cause>>()
  readonly #idle = new IdleSlots<Resource, Cause>()
  readonly #pace: Pace
  #connecting = 0

  constructor(options: PlacesOptions<Resource, Cause>) {
    this.#options = options
    this.#pace = new Pace(options.limits.connectsPerSecond)
  }

  /** All that are taken. */
  get slots(): Iterable<PoolSlot<Resource, Cause>> {
    return this.#slots
  }

  get size(): number {
    return this.#slots.size
  }

  get connecting(): number {
    return this.#connecting
  }

  get idle(): number {
    return this.#idle.length
  }

  /** From when on another may be made; Infinity while there is no place. */
  get connectFromNs(): number {
    return this.#slots.size < this.#options.limits.max ? this.#pace.nextNs : Number.POSITIVE_INFINITY
  }

  /** The idle one whose turn it is; null where none is. */
  pick(): PoolSlot<Resource, Cause> | null {
    return this.#idle.pick(this.#options.limits.order)
  }

  /** An idle one is used from now on. */
  take(slot: PoolSlot<Resource, Cause>): void {
    this.#idle.remove(slot)
  }

  /** One is idle from now on. */
  rest(slot: PoolSlot<Resource, Cause>, nowNs: number): void {
    slot.state = 'idle'
    slot.claim = null
    slot.idleSinceNs = nowNs
    this.#idle.add(slot)
    // Most of the time it is still scheduled from the last time, for an earlier moment.
    if (slot.entry.next === null) this.#watch(slot, nowNs)
  }

  /** Takes a place and begins to make what is in it, for a claim or for nobody yet. */
  connect(claim: PoolClaim<Resource, Cause> | null, nowNs: number): void {
    const { limits, peaks, wheel, port } = this.#options
    const slot = new PoolSlot<Resource, Cause>(this, claim)
    this.#slots.add(slot)
    this.#connecting++
    this.#pace.take(nowNs)
    if (this.#slots.size > peaks.poolPeak) peaks.poolPeak = this.#slots.size
    if (claim) {
      claim.state = 'pending'
      claim.slot = slot
      claim.fresh = true
      claim.connectingNs = nowNs
    }
    if (limits.connectTimeoutNs < Number.POSITIVE_INFINITY) wheel.schedule(slot.entry, nowNs + limits.connectTimeoutNs)
    slot.resource = port.connect(slot, nowNs)
    slot.early?.()
  }

  /** Closes what is in a place, which is free then. */
  remove(slot: PoolSlot<Resource, Cause>, nowNs: number): void {
    const { counters, wheel, port } = this.#options
    if (slot.state === 'idle') this.#idle.remove(slot)
    if (slot.state === 'connecting') {
      this.#connecting--
      counters.poolConnectFailures++
    } else counters.poolClosed++
    slot.state = 'closed'
    slot.claim = null
    wheel.cancel(slot.entry)
    this.#slots.delete(slot)
    port.close(slot.resource as Resource, nowNs)
  }

  opened(slot: PoolSlot<Resource, Cause>, nowNs: number): void {
    const { counters, owner, wheel } = this.#options
    if (slot.resource === undefined) slot.early = () => this.opened(slot, nowNs)
    else if (slot.state === 'connecting') {
      wheel.cancel(slot.entry)
      this.#connecting--
      this.#begins(slot, nowNs)
      owner.opened(slot, nowNs)
    } else if (slot.state === 'leased') {
      counters.poolClosed++
      this.#begins(slot, nowNs)
    }
  }

  lost(slot: PoolSlot<Resource, Cause>, cause: Cause, nowNs: number): void {
    const { counters, owner } = this.#options
    if (slot.resource === undefined) slot.early = () => this.lost(slot, cause, nowNs)
    else if (slot.state === 'connecting') owner.failed(slot, { kind: 'failed', cause }, nowNs)
    else if (slot.state === 'leased') slot.broken = true
    else if (slot.state === 'checking') owner.unhealthy(slot, nowNs)
    else if (slot.state === 'idle') {
      counters.poolDiscarded++
      this.#end(slot, nowNs)
    }
  }

  due(slot: PoolSlot<Resource, Cause>, nowNs: number): void {
    if (slot.state === 'connecting') this.#options.owner.failed(slot, { kind: 'connect-timeout' }, nowNs)
    else if (slot.state === 'checking') this.#options.owner.unhealthy(slot, nowNs)
    else if (slot.state === 'idle') this.#aged(slot, nowNs)
  }

  #aged(slot: PoolSlot<Resource, Cause>, nowNs: number): void {
    const { counters, limits } = this.#options
    if (nowNs >= slot.expiresNs) {
      counters.poolExpired++
      this.#end(slot, nowNs)
    } else if (nowNs < slot.idleSinceNs + limits.idleTimeoutNs) this.#watch(slot, slot.idleSinceNs)
    else if (this.#slots.size <= limits.min) this.#watch(slot, nowNs)
    else {
      counters.poolIdleClosed++
      this.#end(slot, nowNs)
    }
  }

  #watch(slot: PoolSlot<Resource, Cause>, fromNs: number): void {
    const dueNs = Math.min(slot.expiresNs, fromNs + this.#options.limits.idleTimeoutNs)
    if (dueNs < Number.POSITIVE_INFINITY) this.#options.wheel.schedule(slot.entry, dueNs)
  }

  #end(slot: PoolSlot<Resource, Cause>, nowNs: number): void {
    this.remove(slot, nowNs)
    this.#options.owner.closed(nowNs)
  }

  #begins(slot: PoolSlot<Resource, Cause>, nowNs: number): void {
    const { counters, limits, rng } = this.#options
    const { maxLifetimeNs } = limits
    counters.poolCreated++
    if (maxLifetimeNs < Number.POSITIVE_INFINITY)
      slot.expiresNs = nowNs + Math.round(maxLifetimeNs * (1 - lifetimeSpread * rng.next()))
  }
}
