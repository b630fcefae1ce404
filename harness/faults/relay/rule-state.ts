import { emptyTally, type Tally } from '../../measure/tally.ts'
import type { Direction } from '../fault.ts'
import { type ActiveFault, activeFaults } from '../faults.ts'
import type { Rule } from '../rule.ts'
import { nextEdgeNs, strengthAt } from '../schedule.ts'

/** What one rule did, while it counts; as `RuleReading`. */
export interface RuleCounts {
  connections: number
  matched: number
  readonly tallies: Record<string, Tally>
}

/** Counts of a rule that has done nothing yet. */
export function emptyCounts(): RuleCounts {
  return { connections: 0, matched: 0, tallies: {} }
}

/** Where the time of an arm's schedules begins. */
export interface Origin {
  ns: number
}

/** The faults of one rule of an arm, for as long as they stay as they are: what its connections share. */
export class RuleState {
  /** `layer/rule`. */
  readonly key: string
  readonly layer: string
  readonly active: readonly ActiveFault[]
  readonly counts: RuleCounts
  /** The rule as it is now: all but its faults may change. */
  rule: Rule
  /** Taken out, or replaced since its faults changed; it acts no more. */
  removed = false
  readonly #origin: Origin
  readonly #shared = new Map<string, unknown>()

  constructor(layer: string, rule: Rule, counts: RuleCounts, origin: Origin) {
    this.key = `${layer}/${rule.name}`
    this.layer = layer
    this.rule = rule
    this.counts = counts
    this.active = activeFaults(rule.faults)
    this.#origin = origin
    for (const { fault } of this.active) counts.tallies[fault.keyword] ??= emptyTally()
  }

  /** How strong it is, in [0, 1]; 0: it is off. */
  strength(nowNs: number): number {
    return this.#mayAct() ? strengthAt(this.rule.schedule, nowNs - this.#origin.ns) : 0
  }

  isOn(nowNs: number): boolean {
    return this.strength(nowNs) > 0
  }

  /** When it goes on or off next; Infinity for never. */
  nextEdgeNs(nowNs: number): number {
    if (!this.#mayAct()) return Number.POSITIVE_INFINITY
    return this.#origin.ns + nextEdgeNs(this.rule.schedule, nowNs - this.#origin.ns)
  }

  tally(keyword: string): Tally {
    return (this.counts.tallies[keyword] ??= emptyTally())
  }

  /** What connections that come from now on share is new: of a link, nothing waits for it. */
  renew(): void {
    this.#shared.clear()
  }

  /** What all connections of a slice share of a fault in a direction; the first one makes it. */
  shared<State>(keyword: string, direction: Direction, create: () => State): State {
    const site = `${direction}/${keyword}`
    if (!this.#shared.has(site)) this.#shared.set(site, create())
    return this.#shared.get(site) as State
  }

  /** Whether it is there, and no explicit false or 0 says that it hits nothing. */
  #mayAct(): boolean {
    const { enabled, probability, connections } = this.rule
    return !this.removed && enabled && probability > 0 && connections > 0
  }
}
