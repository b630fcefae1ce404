import { significant } from '../kernel/units.ts'
import type { BulkheadReading, LiveReading } from '../load/live-reading.ts'
import { otherKey } from '../measure/capped-counter.ts'
import { addRecords } from '../measure/counts.ts'
import { decodeHistogram } from '../measure/histogram.ts'
import { requestNameCap, type WindowMeasurement } from '../measure/measurements.ts'
import { addRetryFigures, emptyRetryFigures, type RetryFigures } from '../measure/retry-figures.ts'
import type { BreakerState, BreakerStats } from '../resilience/breaker/breaker.ts'
import { type AlertChanges, type BreakerAlert, BreakerMonitor } from '../resilience/monitor.ts'

/** Upper bounds of the buckets of successes, in ms, each inclusive. */
export const latencyBoundsMs: readonly number[] = [
  0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000,
]

/** A breaker of an arm: the failures of all workers, and how each of them stands by itself. */
interface BreakerTotals {
  failures: number
  readonly standing: Map<string, BreakerStats>
}

interface BulkheadTotals {
  rejected: number
  readonly standing: Map<string, Pick<BulkheadReading, 'active' | 'slots'>>
}

/** What the workers have told of an arm, summed. Whatever goes by a name is told apart up to a cap. */
export interface ArmTotals {
  operations: Readonly<Record<string, number>>
  attempts: number
  policyCounters: Readonly<Record<string, number>>
  readonly retries: Map<string, RetryFigures>
  /** By the name in its client, empty for the only one that has none; so are bulkheads. */
  readonly breakers: Map<string, BreakerTotals>
  readonly bulkheads: Map<string, BulkheadTotals>
  /** Measured successes by bucket, one for each bound and a last one for what is longer. */
  readonly okLatency: { readonly buckets: number[]; sumMs: number }
}

/** Sums what a run tells while it lasts. */
export class RunTotals {
  readonly arms = new Map<string, ArmTotals>()
  /** What the run does right now. */
  phase: string | null = null
  /** Of the target, as last read. */
  memoryKb: number | null = null
  readonly #monitor = new BreakerMonitor()

  /** Adds what a worker tells; returns the alerts that this raises and clears. */
  addReading(reading: LiveReading): AlertChanges {
    const { worker, operations, attempts, policyCounters, retries, breakers, bulkheads } = reading
    const arm = this.#arm(reading.arm)
    arm.operations = addRecords(arm.operations, operations)
    arm.attempts += attempts
    arm.policyCounters = addRecords(arm.policyCounters, policyCounters)
    for (const [request, figures] of Object.entries(retries))
      addRetryFigures(entryOf(arm.retries, request, emptyRetryFigures), figures)
    for (const { name, stats, failures } of breakers) {
      const totals = entryOf(arm.breakers, name ?? '', emptyBreaker)
      totals.failures += failures
      totals.standing.set(`${worker} ${stats.name}`, stats)
    }
    for (const { name, rejected, active, slots } of bulkheads) {
      const totals = entryOf(arm.bulkheads, name ?? '', emptyBulkhead)
      totals.rejected += rejected
      totals.standing.set(`${worker} ${name}`, { active, slots })
    }
    // Only of the arm that runs: of a breaker that nobody asks, the time goes by without it.
    const standing = [...arm.breakers].map(([own, totals]) => ({ ...worstOf(totals), name: nameIn(reading.arm, own) }))
    return this.#monitor.observe(standing, reading.atNs)
  }

  /** Takes over what the target used, where that was read. */
  addMemory(memoryKb: number | null): void {
    this.memoryKb = memoryKb ?? this.memoryKb
  }

  /** Adds the successes of a window, and what the target used in it. */
  addWindow({ identity, okLatency, memoryKb }: WindowMeasurement): void {
    this.addMemory(memoryKb)
    const { buckets, ...sums } = bucketsOf(okLatency)
    const totals = this.#arm(identity.id).okLatency
    for (const [index, count] of buckets.entries()) totals.buckets[index] = (totals.buckets[index] ?? 0) + count
    totals.sumMs += sums.sumMs
  }

  /** Alerts in force, of the arm that was last told of. */
  get alerts(): readonly BreakerAlert[] {
    return this.#monitor.alerts
  }

  #arm(id: string): ArmTotals {
    const known = this.arms.get(id)
    if (known) return known
    const made: ArmTotals = {
      operations: { ok: 0, failed: 0, degraded: 0 },
      attempts: 0,
      policyCounters: {},
      retries: new Map(),
      breakers: new Map(),
      bulkheads: new Map(),
      okLatency: { buckets: [...latencyBoundsMs.map(() => 0), 0], sumMs: 0 },
    }
    this.arms.set(id, made)
    return made
  }
}

const badness: Readonly<Record<BreakerState, number>> = { closed: 0, 'half-open': 1, open: 2 }

/** Each worker has a breaker of its own; what is told of them is what the worst of them says. */
export function worstOf({ standing }: BreakerTotals): BreakerStats {
  return [...standing.values()].reduce((worst, one) => (isWorse(one, worst) ? one : worst))
}

function isWorse(one: BreakerStats, other: BreakerStats): boolean {
  const by = badness[one.state] - badness[other.state]
  return by === 0 ? one.failureRate > other.failureRate : by > 0
}

/** What workers have at work in a compartment, of the slots that they have together. */
export function usageOf({ standing }: BulkheadTotals): { readonly active: number; readonly utilization: number } {
  const all = [...standing.values()]
  const active = all.reduce((sum, one) => sum + one.active, 0)
  const slots = all.reduce((sum, one) => sum + one.slots, 0)
  return { active, utilization: significant(active / Math.max(1, slots), 6) }
}

/** Says which arm a policy belongs to, and which of several it is there. */
export function nameIn(arm: string, own: string): string {
  return own === '' ? arm : `${arm}:${own}`
}

/** Whether a name that `nameIn` made belongs to the arm. */
export function isOf(arm: string, name: string): boolean {
  return name === arm || name.startsWith(`${arm}:`)
}

/** The entry of a name; those beyond the cap share one. */
function entryOf<Value>(entries: Map<string, Value>, name: string, make: () => Value): Value {
  const known = entries.get(name)
  if (known !== undefined) return known
  const key = entries.size < requestNameCap ? name : otherKey
  const entry = entries.get(key) ?? make()
  entries.set(key, entry)
  return entry
}

const emptyBreaker = (): BreakerTotals => ({ failures: 0, standing: new Map() })
const emptyBulkhead = (): BulkheadTotals => ({ rejected: 0, standing: new Map() })

function bucketsOf(encoded: string): { readonly buckets: readonly number[]; readonly sumMs: number } {
  const histogram = decodeHistogram(encoded)
  const { count, mean } = histogram.summary()
  const upTo = [...latencyBoundsMs.map((bound) => count - histogram.countAbove(bound)), count]
  histogram.destroy()
  return { buckets: upTo.map((all, index) => all - (upTo[index - 1] ?? 0)), sumMs: count * (mean ?? 0) }
}
