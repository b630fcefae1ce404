import type { Rng } from '../kernel/rng.ts'
import { type WheelEntry, wheelEntry } from '../kernel/timer-wheel.ts'
import { drawPause } from '../plan/pacer/pause.ts'
import { isActive, mostUsers, nextActiveNs } from '../plan/pacer/users.ts'
import type { ClosedModel } from '../workload/model.ts'
import type { ModelContext, ModelRunner } from './model.ts'
import type { IterationEnd, LoadUser, UserOwner } from './user.ts'

/** One user of the model, with the wait before its next iteration. */
interface Slot {
  readonly user: LoadUser
  /** Its number over all workers. */
  readonly number: number
  readonly wait: WheelEntry
  readonly rng: Rng
  /** When its last iteration began. */
  beganNs: number
}

/** How soon a user goes on after an iteration that its own client refused at once: else it would do nothing but ask again. */
const afterRefusalNs = 1e6

/** Users that each begin an iteration when the one before has ended and they have thought. */
export class ClosedModelRunner implements ModelRunner, UserOwner {
  readonly #model: ClosedModel
  readonly #context: ModelContext
  readonly #slots = new Map<LoadUser, Slot>()
  readonly #plain: boolean
  #left: number
  /** Users that the curve will not ask for any more. */
  #gone = 0
  #busy = 0
  #over = false

  constructor(model: ClosedModel, context: ModelContext) {
    this.#model = model
    this.#context = context
    this.#left = context.iterations ?? Number.POSITIVE_INFINITY
    this.#plain = model.think.kind === 'none' && model.workers.stages.length === 0
    const { shard, rng, createUser } = context
    const most = mostUsers(model.workers)
    for (let number = shard.index; number < most; number += shard.count) {
      const user = createUser(this.#slots.size, this)
      const wait = wheelEntry((nowNs) => this.#next(slot, nowNs))
      const slot = { user, number, wait, rng: rng.fork('think', number), beganNs: Number.NaN }
      this.#slots.set(user, slot)
    }
  }

  start(): void {
    const { startAtNs, measureFromNs, wheel } = this.#context
    const level = this.#model.workers.from
    for (const { number, wait } of this.#slots.values()) {
      // Started together, equal iterations would stay in step and come in waves; spread over the discard they do not.
      const staggered = startAtNs + (Math.min(number, level) / Math.max(1, level)) * (measureFromNs - startAtNs)
      const activeNs = nextActiveNs(this.#model.workers, number, 0)
      if (activeNs === 0) wheel.schedule(wait, staggered)
      else if (activeNs < Number.POSITIVE_INFINITY) wheel.schedule(wait, measureFromNs + activeNs)
      else this.#leave(startAtNs)
    }
  }

  iterationEnded(user: LoadUser, end: IterationEnd, nowNs: number): void {
    this.#busy--
    if (end === 'exhausted') this.#exhaust()
    const slot = this.#slots.get(user) as Slot
    // Not only within its beginning: who waits in a line of the client's own may be let go, and refused further in, by others.
    if (nowNs === slot.beganNs && end !== 'exhausted') return this.#pause(slot, nowNs)
    if (this.#plain && !this.#over && nowNs < this.#context.endNs && this.#left > 0) this.#begin(slot, nowNs)
    else this.#rest(slot, nowNs)
  }

  end(nowNs: number): void {
    this.#over = true
    for (const { wait, user } of this.#slots.values()) {
      this.#context.wheel.cancel(wait)
      user.end(nowNs)
    }
    this.#settle(nowNs)
  }

  cutOff(nowNs: number): void {
    // The last first: who waits for a connection would else be given one that another was just cut off from.
    for (const { user } of [...this.#slots.values()].toReversed()) user.cutOff(nowNs)
  }

  #exhaust(): void {
    this.#left = 0
    this.#context.recorder.feedExhausted()
  }

  /** Waits after an iteration that has ended in the moment in which it began. */
  #pause(slot: Slot, nowNs: number): void {
    if (this.#over || this.#left === 0) return this.#settle(nowNs)
    this.#context.wheel.schedule(slot.wait, nowNs + Math.max(afterRefusalNs, drawPause(this.#model.think, slot.rng)))
  }

  /** Thinks, or waits to become active again. */
  #rest(slot: Slot, nowNs: number): void {
    if (this.#over || this.#left === 0) return this.#settle(nowNs)
    const dueNs = nowNs + drawPause(this.#model.think, slot.rng)
    if (dueNs <= nowNs) this.#next(slot, nowNs)
    else this.#context.wheel.schedule(slot.wait, dueNs)
  }

  #next(slot: Slot, nowNs: number): void {
    const { endNs, measureFromNs, wheel } = this.#context
    if (this.#over || this.#left === 0 || nowNs >= endNs) return this.#settle(nowNs)
    const elapsedNs = Math.max(0, nowNs - measureFromNs)
    if (isActive(this.#model.workers, slot.number, elapsedNs)) return this.#begin(slot, nowNs)
    const againNs = nextActiveNs(this.#model.workers, slot.number, elapsedNs)
    if (againNs < Number.POSITIVE_INFINITY) wheel.schedule(slot.wait, measureFromNs + againNs)
    else this.#leave(nowNs)
  }

  /** A number of iterations that is not reached when all users have left never will be. */
  #leave(nowNs: number): void {
    this.#gone++
    if (this.#gone < this.#slots.size || this.#context.iterations === null) return
    this.#left = 0
    this.#settle(nowNs)
  }

  #begin(slot: Slot, nowNs: number): void {
    this.#busy++
    this.#left--
    slot.beganNs = nowNs
    slot.user.begin(nowNs, nowNs)
  }

  /** Tells of the end once nothing runs and nothing is to come. */
  #settle(nowNs: number): void {
    const { endNs, wheel } = this.#context
    if (this.#busy > 0 || !(this.#over || this.#left === 0)) return
    if (nowNs < endNs) for (const { wait } of this.#slots.values()) wheel.cancel(wait)
    this.#context.ended(nowNs)
  }
}
