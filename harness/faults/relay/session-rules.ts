import type { Rng } from '../../kernel/rng.ts'
import type { ConnectionDecisions } from '../decisions.ts'
import type { Action, Direction } from '../fault.ts'
import type { Traffic } from '../match.ts'
import { matchesRequest, strongest } from '../rules.ts'
import type { LayerState } from './layer-state.ts'
import type { RuleState } from './rule-state.ts'
import { RuleStages, type StageHost } from './rule-stages.ts'

/** What a connection (session, query) is told of its rules. */
export interface SessionHooks {
  /** Items of a direction have become due earlier. */
  hurry(direction: Direction): void
  /** A stage wants something to happen to the connection; absent where there is none. */
  act?(action: Action, by: RuleStages): void
  /**
   * Rules have come, gone or changed, or one has gone on or off by its schedule. What is held because of one that is no
   * longer on (`RuleStages.isOn`) is to be released; `current` says which act now.
   */
  changed(): void
}

/** What one session has of its arm. */
export interface SessionContext {
  readonly layers: () => readonly LayerState[]
  /** Keyed by arm, slice and ordinal; made when it is first needed. */
  readonly rng: () => Rng
  readonly decisions: ConnectionDecisions
  readonly counters: Record<string, number>
  readonly leave: (session: SessionRules) => void
}

const none: readonly RuleStages[] = []

/** The rules on one connection, or on one session of datagrams, or on one query. */
export class SessionRules {
  readonly #context: SessionContext
  readonly #hooks: SessionHooks
  readonly #host: StageHost
  /** By `layer/rule`. */
  readonly #stages = new Map<string, RuleStages>()
  /** The strongest of a layer that looks at no requests. */
  readonly #strongest = new Map<LayerState, RuleState | undefined>()
  #traffic: Traffic
  #requestLine: string | null = null
  #exchange = 0

  constructor(traffic: Traffic, hooks: SessionHooks, context: SessionContext) {
    this.#traffic = traffic
    this.#hooks = hooks
    this.#context = context
    let rng: Rng | undefined
    this.#host = {
      get rng() {
        return (rng ??= context.rng())
      },
      decisions: context.decisions,
      counters: context.counters,
      addedNs: { uplink: 0, downlink: 0 },
      hurry: (direction) => hooks.hurry(direction),
      act: (action, by) => hooks.act?.(action, by),
    }
  }

  /** Whether some rule asks for the server name, and it is not known. */
  get asksServerName(): boolean {
    return this.#traffic.sni === undefined && this.#context.layers().some((layer) => layer.asksServerName)
  }

  /** Whether some rule asks for the request line of each exchange. */
  get asksRequestLine(): boolean {
    return this.#context.layers().some((layer) => layer.asksRequestLine)
  }

  /** Tells the server name; null: no TLS, or none in it. */
  setServerName(sni: string | null): void {
    this.#traffic = { ...this.#traffic, sni }
    this.#strongest.clear()
  }

  /**
   * Begins an exchange (datagram, query): the rules that act on it, in the order of their layers. Its draws are made,
   * and each rule counts that it matched; that its schedule has it on is still to be asked (`isOn`).
   */
  begin(requestLine: string | null): readonly RuleStages[] {
    this.#exchange++
    this.#requestLine = requestLine
    return this.#choose((stages) => stages.hits(this.#exchange))
  }

  /** Takes a datagram in a direction: the rules that act on it, drawn and counted as by `begin`. */
  datagram(direction: Direction): readonly RuleStages[] {
    return this.#choose((stages) => stages.hitsDatagram(direction))
  }

  /** The same again once rules have changed: what was drawn for this exchange stays. */
  current(): readonly RuleStages[] {
    return this.#exchange === 0 ? this.standing() : this.#choose((stages) => stages.hits(this.#exchange))
  }

  /** The rules that act whatever comes on this connection, before anything has. */
  standing(): readonly RuleStages[] {
    return this.#choose((stages) => stages.state.rule.probability >= 1 && stages.hitsConnection())
  }

  /** To be called when it is over. */
  close(): void {
    this.#context.leave(this)
  }

  /** Called by the arm: its layers, or what is on of them, have changed. */
  changed(nowNs: number): void {
    this.#strongest.clear()
    for (const [key, stages] of this.#stages) {
      if (!stages.isOn(nowNs)) stages.rest()
      if (!stages.state.removed) continue
      // One whose faults have changed is replaced when it is next chosen.
      if (!this.#context.layers().some((layer) => layer.has(key))) this.#stages.delete(key)
    }
    this.#hooks.changed()
  }

  #choose(hit: (stages: RuleStages) => boolean): readonly RuleStages[] {
    const layers = this.#context.layers()
    if (layers.length === 0) return none
    const chosen: RuleStages[] = []
    for (const layer of layers) {
      const state = this.#strongestOf(layer)
      if (!state) continue
      const stages = this.#stagesOf(state)
      if (hit(stages)) chosen.push(stages)
    }
    return chosen
  }

  #strongestOf(layer: LayerState): RuleState | undefined {
    if (layer.asksRequestLine) {
      const asked = layer.rules.filter(({ match }) => matchesRequest(match, this.#requestLine))
      return layer.stateOf(strongest(asked, this.#traffic))
    }
    if (!this.#strongest.has(layer)) this.#strongest.set(layer, layer.stateOf(strongest(layer.rules, this.#traffic)))
    return this.#strongest.get(layer)
  }

  #stagesOf(state: RuleState): RuleStages {
    const before = this.#stages.get(state.key)
    if (before?.state === state) return before
    const stages = new RuleStages(state, this.#host, before)
    this.#stages.set(state.key, stages)
    return stages
  }
}
