import type { Rng } from '../../kernel/rng.ts'
import { type TimerWheel, wheelEntry } from '../../kernel/timer-wheel.ts'
import { WaitingLine } from '../../kernel/waiting-line.ts'
import { type PoolCounters, poolCounters, type PoolPeaks, poolPeaks, type PoolStats } from './counts.ts'
import { PoolClaim, type PoolRefusal, type PoolSlot, type PoolUser } from './lease.ts'
import { checkLimits, type PoolLimits } from './limits.ts'
import { Pace } from './pace.ts'
import { Places, type PlacesOwner, type PoolPort } from './places.ts'

export interface PoolOptions<Resource, Cause> {
  readonly limits: PoolLimits
  readonly port: PoolPort<Resource, Cause>
  readonly wheel: TimerWheel
  readonly rng: Rng
  /** Shared by the pools of a client; absent: its own. */
  readonly counters?: PoolCounters
  readonly peaks?: PoolPeaks
}

/**
 * A pool of anything that is made, used by one at a time, and closed. A place is taken before a resource is made and comes
 * back when that fails, so that there never are too many. An idle one is given out first, then one is made; who finds
 * neither waits in a line that nobody overtakes. What was given up in use is closed, and whoever is next has a new one.
 * Event-driven, without promises; a claim costs O(1), and allocates nothing unless a resource is made or checked.
 */
export class Pool<Resource, Cause = unknown> implements PlacesOwner<Resource, Cause> {
  readonly #limits: PoolLimits
  readonly #port: PoolPort<Resource, Cause>
  readonly #wheel: TimerWheel
  readonly #counters: PoolCounters
  readonly #peaks: PoolPeaks
  readonly #places: Places<Resource, Cause>
  readonly #line = new WaitingLine<null>()
  readonly #refillPace: Pace
  readonly #paced = wheelEntry((nowNs) => this.closed(nowNs))
  readonly #expire = (claim: PoolClaim<Resource, Cause>, nowNs: number): void => this.#timedOut(claim, nowNs)
  #active = 0
  #serving = false
  #over = false

  /** Throws a RangeError for limits out of their ranges. It makes nothing before it is asked to. */
  constructor({ limits, port, wheel, rng, counters, peaks }: PoolOptions<Resource, Cause>) {
    checkLimits(limits)
    this.#limits = limits
    this.#port = port
    this.#wheel = wheel
    this.#counters = counters ?? poolCounters()
    this.#peaks = peaks ?? poolPeaks()
    this.#refillPace = new Pace(limits.refillPerSecond)
    const own = { counters: this.#counters, peaks: this.#peaks, owner: this }
    this.#places = new Places({ limits, port, wheel, rng, ...own })
  }

  /** Makes a claim for somebody, to be used for one resource at a time. */
  claim(user: PoolUser<Resource, Cause>): PoolClaim<Resource, Cause> {
    return new PoolClaim(user, this.#expire)
  }

  /** Begins to make the first `min`, all at once; what fails is made later, as fast as refilling may be. */
  warmUp(nowNs: number): void {
    for (let left = this.#limits.min - this.#places.size; left > 0 && !this.#over; left--)
      this.#places.connect(null, nowNs)
  }

  /**
   * An idle resource, or null: then the claim's user is told later. A refusal may be told within this call. Throws a
   * RangeError for a claim that is in use.
   */
  acquire(claim: PoolClaim<Resource, Cause>, nowNs: number): Resource | null {
    if (claim.state !== 'free') throw new RangeError('a claim is for one resource at a time')
    this.#counters.poolRequested++
    claim.askedNs = nowNs
    claim.waited = false
    claim.fresh = false
    if (this.#over) {
      this.#refuse(claim, { kind: 'closed' }, nowNs)
      return null
    }
    const slot = this.#line.length === 0 ? this.#places.pick() : null
    if (!slot && (this.#line.length > 0 || !this.#mayConnect(nowNs))) {
      this.#wait(claim, nowNs)
      return null
    }
    claim.asking = true
    this.#provide(claim, slot, nowNs)
    // Refused within this call, whose user may have asked again by now, and has the answer to that.
    if (!claim.asking) return null
    claim.asking = false
    return claim.held
  }

  /** Gives back what a claim holds, for others to use. Of one that holds nothing it is only counted. */
  release(claim: PoolClaim<Resource, Cause>, nowNs: number): void {
    const { slot } = claim
    if (claim.state !== 'held' || !slot) {
      this.#counters.poolStrayReleases++
      return
    }
    this.#free(claim)
    // The pool has closed it meanwhile, and counted that.
    if (slot.state === 'closed') return
    this.#returned()
    if (slot.broken) this.#counters.poolDiscarded++
    else if (nowNs >= slot.expiresNs) this.#counters.poolExpired++
    else return this.#rest(slot, nowNs)
    this.#drop(slot, nowNs)
  }

  /** Gives a claim up, wherever it is: it leaves the line, and what it holds or waits for is closed. */
  destroy(claim: PoolClaim<Resource, Cause>, nowNs: number): void {
    const { slot, state } = claim
    if (state === 'free') return
    this.#free(claim)
    if (state === 'waiting') {
      this.#line.withdraw(claim)
      this.#endWait(claim, nowNs)
    }
    if (state !== 'held') this.#counters.poolWithdrawn++
    if (!slot || slot.state === 'closed') return
    if (state === 'held') this.#returned()
    if (slot.state !== 'connecting') this.#counters.poolDiscarded++
    this.#drop(slot, nowNs)
  }

  /** Closes all resources, those in use too; whoever waits is told so. What is given back later does no harm. */
  close(nowNs: number): void {
    this.#over = true
    this.#wheel.cancel(this.#paced)
    const told: PoolClaim<Resource, Cause>[] = []
    for (let first = this.#line.take(); first; first = this.#line.take()) {
      const claim = first as PoolClaim<Resource, Cause>
      this.#endWait(claim, nowNs)
      claim.state = 'pending'
      told.push(claim)
    }
    for (const slot of this.#places.slots) {
      if (slot.state === 'leased') this.#returned()
      else if (slot.claim) told.push(slot.claim)
      this.#places.remove(slot, nowNs)
    }
    for (const claim of told) if (claim.state === 'pending') this.#refuse(claim, { kind: 'closed' }, nowNs)
  }

  stats(): PoolStats {
    const { size, connecting, idle } = this.#places
    return {
      counters: { ...this.#counters },
      active: this.#active,
      idle,
      total: size - connecting,
      connecting,
      pending: this.#line.length,
    }
  }

  opened(slot: PoolSlot<Resource, Cause>, nowNs: number): void {
    if (slot.claim) this.#grant(slot, slot.claim, nowNs)
    else this.#rest(slot, nowNs)
  }

  /** The place is free again: who waits is served before whoever was to have it can ask anew. */
  failed(slot: PoolSlot<Resource, Cause>, refusal: PoolRefusal<Cause>, nowNs: number): void {
    const { claim } = slot
    this.#drop(slot, nowNs)
    // Unless it has been given up by one of those.
    if (claim?.slot === slot) this.#refuse(claim, refusal, nowNs)
  }

  /** Its place is for the same claim, whose turn it is. */
  unhealthy(slot: PoolSlot<Resource, Cause>, nowNs: number): void {
    const claim = slot.claim as PoolClaim<Resource, Cause>
    this.#counters.poolUnhealthy++
    this.#places.remove(slot, nowNs)
    this.#provide(claim, this.#places.pick(), nowNs)
    this.closed(nowNs)
  }

  /** Gives those who wait what there is, in order; what that sets free is given out by the same loop. */
  closed(nowNs: number): void {
    if (this.#serving || this.#over) return
    this.#serving = true
    try {
      while (this.#line.length > 0) {
        const slot = this.#places.pick()
        if (!slot && !this.#mayConnect(nowNs)) return
        const claim = this.#line.take() as PoolClaim<Resource, Cause>
        this.#endWait(claim, nowNs)
        this.#provide(claim, slot, nowNs)
      }
      this.#refill(nowNs)
    } finally {
      this.#serving = false
    }
  }

  #refill(nowNs: number): void {
    while (this.#places.size < this.#limits.min) {
      const fromNs = Math.max(this.#places.connectFromNs, this.#refillPace.nextNs)
      if (fromNs > nowNs) return this.#wheel.schedule(this.#paced, fromNs)
      this.#refillPace.take(nowNs)
      this.#places.connect(null, nowNs)
    }
  }

  /** Whether one can be made now; where it can be later, that is seen to. */
  #mayConnect(nowNs: number): boolean {
    const { connectFromNs } = this.#places
    if (connectFromNs > nowNs && connectFromNs < Number.POSITIVE_INFINITY)
      this.#wheel.schedule(this.#paced, connectFromNs)
    return connectFromNs <= nowNs
  }

  /** Gives a claim an idle one, once it has been checked where that is wanted, or a new one. */
  #provide(claim: PoolClaim<Resource, Cause>, idle: PoolSlot<Resource, Cause> | null, nowNs: number): void {
    if (!idle) return this.#places.connect(claim, nowNs)
    this.#places.take(idle)
    if (this.#port.check) this.#check(idle, claim, nowNs)
    else this.#grant(idle, claim, nowNs)
  }

  #check(slot: PoolSlot<Resource, Cause>, claim: PoolClaim<Resource, Cause>, nowNs: number): void {
    const check = ++slot.checks
    slot.state = 'checking'
    slot.claim = claim
    claim.state = 'pending'
    claim.slot = slot
    // Until now it was scheduled for the end of its idleness.
    if (this.#limits.checkTimeoutNs === Number.POSITIVE_INFINITY) this.#wheel.cancel(slot.entry)
    else this.#wheel.schedule(slot.entry, nowNs + this.#limits.checkTimeoutNs)
    const answer = (healthy: boolean, atNs: number): void => {
      if (slot.state !== 'checking' || slot.checks !== check) return
      this.#wheel.cancel(slot.entry)
      if (healthy) this.#grant(slot, claim, atNs)
      else this.unhealthy(slot, atNs)
    }
    this.#port.check?.(slot.resource as Resource, answer, nowNs)
  }

  #grant(slot: PoolSlot<Resource, Cause>, claim: PoolClaim<Resource, Cause>, nowNs: number): void {
    slot.state = 'leased'
    slot.claim = claim
    claim.state = 'held'
    claim.slot = slot
    this.#counters.poolAcquired++
    this.#active++
    if (!claim.asking) claim.user.granted(slot.resource as Resource, nowNs)
  }

  #returned(): void {
    this.#counters.poolReleased++
    this.#active--
  }

  #rest(slot: PoolSlot<Resource, Cause>, nowNs: number): void {
    this.#places.rest(slot, nowNs)
    if (this.#line.length > 0) this.closed(nowNs)
  }

  #drop(slot: PoolSlot<Resource, Cause>, nowNs: number): void {
    this.#places.remove(slot, nowNs)
    this.closed(nowNs)
  }

  #wait(claim: PoolClaim<Resource, Cause>, nowNs: number): void {
    const { acquireTimeoutNs } = this.#limits
    claim.state = 'waiting'
    this.#line.append(claim)
    if (acquireTimeoutNs < Number.POSITIVE_INFINITY) this.#wheel.schedule(claim.entry, nowNs + acquireTimeoutNs)
    if (this.#line.length > this.#peaks.poolPendingPeak) this.#peaks.poolPendingPeak = this.#line.length
  }

  #endWait(claim: PoolClaim<Resource, Cause>, nowNs: number): void {
    this.#wheel.cancel(claim.entry)
    claim.waited = true
    claim.turnNs = nowNs
    this.#counters.poolWaits++
    this.#counters.poolWaitNs += nowNs - claim.askedNs
  }

  #timedOut(claim: PoolClaim<Resource, Cause>, nowNs: number): void {
    this.#line.withdraw(claim)
    this.#endWait(claim, nowNs)
    this.#counters.poolTimeouts++
    this.#free(claim)
    claim.user.refused({ kind: 'timeout' }, nowNs)
  }

  #refuse(claim: PoolClaim<Resource, Cause>, refusal: PoolRefusal<Cause>, nowNs: number): void {
    this.#counters.poolRefused++
    this.#free(claim)
    claim.user.refused(refusal, nowNs)
  }

  #free(claim: PoolClaim<Resource, Cause>): void {
    claim.state = 'free'
    claim.slot = null
    claim.asking = false
  }
}
