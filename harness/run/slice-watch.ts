import type { Clock } from '../kernel/clock.ts'
import type { Arm } from '../plan/arms.ts'
import type { Plan } from '../plan/plan.ts'
import type { FaultSpans } from './fault-spans.ts'
import type { TargetLife } from './life.ts'
import type { Shards } from './shards.ts'
import { noReading, type ResourceReading, type ResourceWatch } from './watch.ts'
import { watchLife } from './watch-life.ts'

/** Watches what the target uses in one slice after the other, where somebody wants to know. */
export class SliceWatch {
  readonly #clock: Clock
  readonly #profile: Plan['profile']
  readonly #spans: FaultSpans
  #watch: ResourceWatch | null = null
  #missing: ResourceWatch['missing'] = { count: 0, detail: null }

  constructor(clock: Clock, profile: Plan['profile'], spans: FaultSpans) {
    this.#clock = clock
    this.#profile = profile
    this.#spans = spans
  }

  /** How often the target's memory could not be read in all slices, and why. */
  get missing(): ResourceWatch['missing'] {
    return this.#missing
  }

  start(life: TargetLife, arm: Arm, shards: Shards): void {
    const clock = this.#clock
    const isFaulty = (): boolean => this.#spans.between(clock.nowNs(), clock.nowNs()).faults.length > 0
    const recess: Shards['recess'] = (fromNs, toNs) => shards.recess(fromNs, toNs)
    this.#watch = watchLife({ life, arm, clock, isFaulty, recess }, this.#profile)
  }

  /** What was read between two moments of the slice that runs; nothing where it is not watched. */
  take(fromNs: number, toNs: number): ResourceReading {
    return this.#watch?.take(fromNs, toNs) ?? noReading
  }

  /** The slice has ended; where it was not watched, nothing is done. */
  async end(): Promise<void> {
    const watch = this.#watch
    if (!watch) return
    // Windows that close while it stops have been told of already.
    this.#watch = null
    await watch.stop()
    const { count, detail } = this.#missing
    this.#missing = { count: count + watch.missing.count, detail: detail ?? watch.missing.detail }
  }
}
