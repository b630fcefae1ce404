import type { CountDelta } from '../../load/protocol.ts'
import type { BudgetMeasurement, FailureBreach } from '../../measure/failure-budget.ts'
import type { Arm } from '../../plan/arms.ts'
import type { Plan } from '../../plan/plan.ts'
import type { FaultSpans } from '../fault-spans.ts'
import { budgetPartNs, FailureBudget } from './failure-budget.ts'

type Settings = Plan['profile']['guards']['failureBudget']

/**
 * Follows the failures of a run's clean load while it runs, and tells once when there are too many. Without settings it
 * does nothing.
 */
export class BudgetWatch {
  readonly #settings: Settings
  readonly #budget: FailureBudget | null
  readonly #spans: Pick<FaultSpans, 'between'>

  constructor(settings: Settings, spans: Pick<FaultSpans, 'between'>, onBreach: (breach: FailureBreach) => void) {
    this.#settings = settings
    this.#spans = spans
    this.#budget = settings && new FailureBudget(settings, onBreach)
  }

  /** How often workers tell what they count in slices of this arm; undefined where it is not of clean load. */
  countEveryNs({ phaseKind, kind, rules }: Arm): number | undefined {
    const clean = phaseKind !== 'policy' && phaseKind !== 'canary' && kind !== 'yardstick' && rules.length === 0
    if (this.#settings === null || !clean) return undefined
    return budgetPartNs(this.#settings.windowNs)
  }

  /** Counts what a worker tells, unless a fault that steps had put in force may have touched it. */
  add(delta: CountDelta): void {
    if (!this.#settings || this.#spans.between(delta.fromNs, delta.toNs).faults.length > 0) return
    const { ok, failed } = delta[this.#settings.of]
    this.#budget?.record(ok, failed, delta.toNs)
  }

  /** Null without settings. */
  read(): BudgetMeasurement | null {
    return this.#budget && { worst: this.#budget.worst, breach: this.#budget.breach }
  }
}
