import type { Buffer } from 'node:buffer'
import type { JsonSchema } from '../kernel/json-schema.ts'
import type { Rng } from '../kernel/rng.ts'
import type { BaselineFacts } from '../measure/effect.ts'
import type { Tally } from '../measure/tally.ts'
import type { FaultParameter } from './parameter.ts'
import type { TargetFaultContext } from './target-fault.ts'

/** The way of the bytes: `uplink` from client to server, `downlink` back. */
export type Direction = 'uplink' | 'downlink'

/** Some bytes of one direction of a stream on their way through its stages; they leave in the order in which they came. */
export interface Piece {
  readonly bytes: Buffer
  readonly arrivedNs: number
  /** When it may leave, as far as stages have said. Changed after it was passed on, `hurry` has to be called. */
  dueNs: number
  /** What it weighs on a link, in bytes: more than its length where some of it is carried twice. */
  wireBytes: number
  /**
   * Counts the messages of this direction; the pieces of one have the same. A message begins with a turn of the exchange,
   * after a pause of more than 1 ms, and after 64 KiB: faults that decide once per message look at this.
   */
  readonly message: number
}

/** One datagram on its way through its stages; it leaves when it is due, whatever the others do. */
export interface Datagram {
  readonly bytes: Buffer
  readonly arrivedNs: number
  /** As of a piece. */
  dueNs: number
}

/** What one fault does to one direction. Stages of streams never drop, repeat or swap bytes. */
export interface Stage<Item> {
  /** Takes an item and passes on what becomes of it: as it is, in parts, later, or (of datagrams) not at all or more than once. */
  push(item: Item, next: (item: Item) => void): void
  /** When the end of a stream may leave that came at `readyNs`; absent: then. */
  end?(readyNs: number): number
}

export interface StreamStage extends Stage<Piece> {
  /** How many bytes may wait in this direction of the connection before its sender is held back; absent, and at most: 8 MiB. */
  readonly heldLimitBytes?: number
  /** Bytes that are held besides, at present, since they are on their way and wait for nothing; at most 8 MiB count. */
  flightBytes?(): number
}
export type DatagramStage = Stage<Datagram>

/** What happens to a whole connection. */
export type Action =
  /** A real RST to both sides. */
  | { readonly kind: 'reset'; readonly afterNs: number }
  /** A FIN to both sides, after what has been let through. */
  | { readonly kind: 'close'; readonly afterNs: number }
  /** Nothing passes any more, either way, until `untilNs`: then what was held goes on, or the connection ends. */
  | { readonly kind: 'hang'; readonly untilNs: number; readonly then: 'release' | 'close' | 'reset' }

/** What one fault does to a connection as a whole. Each may answer with what is to happen; the first answer counts. */
export interface ConnectionStage {
  /** It was accepted. An action `afterNs` may be answered here, such as the end of its time. */
  opened?(nowNs: number): Action | null
  /** An exchange begins: the first uplink bytes, or the first after downlink bytes. They are not forwarded yet. */
  exchange?(nowNs: number, sizeBytes: number): Action | null
  /** Bytes have come: how many of them may pass, and what happens after those; null for all, and nothing. */
  bytes?(
    direction: Direction,
    sizeBytes: number,
    nowNs: number,
  ): { readonly pass: number; readonly then: Action } | null
}

/** What a stage runs on. Of one fault of one rule, in one direction, on one connection or session. */
export interface StageContext {
  readonly direction: Direction
  /** Shared by all connections of the arm under this rule. */
  readonly tally: Tally
  /** Further counts of the fault's own by name (`loss.rto`), shared likewise; they only grow. */
  readonly counters: Record<string, number>
  /** Its own generator: keyed by seed, arm, slice, ordinal of the connection, rule, direction and fault. */
  readonly rng: Rng
  /**
   * Every decision that chance makes is made through this: `draw` is called for its value, which is logged where a log
   * is kept; in a replay the logged value is returned instead.
   */
  decide(kind: string, draw: () => number): number
  /** How strong the fault is now, in (0, 1]: what a ramp says; 1 without one. Only asked while the rule is active. */
  strength(nowNs: number): number
  /** State that all connections of the arm share under this rule, in this direction, such as a link. Made by the first. */
  shared<State>(create: () => State): State
  /** The round trip that latencies add at present, uplink and downlink together, in ns. */
  roundTripNs(): number
  /** What latencies add at present in this direction, in ns. */
  oneWayNs(): number
  /** To be called by a latency: what it added last in this direction. */
  delayed(ns: number): void
  /** Something happens to the whole connection, as if a connection stage had answered so; nothing on datagrams. */
  act(action: Action): void
  /** Items that were passed on have become due earlier: the earliest is looked for again. */
  hurry(): void
}

/** A listener that does not accept: closed (refused), or deaf to handshakes (a SYN blackhole). */
export type ListenerState = 'refused' | 'deaf'

/** What every fault file exports; relay, profile and judge know faults only by this. What it has of the optional part says where it acts. */
export interface FaultMember<Settings> {
  /** The keyword in a profile, and the file's name in camelCase. */
  readonly keyword: string
  readonly schema: JsonSchema
  /** Whether it acts in one direction and may be under `uplink` and `downlink`; else it acts on the whole. */
  readonly directional: boolean
  /** Settings as plain data with plain numbers, from what the schema let pass. Throws RangeError with what is wrong and allowed. */
  parse(raw: unknown): Settings
  /** False when these settings change nothing, as an explicit 0 says. */
  active(settings: Settings): boolean
  /** What one exchange (in this direction) should suffer; `faults/expect.ts` makes bands of the sum. */
  expect(settings: Settings, context: ExpectContext): Expectation
  /** How long it holds up one exchange (in this direction); null, and absent: nobody knows. */
  delays?(settings: Settings, context: DelayContext): DelayBounds | null

  /** On a stream, in one direction. */
  stream?(settings: Settings, context: StageContext): StreamStage
  /** On datagrams, in one direction. */
  datagram?(settings: Settings, context: StageContext): DatagramStage
  /** On a connection as a whole. */
  connection?(settings: Settings, context: StageContext): ConnectionStage
  /** On the listener. */
  listener?(settings: Settings): ListenerState
  /** On the target itself: acts until the context's signal aborts or it has nothing more to do; resolves when all is undone. */
  target?(settings: Settings, context: TargetFaultContext): Promise<void>
  /** How long it must be on to have acted once; absent: it acts at once. */
  actsWithinNs?(settings: Settings): number
  /** By which numbers it can be made weaker or stronger, the natural one first; absent: by none. */
  readonly parameters?: readonly FaultParameter<Settings>[]
  /** Elsewhere than in a relay: in the client's dialler, in the resolver, on the target. */
  readonly elsewhere?: 'dialer' | 'dns' | 'target'
}

/** What a fault may know when it says what it will do. */
export interface ExpectContext {
  readonly direction: Direction
  readonly baseline: BaselineFacts
  /** Operations in the arm, for the spread of a median. */
  readonly operations: number
  /** Whether exchanges are datagrams; absent: streams. */
  readonly datagrams?: boolean
}

/** The share of one fault in what an exchange suffers. */
export interface Expectation {
  /** Added to the median latency of an exchange, in ms. Null where nothing can be said of it. */
  readonly delayMs: { readonly lo: number; readonly hi: number } | null
  /** Probability that an eligible thing is hit; 1 for a delay. Null where only "it fired" can be asked for. */
  readonly firedShare: { readonly lo: number; readonly hi: number } | null
  /** Share of attempts that fail by it; null where nothing can be said. */
  readonly errorShare: number | null
  /**
   * The classes in which the client may count those failures; empty for none. Each firing must be seen as one of them,
   * unless `errorShare` is null.
   */
  readonly errorClasses: readonly string[]
  /** How much longer it takes to make any connection, in ms, at least; absent: not at all. */
  readonly connectDelayMs?: number
  /** Share of what fired that never reached the target as a request: 1, 0, or null for either; -1 where each brings one more. */
  readonly undelivered: -1 | 0 | 1 | null
}

/** Delays in ms, each with its probability; Infinity for what never comes. */
export type Delays = readonly { readonly ms: number; readonly share: number }[]

/** How long a fault holds up one exchange: no less than one draws from `least`, no more than from `most`. */
export interface DelayBounds {
  readonly least: Delays
  readonly most: Delays
}

/** What a fault may know besides when it says how long it holds up exchanges. */
export interface DelayContext extends ExpectContext {
  /** Whether no other fault holds them up. */
  readonly alone: boolean
  /** All directions in which the fault acts, and on how many things it could act there in one exchange. */
  readonly directions: readonly Direction[]
  readonly eligible: number
}

/** An expectation of a fault that an exchange does not notice in its median, its errors or its count. */
export const unnoticed: Expectation = {
  delayMs: { lo: 0, hi: 0 },
  firedShare: { lo: 1, hi: 1 },
  errorShare: 0,
  errorClasses: [],
  undelivered: 0,
}
