import { isDeepStrictEqual } from 'node:util'
import { type TimerWheel, wheelEntry } from '../../kernel/timer-wheel.ts'
import { addTallies, type Tallies, type Tally } from '../../measure/tally.ts'
import type { ListenerState } from '../fault.ts'
import type { Traffic } from '../match.ts'
import type { Layer, Rule } from '../rule.ts'
import { strongest } from '../rules.ts'
import { LayerState } from './layer-state.ts'
import type { ArmReading } from './protocol.ts'
import { emptyCounts, type Origin, type RuleCounts, RuleState } from './rule-state.ts'
import { type SessionHooks, SessionRules } from './session-rules.ts'
import type { ArmContext } from './transport.ts'

/** So many rules that were taken out are remembered by name; what older ones counted stays in the arm's sum. */
const rememberedRules = 64

export interface ArmRulesOptions {
  /** The arm's name, part of the key of its decisions. */
  readonly arm: string
  readonly layers: readonly Layer[]
  readonly context: Pick<ArmContext, 'rng' | 'clock' | 'wheel' | 'decisions'>
  /** As of `SessionHooks.changed`, for the arm itself; its sessions have been told. */
  readonly changed?: () => void
}

/** What a fault makes of a listener. */
export interface ListenerFault {
  readonly state: ListenerState
  /** `layer/rule/fault`. */
  readonly site: string
  readonly tally: Tally
}

/**
 * The rules of one arm, whatever it carries: which of them act on what, what they share and what they count. Chance is
 * keyed by slice and ordinal of a session, then by layer, rule, direction and fault, so that what runs beside it changes
 * nothing.
 */
export class ArmRules {
  /** Counts of faults and transport by name; they only grow. */
  readonly counters: Record<string, number> = {}
  readonly #options: ArmRulesOptions
  readonly #wheel: TimerWheel
  readonly #edge = wheelEntry((nowNs) => this.#tell(nowNs))
  readonly #origin: Origin
  readonly #sessions = new Set<SessionRules>()
  /** Counts of rules that were taken out, the oldest first. */
  readonly #former = new Map<string, RuleCounts>()
  #forgotten: Tallies = {}
  #layers: readonly LayerState[] = []
  #slice = 0
  #ordinal = 0

  constructor(options: ArmRulesOptions) {
    const { clock, wheel } = options.context
    this.#options = options
    this.#wheel = wheel
    this.#origin = { ns: clock.nowNs() }
    this.#replace(options.layers)
    this.#armEdge(clock.nowNs())
  }

  /** Names the slice whose sessions come next, and from when schedules count. */
  setSlice(slice: number, originNs: number): void {
    this.#slice = slice
    this.#ordinal = 0
    this.#origin.ns = originNs
    for (const state of this.#states()) state.renew()
    this.#tell(this.#options.context.clock.nowNs())
  }

  /**
   * Replaces the layers. A rule whose faults are as before goes on with all it has, whatever else of it has changed; one
   * that comes again, or with other faults, starts anew but goes on counting.
   */
  setLayers(layers: readonly Layer[]): void {
    this.#replace(layers)
    this.#tell(this.#options.context.clock.nowNs())
  }

  /** The rules on the next connection (session, query) of this slice; `close` it when that is over. */
  session(traffic: Traffic, hooks: SessionHooks): SessionRules {
    const { arm, context } = this.#options
    const slice = this.#slice
    const ordinal = this.#ordinal++
    const session = new SessionRules(traffic, hooks, {
      layers: () => this.#layers,
      rng: () => context.rng.fork(slice, ordinal),
      decisions: context.decisions.connection(arm, slice, ordinal),
      counters: this.counters,
      leave: (left) => this.#sessions.delete(left),
    })
    this.#sessions.add(session)
    return session
  }

  /**
   * What the listener is to be now, the first layer first; null: it accepts. Shares of connections and exchanges do not
   * apply to a listener, nor what a connection would have to say first.
   */
  listener(traffic: Traffic): ListenerFault | null {
    const nowNs = this.#options.context.clock.nowNs()
    for (const layer of this.#layers) {
      const state = layer.stateOf(strongest(layer.rules, traffic))
      if (!state?.isOn(nowNs)) continue
      for (const { fault, settings } of state.active) {
        const asked = fault.listener?.(settings)
        if (asked) return { state: asked, site: `${state.key}/${fault.keyword}`, tally: state.tally(fault.keyword) }
      }
    }
    return null
  }

  read(): Pick<ArmReading, 'tallies' | 'rules' | 'counters'> {
    const counts = new Map([...this.#former, ...this.#states().map((state) => [state.key, state.counts] as const)])
    return {
      tallies: [...counts.values()].reduce((sum, { tallies }) => addTallies(sum, tallies), this.#forgotten),
      rules: structuredClone(Object.fromEntries(counts)),
      counters: { ...this.counters },
    }
  }

  /** Ends its timers. */
  close(): void {
    this.#wheel.cancel(this.#edge)
    this.#sessions.clear()
  }

  #states(): RuleState[] {
    return this.#layers.flatMap((layer) => [...layer.states])
  }

  #replace(layers: readonly Layer[]): void {
    const before = new Map(this.#states().map((state) => [state.key, state]))
    this.#layers = layers.map(
      ({ name, rules }) => new LayerState(rules.map((rule) => this.#stateOf(name, rule, before))),
    )
    // What is left was not taken over.
    for (const state of before.values()) state.removed = true
    const kept = new Set(this.#states().map(({ key }) => key))
    for (const { key, counts } of before.values()) if (!kept.has(key)) this.#remember(key, counts)
  }

  #stateOf(layer: string, rule: Rule, before: Map<string, RuleState>): RuleState {
    const key = `${layer}/${rule.name}`
    const old = before.get(key)
    if (old && isDeepStrictEqual(old.rule.faults, rule.faults)) {
      before.delete(key)
      old.rule = rule
      return old
    }
    const counts = old?.counts ?? this.#former.get(key) ?? emptyCounts()
    this.#former.delete(key)
    return new RuleState(layer, rule, counts, this.#origin)
  }

  #remember(key: string, counts: RuleCounts): void {
    this.#former.set(key, counts)
    if (this.#former.size <= rememberedRules) return
    for (const [oldest, { tallies }] of this.#former) {
      this.#forgotten = addTallies(this.#forgotten, tallies)
      this.#former.delete(oldest)
      return
    }
  }

  #tell(nowNs: number): void {
    this.#armEdge(nowNs)
    for (const session of this.#sessions) session.changed(nowNs)
    this.#options.changed?.()
  }

  #armEdge(nowNs: number): void {
    const edges = this.#states().map((state) => state.nextEdgeNs(nowNs))
    const nextNs = Math.min(Number.POSITIVE_INFINITY, ...edges)
    if (nextNs < Number.POSITIVE_INFINITY) this.#wheel.schedule(this.#edge, Math.max(nextNs, nowNs + 1))
    else this.#wheel.cancel(this.#edge)
  }
}
