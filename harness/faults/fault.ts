import type { JsonSchema } from '../kernel/json-schema.ts'
import type { Rng } from '../kernel/rng.ts'
import type { BaselineFacts } from '../measure/effect.ts'
import type { Tally } from '../measure/tally.ts'

/** The way of the bytes: `uplink` from client to server, `downlink` back. */
export type Direction = 'uplink' | 'downlink'

/** Delays the bytes of one direction of one connection. Bytes are never dropped, repeated or swapped. */
export interface StreamStage {
  /** When a chunk may leave: at `readyNs` or later. `readyNs` is its arrival, or when the stage before released it. */
  release(readyNs: number, sizeBytes: number): number
}

/** What every fault file exports; the relay, the profile and the judge know faults only by this. */
export interface FaultMember<Settings> {
  /** The keyword in a profile, and the file's name. */
  readonly keyword: string
  readonly schema: JsonSchema
  /** Settings with plain numbers, from what the schema let pass. */
  parse(raw: unknown): Settings
  /** False when these settings change nothing, as an explicit 0 says. */
  active(settings: Settings): boolean
  /** What one exchange in this direction should suffer; `faults/expect.ts` makes bands of the sum. */
  expect(settings: Settings, context: ExpectContext): Expectation
}

/** What a fault may know when it says what it will do. */
export interface ExpectContext {
  readonly direction: Direction
  readonly baseline: BaselineFacts
  /** Operations in the arm, for the spread of a median. */
  readonly operations: number
}

/** The share of one fault in what an exchange suffers. */
export interface Expectation {
  /** Added to the median latency of an exchange, in ms. */
  readonly delayMs: { readonly lo: number; readonly hi: number }
  /** Probability that an eligible exchange is hit; 1 for a delay. */
  readonly firedShare: number
  /** Share of attempts that fail by it. */
  readonly errorShare: number
  /** The class in which the client counts those failures; null for none. */
  readonly errorClass: string | null
}

/** A fault that delays a stream. */
export interface StreamFault<Settings> extends FaultMember<Settings> {
  stage(settings: Settings, rng: Rng, tally: Tally): StreamStage
}

/** A fault that decides once per exchange: at the first uplink bytes of a connection, or after downlink bytes. */
export interface ExchangeFault<Settings> extends FaultMember<Settings> {
  /** True when this exchange is to be hit, before its bytes are forwarded. */
  gate(settings: Settings, rng: Rng, tally: Tally): (sizeBytes: number) => boolean
}
