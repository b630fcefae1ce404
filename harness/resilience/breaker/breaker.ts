import { significant } from '../../kernel/units.ts'
import type { CountAs } from './count-as.ts'
import { type CallWindow, createWindow, type WindowSpan } from './window.ts'

/** When a breaker opens, and how it closes again. Durations in ns; null for a rule that it does not have. */
export interface BreakerSettings {
  /** Null for a name after what it guards. */
  readonly name: string | null
  readonly per: 'client' | 'request'
  /** It opens after so many failures in a row, */
  readonly failureThreshold: number | null
  /** or when this share of the calls in the window has failed, */
  readonly failureRate: number | null
  /** or this share has taken longer than that. */
  readonly slowCall: { readonly longerThanNs: number; readonly rate: number } | null
  /** A share says nothing of fewer calls. */
  readonly minimumCalls: number
  readonly window: WindowSpan
  /** How long it stays open before it lets calls through to see whether the target is back. */
  readonly openForNs: number
  /** So many of those must succeed for it to close. */
  readonly successThreshold: number
  readonly halfOpen: { readonly probes: number; readonly leaseNs: number }
  /** Null for what counts as a failure by default. */
  readonly countAs: CountAs | null
}

export type BreakerState = 'closed' | 'open' | 'half-open'

/** A change of state, told when it has happened. */
export interface BreakerTransition {
  readonly name: string
  readonly atNs: number
  readonly from: BreakerState
  readonly to: BreakerState
  readonly reason: string
}

/** What a breaker says of itself. Of the window: rates are 0 where no call ended in it. */
export interface BreakerStats {
  readonly name: string
  readonly state: BreakerState
  /** Whether it was forced there, and stays there until it is reset. */
  readonly forced: boolean
  /** Failures in a row. */
  readonly failureCount: number
  /** Probes that have succeeded since it became half-open. */
  readonly successCount: number
  readonly failureRate: number
  readonly slowRate: number
  readonly totalCalls: number
  readonly rejected: number
  /** When the last failure ended; null for none. */
  readonly lastFailureNs: number | null
  readonly timeSinceLastFailureNs: number | null
  /** When it ceased to be closed, however often it has been half-open since; null while it is closed. */
  readonly openedNs: number | null
}

/** Leave to make one call. Whoever makes calls has one and uses it again for each, one at a time. */
export interface Permit {
  /** The state of the breaker that it was given in; 0 while it is worth nothing. Owned by the breaker. */
  generation: number
  admittedNs: number
}

/** Makes a permit for `admit`. */
export function createPermit(): Permit {
  return { generation: 0, admittedNs: 0 }
}

/** Counters at 0. */
export function breakerCounters() {
  return {
    circuitOpened: 0,
    circuitHalfOpened: 0,
    circuitClosed: 0,
    circuitRejected: 0,
    circuitFailures: 0,
    circuitSlow: 0,
    circuitProbes: 0,
    /** Probes that did not end in time, so that their place went to another. */
    circuitProbesExpired: 0,
    /** Calls that ended after the state in which they began: they change nothing. */
    circuitLate: 0,
  }
}

/**
 * A circuit breaker, driven by events and without a timer: it becomes half-open with the first call after `openForNs`.
 * Half-open, as many calls are in flight as it takes to close it, and no more than `halfOpen.probes`; one that has not ended
 * after the lease loses its place to the next. The first failure, or slow call, opens it again. Times are those of the
 * ends of calls, on one monotonic clock. Each event costs O(1), but for a probe, which costs O(probes).
 */
export class Breaker {
  readonly name: string
  readonly settings: BreakerSettings
  readonly counters = breakerCounters()
  readonly #window: CallWindow
  readonly #changed: (transition: BreakerTransition) => void
  #state: BreakerState = 'closed'
  #forced = false
  /** Grows with each change, so that what began before is known when it ends. */
  #generation = 1
  #failuresInRow = 0
  #successes = 0
  /** In flight while half-open, the oldest first. */
  readonly #probes: Permit[] = []
  #openUntilNs = 0
  #openedNs: number | null = null
  #lastFailureNs: number | null = null

  constructor(name: string, settings: BreakerSettings, changed: (transition: BreakerTransition) => void = () => {}) {
    this.name = name
    this.settings = settings
    this.#changed = changed
    this.#window = createWindow(settings.window)
  }

  get state(): BreakerState {
    return this.#state
  }

  /** Whether a call may begin; if so, its permit goes back by `settle` or `release`. */
  admit(permit: Permit, nowNs: number): boolean {
    if (this.#state === 'open' && nowNs >= this.#openUntilNs) {
      this.#enter('half-open', nowNs, 'open for long enough')
    }
    const admitted = this.#state === 'closed' || (this.#state === 'half-open' && this.#hasPlace(nowNs))
    if (!admitted) {
      this.counters.circuitRejected++
      return false
    }
    permit.generation = this.#generation
    permit.admittedNs = nowNs
    if (this.#state === 'half-open') {
      this.#probes.push(permit)
      this.counters.circuitProbes++
    }
    return true
  }

  /** The call has ended, well or not. */
  settle(permit: Permit, ok: boolean, nowNs: number): void {
    if (permit.generation !== this.#generation) {
      permit.generation = 0
      this.counters.circuitLate++
      return
    }
    const { slowCall } = this.settings
    const slow = slowCall !== null && nowNs - permit.admittedNs > slowCall.longerThanNs
    if (slow) this.counters.circuitSlow++
    if (!ok) {
      this.counters.circuitFailures++
      this.#lastFailureNs = nowNs
    }
    this.release(permit)
    if (this.#state === 'half-open') this.#probeEnded(ok, slow, nowNs)
    else this.#callEnded(ok, slow, nowNs)
  }

  /** The call has come to nothing that says anything of its target: it was aborted, or refused further in. */
  release(permit: Permit): void {
    if (permit.generation === this.#generation && this.#state === 'half-open') {
      this.#probes.splice(this.#probes.indexOf(permit), 1)
    }
    permit.generation = 0
  }

  /** Holds it open or closed, whatever happens, until it is reset. */
  force(state: 'open' | 'closed', nowNs: number): void {
    this.#forced = true
    if (this.#state !== state) this.#enter(state, nowNs, 'forced')
    this.#openUntilNs = Number.POSITIVE_INFINITY
  }

  /** Closes it and forgets what it has seen, but for its counters and when the last failure was. */
  reset(nowNs: number): void {
    this.#forced = false
    this.#enter('closed', nowNs, 'reset')
  }

  stats(nowNs: number): BreakerStats {
    this.#window.expire(nowNs)
    const { calls, failures, slow } = this.#window
    return {
      name: this.name,
      state: this.#state,
      forced: this.#forced,
      failureCount: this.#failuresInRow,
      successCount: this.#successes,
      failureRate: calls === 0 ? 0 : failures / calls,
      slowRate: calls === 0 ? 0 : slow / calls,
      totalCalls: calls,
      rejected: this.counters.circuitRejected,
      lastFailureNs: this.#lastFailureNs,
      timeSinceLastFailureNs: this.#lastFailureNs === null ? null : nowNs - this.#lastFailureNs,
      openedNs: this.#openedNs,
    }
  }

  /** Whether one more probe may begin. */
  #hasPlace(nowNs: number): boolean {
    const { successThreshold, halfOpen } = this.settings
    const wanted = Math.max(halfOpen.probes, successThreshold) - this.#successes
    if (this.#probes.length < Math.min(halfOpen.probes, wanted)) return true
    const [oldest] = this.#probes
    if (!oldest || nowNs - oldest.admittedNs < halfOpen.leaseNs) return false
    this.release(oldest)
    this.counters.circuitProbesExpired++
    return true
  }

  #probeEnded(ok: boolean, slow: boolean, nowNs: number): void {
    if (!ok || slow) return this.#enter('open', nowNs, ok ? 'probe slow' : 'probe failed')
    this.#successes++
    if (this.#successes >= this.settings.successThreshold) {
      this.#enter('closed', nowNs, `${this.#successes} probes succeeded`)
    }
  }

  #callEnded(ok: boolean, slow: boolean, nowNs: number): void {
    this.#window.add(!ok, slow, nowNs)
    this.#failuresInRow = ok ? 0 : this.#failuresInRow + 1
    if (this.#forced) return
    const reason = this.#whyOpen()
    if (reason !== null) this.#enter('open', nowNs, reason)
  }

  #whyOpen(): string | null {
    const { failureThreshold, failureRate, slowCall, minimumCalls } = this.settings
    if (failureThreshold !== null && this.#failuresInRow >= failureThreshold) {
      return `${this.#failuresInRow} failures in a row`
    }
    const { calls, failures, slow } = this.#window
    if (calls < minimumCalls) return null
    if (failureRate !== null && failures / calls >= failureRate) {
      return `failure rate ${significant(failures / calls, 3)} of ${calls} calls`
    }
    if (slowCall && slow / calls >= slowCall.rate) return `slow rate ${significant(slow / calls, 3)} of ${calls} calls`
    return null
  }

  #enter(state: BreakerState, nowNs: number, reason: string): void {
    const from = this.#state
    this.#state = state
    this.#generation++
    this.#probes.length = 0
    this.#successes = 0
    if (state === 'open') {
      this.#openUntilNs = nowNs + this.settings.openForNs
      this.#openedNs ??= nowNs
    }
    if (state === 'closed') {
      this.#openedNs = null
      this.#failuresInRow = 0
      this.#window.clear()
    }
    if (from === state) return
    if (state === 'open') this.counters.circuitOpened++
    else if (state === 'closed') this.counters.circuitClosed++
    else this.counters.circuitHalfOpened++
    this.#changed({ name: this.name, atNs: nowNs, from, to: state, reason })
  }
}
