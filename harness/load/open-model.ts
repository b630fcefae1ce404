import { type WheelEntry, wheelEntry } from '../kernel/timer-wheel.ts'
import { type Arrivals, createArrivals } from '../plan/pacer/arrivals.ts'
import { dealtTo } from '../plan/pacer/shard.ts'
import type { Curve, OpenModel } from '../workload/model.ts'
import type { ModelContext, ModelRunner } from './model.ts'
import type { IterationEnd, LoadUser, UserOwner } from './user.ts'

/** Begins iterations by a schedule, whatever becomes of those before them; one beyond the cap is dropped and counted. */
export class OpenModelRunner implements ModelRunner, UserOwner {
  readonly #context: ModelContext
  readonly #arrivals: Arrivals
  readonly #most: number
  readonly #users: LoadUser[] = []
  readonly #idle: LoadUser[] = []
  readonly #due: WheelEntry
  #dueNs = 0
  #left: number
  #over = false

  constructor(model: OpenModel, perSecond: Curve, context: ModelContext) {
    const { shard, rng, measureFromNs, startAtNs } = context
    this.#context = context
    this.#most = dealtTo(model.maxInFlight, shard)
    this.#left = context.iterations ?? Number.POSITIVE_INFINITY
    this.#arrivals = createArrivals({
      // The curve belongs to the measured time; before it, its first level holds.
      perSecond: {
        from: perSecond.from,
        stages: [{ durationNs: measureFromNs - startAtNs, to: perSecond.from }, ...perSecond.stages],
      },
      arrival: model.arrival,
      rng: rng.fork('arrivals'),
      shard,
    })
    this.#due = wheelEntry((nowNs) => this.#arrive(nowNs))
  }

  start(): void {
    this.#schedule()
    this.#settle(this.#context.startAtNs)
  }

  iterationEnded(user: LoadUser, end: IterationEnd, nowNs: number): void {
    this.#idle.push(user)
    if (end === 'exhausted') this.#exhaust()
    this.#settle(nowNs)
  }

  end(nowNs: number): void {
    this.#over = true
    this.#context.wheel.cancel(this.#due)
    for (const user of this.#users) user.end(nowNs)
    this.#settle(nowNs)
  }

  cutOff(nowNs: number): void {
    // The last first: who waits for a connection would else be given one that another was just cut off from.
    for (const user of this.#users.toReversed()) user.cutOff(nowNs)
  }

  #exhaust(): void {
    this.#left = 0
    this.#context.recorder.feedExhausted()
  }

  /** Starts everything that is due, each at its own moment: what starts late is late by what was before it, too. */
  #arrive(wokenNs: number): void {
    const { clock, recorder, endNs } = this.#context
    let nowNs = wokenNs
    while (this.#dueNs <= nowNs && this.#dueNs < endNs && this.#left > 0 && !this.#over) {
      const user = this.#free()
      if (user) {
        this.#left--
        nowNs = clock.nowNs()
        recorder.sent(this.#dueNs, nowNs)
        user.begin(this.#dueNs, nowNs)
      } else recorder.dropped(this.#dueNs)
      this.#take()
    }
    if (this.#left > 0 && this.#dueNs < endNs && !this.#over) this.#context.wheel.schedule(this.#due, this.#dueNs)
    this.#settle(nowNs)
  }

  /** Looks at the next arrival. Where a rate stays 0, a number of iterations that is not reached by now never will be. */
  #take(): void {
    this.#dueNs = this.#context.startAtNs + this.#arrivals.next()
    if (this.#dueNs === Number.POSITIVE_INFINITY && this.#context.iterations !== null) this.#left = 0
  }

  #schedule(): void {
    this.#take()
    if (this.#dueNs < this.#context.endNs) this.#context.wheel.schedule(this.#due, this.#dueNs)
  }

  #free(): LoadUser | undefined {
    const idle = this.#idle.pop()
    if (idle || this.#users.length >= this.#most) return idle
    const user = this.#context.createUser(this.#users.length, this)
    this.#users.push(user)
    return user
  }

  #settle(nowNs: number): void {
    if ((this.#over || this.#left === 0) && this.#idle.length === this.#users.length) this.#context.ended(nowNs)
  }
}
