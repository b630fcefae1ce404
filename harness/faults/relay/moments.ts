import { type TimerWheel, wheelEntry } from '../../kernel/timer-wheel.ts'
import type { RuleStages } from './rule-stages.ts'

interface Moment {
  readonly dueNs: number
  readonly run: () => void
  /** The rule that wants it. */
  readonly by: RuleStages | null
}

/** The few things that are still to happen to a connection, each at its moment. */
export class Moments {
  readonly #wheel: TimerWheel
  readonly #entry = wheelEntry((nowNs) => this.#fire(nowNs))
  #waiting: Moment[] = []

  constructor(wheel: TimerWheel) {
    this.#wheel = wheel
  }

  add(dueNs: number, run: () => void, by: RuleStages | null = null): void {
    this.#waiting.push({ dueNs, run, by })
    this.#arm()
  }

  /** Forgets what is wanted by rules that are no longer on. */
  forget(nowNs: number): void {
    if (this.#waiting.length === 0) return
    this.#waiting = this.#waiting.filter(({ by }) => by === null || by.isOn(nowNs))
    this.#arm()
  }

  clear(): void {
    this.#waiting = []
    this.#wheel.cancel(this.#entry)
  }

  #fire(nowNs: number): void {
    const due = this.#waiting.filter(({ dueNs }) => dueNs <= nowNs)
    this.#waiting = this.#waiting.filter(({ dueNs }) => dueNs > nowNs)
    this.#arm()
    for (const { run } of due.toSorted((a, b) => a.dueNs - b.dueNs)) run()
  }

  #arm(): void {
    const nextNs = Math.min(Number.POSITIVE_INFINITY, ...this.#waiting.map(({ dueNs }) => dueNs))
    if (nextNs < Number.POSITIVE_INFINITY) this.#wheel.schedule(this.#entry, nextNs)
    else this.#wheel.cancel(this.#entry)
  }
}
