import { Breaker, type BreakerSettings, createPermit, type Permit } from '../../harness/resilience/breaker/breaker.ts'
import { BreakerModel, type ModelCall } from './breaker-model.ts'

/** Something that happens to a breaker; `pick` chooses a call in flight. */
export type BreakerEvent =
  | { readonly kind: 'begin' }
  | { readonly kind: 'end'; readonly pick: number; readonly ok: boolean }
  | { readonly kind: 'abandon'; readonly pick: number }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'force'; readonly state: 'open' | 'closed' }
  | { readonly kind: 'reset' }

/** A breaker and its model, and the calls that are in flight through them. */
export class BreakerPair {
  readonly told: string[] = []
  #nowNs = 0
  #admitted = 0
  readonly #flight: { readonly permit: Permit | null; readonly call: ModelCall | null }[] = []
  readonly #real: Breaker
  readonly #model: BreakerModel

  constructor(settings: BreakerSettings) {
    this.#real = new Breaker('b', settings, ({ to }) => this.told.push(to))
    this.#model = new BreakerModel(settings)
  }

  apply(event: BreakerEvent): void {
    const [real, model, nowNs] = [this.#real, this.#model, this.#nowNs]
    switch (event.kind) {
      case 'wait':
        this.#nowNs += event.ms * 1e6
        break
      case 'begin': {
        const permit = createPermit()
        const admitted = real.admit(permit, nowNs)
        const call = model.begin(nowNs)
        if (admitted) this.#admitted++
        if (admitted || call) this.#flight.push({ permit: admitted ? permit : null, call })
        break
      }
      case 'end':
      case 'abandon':
        this.#end(event)
        break
      default:
        if (event.kind === 'force') real.force(event.state, nowNs)
        else real.reset(nowNs)
        if (event.kind === 'force') model.force(event.state, nowNs)
        else model.reset(nowNs)
    }
  }

  /** What the breaker says of itself. */
  real() {
    const { state, failureCount, totalCalls, failureRate, slowRate } = this.#real.stats(this.#nowNs)
    const { circuitRejected, circuitLate, circuitOpened, circuitHalfOpened, circuitClosed } = this.#real.counters
    return {
      state,
      failureCount,
      totalCalls,
      failureRate,
      slowRate,
      transitions: this.told,
      counts: [this.#admitted, circuitRejected, circuitLate, circuitOpened, circuitHalfOpened, circuitClosed],
    }
  }

  /** What the model says that it should say. */
  model(): ReturnType<BreakerPair['real']> {
    const { state, transitions, admitted, rejected, late } = this.#model
    const calls = this.#model.window(this.#nowNs)
    const share = (some: readonly unknown[]): number => (calls.length === 0 ? 0 : some.length / calls.length)
    const times = (wanted: string): number => transitions.filter((one) => one === wanted).length
    return {
      state,
      failureCount: this.#model.failuresInRow(),
      totalCalls: calls.length,
      failureRate: share(calls.filter(({ failed }) => failed)),
      slowRate: share(calls.filter(({ slow }) => slow)),
      transitions,
      counts: [admitted, rejected, late, times('open'), times('half-open'), times('closed')],
    }
  }

  #end(event: BreakerEvent & { readonly pick: number }): void {
    const [one] = this.#flight.splice(event.pick % Math.max(1, this.#flight.length), 1)
    if (!one) return
    const { permit, call } = one
    if (permit && event.kind === 'end') this.#real.settle(permit, event.ok, this.#nowNs)
    else if (permit) this.#real.release(permit)
    if (call && event.kind === 'end') this.#model.end(call, event.ok, this.#nowNs)
    else if (call) this.#model.abandon(call)
  }
}
