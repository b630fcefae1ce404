import { type WheelEntry, wheelEntry } from '../../kernel/timer-wheel.ts'
import type { Waiter } from '../../kernel/waiting-line.ts'

/** Why there is nothing for somebody who wanted a resource. */
export type PoolRefusal<Cause> =
  /** It has waited in the line for as long as one may. */
  | { readonly kind: 'timeout' }
  /** The pool is closed. */
  | { readonly kind: 'closed' }
  /** The resource that was to be its own could not be made. */
  | { readonly kind: 'failed'; readonly cause: Cause }
  /** Making it took longer than that may. */
  | { readonly kind: 'connect-timeout' }

/** Somebody who takes resources from a pool, one at a time. Told only what `acquire` did not return at once. */
export interface PoolUser<Resource, Cause> {
  granted(resource: Resource, nowNs: number): void
  refused(refusal: PoolRefusal<Cause>, nowNs: number): void
}

/**
 * A claim to one resource at a time, made once by whoever uses a pool and used again and again. It says whose a resource
 * is: what it does not hold it cannot give back. Only its pool writes to it.
 */
export class PoolClaim<Resource, Cause> implements Waiter<null> {
  readonly user: PoolUser<Resource, Cause>
  /** Due when it has waited in the line for as long as one may. */
  readonly entry: WheelEntry
  /** `pending`: a resource is being made or checked for it. */
  state: 'free' | 'waiting' | 'pending' | 'held' = 'free'
  slot: PoolSlot<Resource, Cause> | null = null
  /** True while `acquire` runs: what is granted then is returned by it. */
  asking = false
  askedNs = 0
  /** Whether it had to wait in the line, and until when. */
  waited = false
  turnNs = 0
  /** Whether what it has was made for it, and since when that was tried. */
  fresh = false
  connectingNs = 0
  next: Waiter<null> | null = null
  previous: Waiter<null> | null = null

  constructor(user: PoolUser<Resource, Cause>, expired: (claim: PoolClaim<Resource, Cause>, nowNs: number) => void) {
    this.user = user
    this.entry = wheelEntry((nowNs) => expired(this, nowNs))
  }

  /** What it holds; null where nothing. */
  get held(): Resource | null {
    return this.state === 'held' ? (this.slot?.resource as Resource) : null
  }

  granted(): void {
    // Its pool looks at what it takes out of the line.
  }
}

/** What the maker of a resource tells its pool. Once the pool has closed the resource, whatever is told means nothing. */
export interface ResourceEvents<Cause> {
  /** It can be used; maybe told within `connect`. Once more where its maker has made it again in its own place. */
  opened(nowNs: number): void
  /** It could not be made, or is of no more use; what is left of it the pool closes. */
  lost(cause: Cause, nowNs: number): void
}

/** Who looks after a slot. */
export interface SlotOwner<Resource, Cause> {
  opened(slot: PoolSlot<Resource, Cause>, nowNs: number): void
  lost(slot: PoolSlot<Resource, Cause>, cause: Cause, nowNs: number): void
  due(slot: PoolSlot<Resource, Cause>, nowNs: number): void
}

/** A place in a pool, taken before its resource is made and free again when that is closed. */
export class PoolSlot<Resource, Cause> implements ResourceEvents<Cause> {
  readonly #owner: SlotOwner<Resource, Cause>
  /** Due for what its state waits for; of an idle one, never later than that. */
  readonly entry: WheelEntry
  state: 'connecting' | 'idle' | 'checking' | 'leased' | 'closed' = 'connecting'
  /** Undefined within `connect` only; what is told then is done afterwards. */
  resource: Resource | undefined
  early: (() => void) | null = null
  /** Whoever it is made for, checked for or leased to; null while nobody is. */
  claim: PoolClaim<Resource, Cause> | null
  idleSinceNs = 0
  /** When its life is over; Infinity for never. */
  expiresNs = Number.POSITIVE_INFINITY
  /** Lost while it was leased. */
  broken = false
  /** Tells the answer to one check from that to another. */
  checks = 0
  /** Links of the idle ones; null outside of them. Owned by their list. */
  next: PoolSlot<Resource, Cause> | null = null
  previous: PoolSlot<Resource, Cause> | null = null

  constructor(owner: SlotOwner<Resource, Cause>, claim: PoolClaim<Resource, Cause> | null) {
    this.#owner = owner
    this.claim = claim
    this.entry = wheelEntry((nowNs) => owner.due(this, nowNs))
  }

  opened(nowNs: number): void {
    this.#owner.opened(this, nowNs)
  }

  lost(cause: Cause, nowNs: number): void {
    this.#owner.lost(this, cause, nowNs)
  }
}
