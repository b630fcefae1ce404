import { significant } from '../../kernel/units.ts'
import { isOwnRefusal, isSuccess, type Outcome } from '../outcome.ts'
import { PerRequest } from '../per-request.ts'
import type { PolicyLog } from '../policy-log.ts'
import type { Call } from '../step.ts'
import type { BulkheadSettings } from './settings.ts'
import type { SlotPlace, SlotSource } from './slot-stage.ts'
import { SlotGroup, type SlotLimits, type SlotPeaks, type Slots } from './slots.ts'
import type { BulkheadStats } from './stats.ts'
import { SuccessWindow } from './success-window.ts'

/** So many of the last outcomes say how the work fares. */
const windowSize = 100
/** Fewer say nothing. */
const leastOutcomes = 20

/**
 * Keeps what runs at once within slots: one compartment for all, or one for each request, made when it is first asked for.
 * Whoever finds no slot waits in order, or is refused. Driven by events; the stage of the pipeline is a `SlotStage` on it.
 */
export class Bulkhead implements SlotSource {
  readonly peaks: SlotPeaks = { active: 0, queued: 0 }
  readonly maxWaitNs: number | null
  readonly #settings: BulkheadSettings
  readonly #log: PolicyLog
  readonly #byRequest = new PerRequest((request) => this.#compartment(request))
  /** Of all requests together; null before the first. */
  #only: Compartment | null = null
  /** Of those that lend each other slots. */
  readonly #siblings = new SlotGroup(this.peaks)

  constructor(settings: BulkheadSettings, log: PolicyLog) {
    this.#settings = settings
    this.#log = log
    this.maxWaitNs = settings.maxWaitNs
  }

  placeOf({ request }: Call): SlotPlace {
    if (this.#settings.per === 'request') return this.#byRequest.of(request)
    this.#only ??= this.#compartment(null)
    return this.#only
  }

  /** Of all compartments together what was counted of each, by the name of the tally. */
  sum(count: keyof Slots['tally']): number {
    let sum = 0
    for (const { slots } of this.#compartments()) sum += slots.tally[count]
    return sum
  }

  /** How each compartment fares, in the order in which they were first asked for. */
  stats(): readonly BulkheadStats[] {
    return this.#compartments().map(({ name, slots: { active, line, limits, tally } }) => ({
      name,
      active,
      queued: line.length,
      slots: limits.own,
      rejected: tally.rejected,
      timedOut: tally.timedOut,
      total: tally.total,
      rejectionRate: (tally.rejected + tally.timedOut) / Math.max(1, tally.total),
      utilization: active / limits.own,
    }))
  }

  #compartments(): readonly Compartment[] {
    return this.#only ? [this.#only] : this.#byRequest.all()
  }

  #compartment(name: string | null): Compartment {
    const { isolation, maxConcurrent, maxQueue } = this.#settings
    const { most } = slotRange(this.#settings)
    const own = { own: maxConcurrent, ceiling: maxConcurrent }
    switch (isolation) {
      case 'strict':
        return { name, slots: new SlotGroup(this.peaks).add(own, maxQueue) }
      case 'shared':
        return { name, slots: this.#siblings.add({ own: maxConcurrent, ceiling: most }, maxQueue) }
      case 'adaptive':
        return new AdaptiveCompartment(name, new SlotGroup(this.peaks).add(own, maxQueue), this.#settings, this.#log)
    }
  }
}

/** How many slots one compartment may use at least and at most, whatever its work and its siblings do. */
export function slotRange({ maxConcurrent, isolation }: BulkheadSettings): {
  readonly fewest: number
  readonly most: number
} {
  const tenths = (count: number): number => Math.max(1, Math.floor((maxConcurrent * count) / 10))
  switch (isolation) {
    case 'strict':
      return { fewest: maxConcurrent, most: maxConcurrent }
    case 'shared':
      return { fewest: maxConcurrent, most: tenths(12) }
    case 'adaptive':
      return { fewest: tenths(8), most: tenths(11) }
  }
}

interface Compartment extends SlotPlace {
  readonly name: string | null
}

/** Has more slots while the work succeeds, and fewer while it does not. Its own refusals are no work. */
class AdaptiveCompartment implements Compartment {
  readonly name: string | null
  readonly slots: Slots
  readonly #window = new SuccessWindow(windowSize)
  readonly #more: SlotLimits
  readonly #fewer: SlotLimits
  readonly #log: PolicyLog

  constructor(name: string | null, slots: Slots, settings: BulkheadSettings, log: PolicyLog) {
    const { fewest, most } = slotRange(settings)
    this.name = name
    this.slots = slots
    this.#more = { own: most, ceiling: most }
    this.#fewer = { own: fewest, ceiling: fewest }
    this.#log = log
  }

  learn(outcome: Outcome, _tookNs: number, _inFlight: number, nowNs: number): void {
    if (isOwnRefusal(outcome)) return
    this.#window.record(isSuccess(outcome))
    if (this.#window.count < leastOutcomes) return
    const { rate } = this.#window
    const before = this.slots.limits
    const after = rate > 0.9 ? this.#more : this.#fewer
    if (after.own === before.own) return
    this.slots.resize(after)
    this.#log.note({
      atNs: nowNs,
      policy: 'bulkhead',
      name: this.name,
      event: `${after.own} slots`,
      from: `${before.own} slots`,
      reason: `success rate ${significant(rate, 3)}`,
    })
  }
}
