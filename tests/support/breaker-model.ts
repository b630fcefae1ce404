import type { BreakerSettings, BreakerState } from '../../harness/resilience/breaker/breaker.ts'

interface EndedCall {
  readonly atNs: number
  readonly failed: boolean
  readonly slow: boolean
}

/** A call in flight of the model. */
export interface ModelCall {
  readonly beganNs: number
  readonly era: number
  readonly probe: boolean
}

/**
 * A circuit breaker as one would write it down to be sure that it is right: everything that has happened is kept in
 * lists, and looked through from the beginning for every answer.
 */
export class BreakerModel {
  state: BreakerState = 'closed'
  readonly transitions: BreakerState[] = []
  readonly #settings: BreakerSettings
  #era = 0
  #forced = false
  #openedNs = 0
  /** Since it was last closed. */
  #ended: EndedCall[] = []
  #probes: ModelCall[] = []
  #succeeded = 0
  admitted = 0
  late = 0
  rejected = 0

  constructor(settings: BreakerSettings) {
    this.#settings = settings
  }

  begin(nowNs: number): ModelCall | null {
    const { openForNs } = this.#settings
    if (this.state === 'open' && !this.#forced && nowNs - this.#openedNs >= openForNs) this.#become('half-open', nowNs)
    const admitted = this.state === 'closed' || (this.state === 'half-open' && this.#makesRoom(nowNs))
    if (!admitted) {
      this.rejected++
      return null
    }
    this.admitted++
    const call = { beganNs: nowNs, era: this.#era, probe: this.state === 'half-open' }
    if (call.probe) this.#probes.push(call)
    return call
  }

  end(call: ModelCall, ok: boolean, nowNs: number): void {
    const lost = call.probe && !this.#probes.includes(call)
    if (call.era !== this.#era || lost) {
      this.late++
      return
    }
    const { slowCall, successThreshold } = this.#settings
    const slow = slowCall !== null && nowNs - call.beganNs > slowCall.longerThanNs
    this.abandon(call)
    if (this.state === 'half-open') {
      if (!ok || slow) return this.#become('open', nowNs)
      this.#succeeded++
      if (this.#succeeded === successThreshold) this.#become('closed', nowNs)
      return
    }
    this.#ended.push({ atNs: nowNs, failed: !ok, slow })
    if (!this.#forced && this.#mustOpen(nowNs)) this.#become('open', nowNs)
  }

  abandon(call: ModelCall): void {
    this.#probes = this.#probes.filter((probe) => probe !== call)
  }

  force(state: 'open' | 'closed', nowNs: number): void {
    this.#forced = true
    if (this.state !== state) this.#become(state, nowNs)
  }

  reset(nowNs: number): void {
    this.#forced = false
    if (this.state !== 'closed') return this.#become('closed', nowNs)
    this.#era++
    this.#ended = []
  }

  /** What the window holds. */
  window(nowNs: number): readonly EndedCall[] {
    const { window } = this.#settings
    if (window.kind === 'calls') return this.#ended.slice(-window.count)
    const tenth = (atNs: number): number => Math.floor(atNs / (window.ns / 10))
    return this.#ended.filter(({ atNs }) => tenth(atNs) > tenth(nowNs) - 10)
  }

  failuresInRow(): number {
    return this.#ended.length - 1 - this.#ended.findLastIndex(({ failed }) => !failed)
  }

  #makesRoom(nowNs: number): boolean {
    const { successThreshold, halfOpen } = this.#settings
    const needed = Math.max(halfOpen.probes, successThreshold) - this.#succeeded
    if (this.#probes.length < Math.min(halfOpen.probes, needed)) return true
    const expired = this.#probes.find(({ beganNs }) => nowNs - beganNs >= halfOpen.leaseNs)
    if (!expired) return false
    this.abandon(expired)
    return true
  }

  #mustOpen(nowNs: number): boolean {
    const { failureThreshold, failureRate, slowCall, minimumCalls } = this.#settings
    if (failureThreshold !== null && this.failuresInRow() >= failureThreshold) return true
    const calls = this.window(nowNs)
    if (calls.length < minimumCalls) return false
    const share = (some: readonly EndedCall[]): number => some.length / calls.length
    const failed = share(calls.filter((call) => call.failed))
    const slow = share(calls.filter((call) => call.slow))
    return (failureRate !== null && failed >= failureRate) || (slowCall !== null && slow >= slowCall.rate)
  }

  #become(state: BreakerState, nowNs: number): void {
    this.state = state
    this.transitions.push(state)
    this.#era++
    this.#probes = []
    this.#succeeded = 0
    if (state === 'open') this.#openedNs = nowNs
    if (state === 'closed') this.#ended = []
  }
}
