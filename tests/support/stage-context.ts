import { Buffer } from 'node:buffer'
import type { Action, Datagram, Direction, Piece, Stage, StageContext } from '../../harness/faults/fault.ts'
import { createRng } from '../../harness/kernel/rng.ts'
import { emptyTally } from '../../harness/measure/tally.ts'

export interface StageContextOptions {
  readonly seed?: number | string
  readonly direction?: Direction
  readonly strength?: number | ((nowNs: number) => number)
  readonly roundTripNs?: number | (() => number)
  readonly oneWayNs?: () => number
  /** Decides instead of chance; undefined: what chance says. */
  readonly decide?: (kind: string, drawn: number) => number | undefined
  /** Shared state of another context: of a second connection under the same rule. */
  readonly sharedWith?: FakeStageContext
}

/** A context of one stage without a relay, and what the stage told it. */
export interface FakeStageContext extends StageContext {
  /** How often something had become due earlier. */
  readonly hurries: () => number
  /** What latencies said that they added. */
  readonly delays: number[]
  readonly actions: Action[]
  readonly decisions: { readonly kind: string; readonly value: number }[]
  readonly states: unknown[]
}

/** What a relay gives a stage, by itself. */
export function stageContext(options: StageContextOptions = {}): FakeStageContext {
  const {
    seed = 1,
    direction = 'downlink',
    strength = 1,
    roundTripNs = 0,
    oneWayNs = () => 0,
    decide,
    sharedWith,
  } = options
  const rng = createRng(seed)
  const states = sharedWith?.states ?? []
  const decisions: { kind: string; value: number }[] = []
  const delays: number[] = []
  const actions: Action[] = []
  let hurries = 0
  return {
    direction,
    rng,
    tally: sharedWith?.tally ?? emptyTally(),
    counters: sharedWith?.counters ?? {},
    delays,
    actions,
    decisions,
    states,
    hurries: () => hurries,
    decide(kind, draw) {
      const drawn = draw()
      const value = decide?.(kind, drawn) ?? drawn
      decisions.push({ kind, value })
      return value
    },
    strength: (nowNs) => (typeof strength === 'number' ? strength : strength(nowNs)),
    shared<State>(create: () => State) {
      if (states.length === 0) states.push(create())
      return states[0] as State
    },
    roundTripNs: () => (typeof roundTripNs === 'number' ? roundTripNs : roundTripNs()),
    oneWayNs,
    delayed: (ns) => delays.push(ns),
    act: (action) => actions.push(action),
    hurry: () => hurries++,
  }
}

/** Bytes of a stream that have just arrived; text, or so many bytes of which each says where it is. */
export function pieceOf(content: string | number, { arrivedNs = 0, message = 1 } = {}): Piece {
  const bytes =
    typeof content === 'string'
      ? Buffer.from(content)
      : Buffer.from(Uint8Array.from({ length: content }, (_, at) => at % 251))
  return { bytes, arrivedNs, dueNs: arrivedNs, wireBytes: bytes.length, message }
}

/** A datagram that has just arrived, with this text in it. */
export function datagramOf(text: string, arrivedNs = 0): Datagram {
  return { bytes: Buffer.from(text), arrivedNs, dueNs: arrivedNs }
}

/** What becomes of an item in a stage. */
export function passed<Item>(stage: Stage<Item>, item: Item): Item[] {
  const items: Item[] = []
  stage.push(item, (one) => items.push(one))
  return items
}

/** When pieces of one direction leave: each when it is due, none before the last. */
export function leaveNs(pieces: readonly Piece[]): number[] {
  let lastNs = 0
  return pieces.map(({ dueNs }) => (lastNs = Math.max(lastNs, dueNs)))
}

/** The texts of datagrams in the order in which they leave: as they are due, and of two at once as they came. */
export function leaveOrder(datagrams: readonly Datagram[]): string[] {
  return datagrams
    .map((datagram, came) => ({ datagram, came }))
    .toSorted((a, b) => a.datagram.dueNs - b.datagram.dueNs || a.came - b.came)
    .map(({ datagram }) => datagram.bytes.toString())
}
