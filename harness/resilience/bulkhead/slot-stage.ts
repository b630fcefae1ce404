import { createWaiter } from '../../kernel/waiting-line.ts'
import { failure, type Outcome } from '../outcome.ts'
import { type Decision, decisions, type PolicyStage, type StageContext } from '../policy.ts'
import type { Call, Lingering } from '../step.ts'
import type { Slots } from './slots.ts'

/** Slots, and what is learnt from the work in them. */
export interface SlotPlace {
  readonly slots: Slots
  /**
   * Work has ended, or its caller has waited as long as it would (then as a timeout), so long after it got its slot;
   * so many were at work then, itself included. Its slot is given back next.
   */
  learn?(outcome: Outcome, tookNs: number, inFlight: number, nowNs: number): void
}

/** Where the work of a call goes, and how long it waits for a slot there; null for as long as its caller does. */
export interface SlotSource {
  placeOf(call: Call): SlotPlace
  readonly maxWaitNs: number | null
}

const never = Number.POSITIVE_INFINITY
const refused = failure('bulkhead-rejected')
const timedOut = failure('timeout')

/**
 * Lets an operation on only with a slot, which it holds until its work has really stopped. Refuses as
 * `bulkhead-rejected`: at once where there is no place to wait, after `maxWaitNs`, and when a slot comes after the
 * caller's deadline.
 */
export class SlotStage implements PolicyStage {
  dueNs = never
  ownOutcome: Outcome | null = null
  readonly #source: SlotSource
  readonly #act: StageContext['act']
  readonly #waiter = createWaiter<Slots>((slots, nowNs) => this.#granted(slots, nowNs))
  /** Where it waits or works; null where it does neither. */
  #place: SlotPlace | null = null
  #holding = false
  #inFlight = 0
  #startedNs = 0
  #deadlineNs = never

  constructor(source: SlotSource, { act }: StageContext) {
    this.#source = source
    this.#act = act
  }

  begin(call: Call, nowNs: number): Decision {
    const place = this.#source.placeOf(call)
    this.ownOutcome = null
    this.#deadlineNs = call.deadlineNs
    const decision = place.slots.enter(this.#waiter)
    if (decision === decisions.settle) {
      this.ownOutcome = refused
      return decision
    }
    this.#place = place
    if (decision === decisions.proceed) this.#hold(place.slots, nowNs)
    else this.dueNs = nowNs + (this.#source.maxWaitNs ?? never)
    return decision
  }

  settled(outcome: Outcome, nowNs: number, lingering: Lingering | null): Decision {
    this.#release(outcome, nowNs, lingering)
    return decisions.settle
  }

  timer(): Decision {
    this.#place?.slots.expire(this.#waiter)
    this.#place = null
    this.dueNs = never
    this.ownOutcome = refused
    return decisions.settle
  }

  abandoned(nowNs: number, lingering: Lingering | null): void {
    if (this.#holding) return this.#release(nowNs >= this.#deadlineNs ? timedOut : null, nowNs, lingering)
    this.dueNs = never
    this.#place?.slots.withdraw(this.#waiter)
    this.#place = null
  }

  #granted(slots: Slots, nowNs: number): void {
    this.dueNs = never
    if (nowNs >= this.#deadlineNs) {
      slots.expire(this.#waiter)
      this.#place = null
      // Not at once: a timeout around this one may be due in this very moment, and is the truer end.
      this.dueNs = nowNs
      return this.#act(decisions.wait, nowNs)
    }
    slots.take()
    this.#hold(slots, nowNs)
    this.#act(decisions.proceed, nowNs)
  }

  #hold({ active }: Slots, nowNs: number): void {
    this.#holding = true
    this.#startedNs = nowNs
    this.#inFlight = active
  }

  /** State first: whoever is given the slot may end this operation or begin its next one. */
  #release(outcome: Outcome | null, nowNs: number, lingering: Lingering | null): void {
    const place = this.#place as SlotPlace
    this.#place = null
    this.#holding = false
    if (outcome) place.learn?.(outcome, nowNs - this.#startedNs, this.#inFlight, nowNs)
    if (!lingering) return place.slots.leave(nowNs)
    lingering.whenStopped((stoppedNs) => place.slots.leave(stoppedNs))
    place.slots.giveOut(nowNs)
  }
}
