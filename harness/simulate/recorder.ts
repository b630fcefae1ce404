import type { Clock } from '../kernel/clock.ts'
import { nsPerMs, nsPerSecond } from '../kernel/units.ts'
import type { LoadSeries, SeriesPoint } from '../measure/load-series.ts'
import type { Outcome } from '../resilience/outcome.ts'
import type { ServiceQueue, ServiceQueueStats } from '../target/builtin/service-queue.ts'

const stepNs = nsPerSecond
const binNs = 100 * nsPerMs

/** Sums over a whole simulation. An operation that had not ended with it is in neither `ok` nor `failed`. */
export interface SimulatedTotals {
  operations: number
  ok: number
  failed: number
  attempts: number
}

/** Counts what happens, second by second. */
export class SimulationRecorder {
  readonly totals: SimulatedTotals = { operations: 0, ok: 0, failed: 0, attempts: 0 }
  readonly #clock: Clock
  readonly #target: ServiceQueue
  readonly #points: SeriesPoint[] = []
  readonly #bins: number[]
  /** Both at the end of the last step. */
  #before: SimulatedTotals
  #targetBefore: ServiceQueueStats

  constructor(clock: Clock, target: ServiceQueue, durationNs: number) {
    this.#clock = clock
    this.#target = target
    this.#bins = Array.from({ length: Math.ceil(durationNs / binNs) }, () => 0)
    this.#before = { ...this.totals }
    this.#targetBefore = target.stats()
  }

  attempt(nowNs: number): void {
    this.totals.attempts++
    const bin = Math.floor(nowNs / binNs)
    this.#bins[bin] = (this.#bins[bin] ?? 0) + 1
  }

  ended({ ok }: Outcome): void {
    if (ok) this.totals.ok++
    else this.totals.failed++
  }

  /** Closes a step at the end of each second from now on, `count` times. */
  follow(count: number): void {
    if (count === 0) return
    this.#clock.after(stepNs, () => {
      this.#close()
      this.follow(count - 1)
    })
  }

  series(): LoadSeries {
    return { stepNs, points: this.#points, binNs, bins: this.#bins }
  }

  #close(): void {
    const { totals } = this
    const target = this.#target.stats()
    this.#points.push({
      offered: totals.operations - this.#before.operations,
      good: totals.ok - this.#before.ok,
      attempts: totals.attempts - this.#before.attempts,
      served: target.served - this.#targetBefore.served,
      wasted: target.wasted - this.#targetBefore.wasted,
      queueAgeNs: target.oldestNs,
    })
    this.#before = { ...totals }
    this.#targetBefore = target
  }
}
