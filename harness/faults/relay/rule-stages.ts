import type { Rng } from '../../kernel/rng.ts'
import type { ConnectionDecisions } from '../decisions.ts'
import type { Action, ConnectionStage, DatagramStage, Direction, StageContext, StreamStage } from '../fault.ts'
import type { ActiveFault, AnyFault } from '../faults.ts'
import type { RuleState } from './rule-state.ts'

/** What the stages of a connection (of datagrams: session) reach of it. */
export interface StageHost {
  /** Keyed by arm, slice and ordinal of the connection. */
  readonly rng: Rng
  readonly decisions: ConnectionDecisions
  /** Of the arm. */
  readonly counters: Record<string, number>
  /** What latencies add at present. */
  readonly addedNs: Record<Direction, number>
  hurry(direction: Direction): void
  act(action: Action, by: RuleStages): void
}

/** One rule on one connection (of datagrams: session): its stages, made when they are first asked for. */
export class RuleStages {
  readonly state: RuleState
  readonly #host: StageHost
  readonly #rngs: Map<string, Rng>
  readonly #contexts = new Map<string, Context>()
  readonly #streams: Partial<Record<Direction, readonly StreamStage[]>> = {}
  readonly #datagrams: Partial<Record<Direction, readonly DatagramStage[]>> = {}
  #connections: readonly ConnectionStage[] | undefined
  #opened = false
  /** Drawn once: below the rule's share of connections, it is hit. */
  #share: number | undefined
  #exchange = -1
  #exchangeShare: number | undefined

  /** `before`: what the same rule had on this connection before its faults changed; its draws stay, and go on. */
  constructor(state: RuleState, host: StageHost, before?: RuleStages) {
    this.state = state
    this.#host = host
    this.#rngs = before ? before.#rngs : new Map<string, Rng>()
    if (before) {
      this.#share = before.#share
      this.#exchange = before.#exchange
      this.#exchangeShare = before.#exchangeShare
    } else state.counts.connections++
  }

  isOn(nowNs: number): boolean {
    return this.state.isOn(nowNs)
  }

  /** Whether it hits this exchange (datagram, query), which is drawn once for each and held against what the rule says now. */
  hits(exchange: number): boolean {
    if (this.#exchange !== exchange) {
      this.#exchange = exchange
      this.#exchangeShare = undefined
      this.state.counts.matched++
    }
    if (!this.hitsConnection()) return false
    const { probability } = this.state.rule
    if (probability >= 1) return true
    this.#exchangeShare ??= this.#draw('probability')
    return this.#exchangeShare < probability
  }

  /** Whether it hits the next datagram of a direction. Drawn by direction, so that how the two mix changes nothing. */
  hitsDatagram(direction: Direction): boolean {
    this.state.counts.matched++
    if (!this.hitsConnection()) return false
    const { probability } = this.state.rule
    return probability >= 1 || this.#draw('probability', direction) < probability
  }

  /** Whether it hits this connection at all, which is drawn once. */
  hitsConnection(): boolean {
    const { connections } = this.state.rule
    if (connections >= 1) return true
    this.#share ??= this.#draw('connections')
    return this.#share < connections
  }

  /** Stages of streams in one direction, in their order. */
  streams(direction: Direction): readonly StreamStage[] {
    return (this.#streams[direction] ??= this.#in(direction).flatMap(
      ({ fault, settings }) => fault.stream?.(settings, this.context(fault, direction)) ?? [],
    ))
  }

  /** Stages of datagrams in one direction, in their order; what has no direction acts in both. */
  datagrams(direction: Direction): readonly DatagramStage[] {
    return (this.#datagrams[direction] ??= this.state.active
      .filter((active) => active.direction === direction || !active.fault.directional)
      .flatMap(({ fault, settings }) => fault.datagram?.(settings, this.context(fault, direction)) ?? []))
  }

  /** Stages of the connection as a whole, in their order. */
  connections(): readonly ConnectionStage[] {
    return (this.#connections ??= this.state.active.flatMap(
      ({ fault, settings, direction }) => fault.connection?.(settings, this.context(fault, direction)) ?? [],
    ))
  }

  /** Tells the stages of the connection that it is open, once; `act` hears what they answer. */
  open(nowNs: number, act: (action: Action, by: RuleStages) => void): void {
    if (this.#opened) return
    this.#opened = true
    for (const stage of this.connections()) {
      const action = stage.opened?.(nowNs)
      if (action) act(action, this)
    }
  }

  /** What a fault of this rule runs on in a direction. */
  context(fault: AnyFault, direction: Direction): StageContext {
    const site = `${direction}/${fault.keyword}`
    const made = this.#contexts.get(site) ?? new Context(this, this.#host, fault.keyword, direction)
    this.#contexts.set(site, made)
    return made
  }

  /** The generator of a place of this rule; the first to ask starts it. */
  rng(...site: readonly string[]): Rng {
    const name = site.join('/')
    const rng = this.#rngs.get(name) ?? this.#host.rng.fork(this.state.layer, this.state.rule.name, ...site)
    this.#rngs.set(name, rng)
    return rng
  }

  /** It is off, or out of use: it adds nothing. */
  rest(): void {
    for (const context of this.#contexts.values()) context.delayed(0)
  }

  #in(direction: Direction): ActiveFault[] {
    return this.state.active.filter((active) => active.direction === direction)
  }

  #draw(kind: 'connections' | 'probability', ...within: readonly Direction[]): number {
    const site = [this.state.key, ...within].join('/')
    return this.#host.decisions.decide(site, kind, () => this.rng(kind, ...within).next())
  }
}

/** The weakest that a fault of a rule that is on may be told. */
const weakest = Number.EPSILON

class Context implements StageContext {
  readonly direction: Direction
  readonly tally: StageContext['tally']
  readonly counters: Record<string, number>
  readonly #stages: RuleStages
  readonly #host: StageHost
  readonly #keyword: string
  readonly #site: string
  #rng: Rng | undefined
  #toldNs = 0

  constructor(stages: RuleStages, host: StageHost, keyword: string, direction: Direction) {
    this.direction = direction
    this.tally = stages.state.tally(keyword)
    this.counters = host.counters
    this.#stages = stages
    this.#host = host
    this.#keyword = keyword
    this.#site = `${stages.state.key}/${direction}/${keyword}`
  }

  get rng(): Rng {
    return (this.#rng ??= this.#stages.rng(this.direction, this.#keyword))
  }

  decide(kind: string, draw: () => number): number {
    return this.#host.decisions.decide(this.#site, kind, draw)
  }

  strength(nowNs: number): number {
    return Math.max(weakest, this.#stages.state.strength(nowNs))
  }

  shared<State>(create: () => State): State {
    return this.#stages.state.shared(this.#keyword, this.direction, create)
  }

  roundTripNs(): number {
    const { uplink, downlink } = this.#host.addedNs
    return uplink + downlink
  }

  oneWayNs(): number {
    return this.#host.addedNs[this.direction]
  }

  delayed(ns: number): void {
    this.#host.addedNs[this.direction] += ns - this.#toldNs
    this.#toldNs = ns
  }

  act(action: Action): void {
    this.#host.act(action, this.#stages)
  }

  hurry(): void {
    this.#host.hurry(this.direction)
  }
}
