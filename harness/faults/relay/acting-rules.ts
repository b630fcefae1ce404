import type { Clock } from '../../kernel/clock.ts'
import type { Action, ConnectionStage, Direction } from '../fault.ts'
import type { RuleStages } from './rule-stages.ts'
import type { SessionRules } from './session-rules.ts'

/** A stage of the connection, and the rule that it is of. */
export interface Hook {
  readonly stage: ConnectionStage
  readonly by: RuleStages
}

/** What an answer of a stage to bytes means: so many pass, and then this happens. */
export interface Stop {
  readonly pass: number
  readonly then: Action
  readonly by: RuleStages
}

export interface ActingRulesOptions {
  readonly session: SessionRules
  readonly clock: Clock
  /** Other rules act from now on. */
  readonly use: (rules: readonly RuleStages[]) => void
  /** A stage has answered that something is to happen. */
  readonly act: (action: Action, by: RuleStages) => void
}

const nobody: readonly RuleStages[] = []
const noHooks: readonly Hook[] = []

/** The rules that act on a connection of streams at present, and what their stages say of it. */
export class ActingRules {
  readonly #options: ActingRulesOptions
  /** Of the exchange at present; not all of them need be on. */
  #hit: readonly RuleStages[] = nobody
  #rules: readonly RuleStages[] = nobody
  #hooks: readonly Hook[] = noHooks
  /** What acts is to be looked at again: rules have changed, or one of those chosen has a schedule. */
  #unsure = false
  /** Rules have changed since they were chosen. */
  #stale = false

  constructor(options: ActingRulesOptions) {
    this.#options = options
  }

  /** The connection is there, and nothing has come on it. */
  open(): void {
    this.#use(this.#options.session.standing())
  }

  /** Rules have changed: they are chosen again at the next bytes. */
  changed(): void {
    this.#stale = true
    this.#unsure = true
  }

  /** To be called before bytes pass: brings up to date what acts. */
  refresh(): void {
    if (!this.#unsure) return
    this.#use(this.#stale ? this.#options.session.current() : this.#hit)
  }

  /** The server speaks first: chooses as for an exchange, which that is not. */
  greet(): void {
    this.#use(this.#options.session.begin(null))
  }

  /** An exchange begins: chooses, and asks the stages of the connection about it. */
  begin(requestLine: string | null, sizeBytes: number): void {
    this.#use(this.#options.session.begin(requestLine))
    const nowNs = this.#options.clock.nowNs()
    for (const { stage, by } of this.#hooks) {
      const action = stage.exchange?.(nowNs, sizeBytes)
      if (!action) continue
      this.#options.act(action, by)
      return
    }
  }

  /** Asks the stages of the connection about bytes; null when they pass. */
  stop(direction: Direction, sizeBytes: number): Stop | null {
    if (this.#hooks.length === 0) return null
    const nowNs = this.#options.clock.nowNs()
    for (const { stage, by } of this.#hooks) {
      const answer = stage.bytes?.(direction, sizeBytes, nowNs)
      if (answer) return { ...answer, by }
    }
    return null
  }

  #use(hit: readonly RuleStages[]): void {
    const { clock, use, act } = this.#options
    const nowNs = clock.nowNs()
    const scheduled = hit.some(({ state }) => state.rule.schedule !== null)
    this.#hit = hit
    this.#stale = false
    this.#unsure = scheduled
    const rules = scheduled ? hit.filter((rule) => rule.isOn(nowNs)) : hit
    if (sameItems(rules, this.#rules)) return
    this.#rules = rules
    this.#hooks = rules.flatMap((by) => by.connections().map((stage) => ({ stage, by })))
    use(rules)
    for (const rule of rules) rule.open(nowNs, act)
  }
}

function sameItems<Item>(one: readonly Item[], other: readonly Item[]): boolean {
  return one === other || (one.length === other.length && one.every((item, index) => item === other[index]))
}
