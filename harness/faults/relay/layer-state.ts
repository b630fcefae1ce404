import type { Rule } from '../rule.ts'
import type { RuleState } from './rule-state.ts'

/** A layer of an arm, with the states of its rules. */
export class LayerState {
  /** Those that are enabled. */
  readonly rules: readonly Rule[]
  readonly asksServerName: boolean
  readonly asksRequestLine: boolean
  readonly #states: ReadonlyMap<string, RuleState>

  constructor(states: readonly RuleState[]) {
    this.#states = new Map(states.map((state) => [state.key, state]))
    this.rules = states.map(({ rule }) => rule).filter(({ enabled }) => enabled)
    this.asksServerName = this.rules.some(({ match }) => match.snis.length > 0)
    this.asksRequestLine = this.rules.some(({ match }) => match.requests.length > 0)
  }

  get states(): Iterable<RuleState> {
    return this.#states.values()
  }

  has(key: string): boolean {
    return this.#states.has(key)
  }

  stateOf(rule: Rule | undefined): RuleState | undefined {
    if (!rule) return undefined
    for (const state of this.states) if (state.rule === rule) return state
    return undefined
  }
}
