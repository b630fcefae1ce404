import type { Rng } from '../../kernel/rng.ts'
import { type SlotPeaks, type Slots, SlotGroup } from '../bulkhead/slots.ts'
import type { SlotPlace, SlotSource } from '../bulkhead/slot-stage.ts'
import { isOwnRefusal, type Outcome } from '../outcome.ts'
import type { PolicyLog } from '../policy-log.ts'
import { AimdLimit } from './aimd-limit.ts'
import { Gradient2Limit } from './gradient2-limit.ts'
import type { LimitAlgorithm } from './limit-algorithm.ts'
import type { ConcurrencyLimitSettings } from './limit-settings.ts'
import { tookOn } from './overload.ts'
import { SampleWindow } from './sample-window.ts'
import { VegasLimit } from './vegas-limit.ts'

/** A change of so much since the last one told is told. */
const worthTelling = 0.1

/** Slots whose number an algorithm finds from how the work in them fares; the client's own refusals are no work. */
export class ConcurrencyLimiter implements SlotSource, SlotPlace {
  readonly peaks: SlotPeaks = { active: 0, queued: 0 }
  /** How often the limit was raised and lowered by a whole slot, and the highest that it was. */
  readonly changes: { raised: number; lowered: number; highest: number }
  readonly slots: Slots
  readonly maxWaitNs: number | null
  readonly #algorithm: LimitAlgorithm
  readonly #window: SampleWindow | null
  readonly #log: PolicyLog
  #told: number

  constructor(settings: ConcurrencyLimitSettings, log: PolicyLog, rng: Rng) {
    const { algorithm, initial, maxQueue, maxWaitNs } = settings
    this.slots = new SlotGroup(this.peaks).add({ own: initial, ceiling: initial }, maxQueue)
    this.changes = { raised: 0, lowered: 0, highest: initial }
    this.maxWaitNs = maxWaitNs
    this.#algorithm = algorithmOf(settings, rng)
    this.#window = algorithm === 'gradient2' ? new SampleWindow(this.#algorithm) : null
    this.#log = log
    this.#told = initial
  }

  placeOf(): this {
    return this
  }

  learn(outcome: Outcome, tookNs: number, inFlight: number, nowNs: number): void {
    if (isOwnRefusal(outcome)) return
    const dropped = !tookOn(outcome)
    if (this.#window) {
      if (!this.#window.add(tookNs, inFlight, dropped, nowNs)) return
    } else this.#algorithm.sample(tookNs, inFlight, dropped)
    this.#resize(Math.floor(this.#algorithm.limit), nowNs)
  }

  #resize(limit: number, nowNs: number): void {
    const before = this.slots.limits.own
    const { changes } = this
    changes.highest = Math.max(changes.highest, before, limit)
    if (limit === before) return
    if (limit > before) changes.raised++
    else changes.lowered++
    this.slots.resize({ own: limit, ceiling: limit })
    if (Math.abs(limit - this.#told) < worthTelling * this.#told) return
    const [event, from] = [`limit ${limit}`, `limit ${this.#told}`]
    this.#told = limit
    this.#log.note({ atNs: nowNs, policy: 'concurrencyLimit', name: null, event, from, reason: null })
  }
}

function algorithmOf({ algorithm, slowNs, ...range }: ConcurrencyLimitSettings, rng: Rng): LimitAlgorithm {
  switch (algorithm) {
    case 'aimd':
      return new AimdLimit(range, slowNs)
    case 'gradient2':
      return new Gradient2Limit(range)
    case 'vegas':
      return new VegasLimit(range, rng)
  }
}
