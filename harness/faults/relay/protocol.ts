import type { FailureReport } from '../../kernel/failure-report.ts'
import type { RuleTallies } from '../../measure/rule-tally.ts'
import type { Tallies } from '../../measure/tally.ts'
import type { Layer } from '../rule.ts'

/** Where an arm's bytes go. */
export interface Endpoint {
  readonly host: string
  readonly port: number
}

/** One arm: a listener of its own. */
export interface RelayArm {
  readonly arm: string
  /** Streams, datagrams, or a resolver of names that answers itself. */
  readonly transport: 'tcp' | 'udp' | 'dns'
  /** Of a resolver: who is asked for names that are not in `names`. */
  readonly upstream: Endpoint | null
  readonly layers: readonly Layer[]
  /** The port to listen on; 0 for any. */
  readonly listen: Endpoint
  /** Of a resolver: addresses by name. */
  readonly names?: Readonly<Record<string, readonly string[]>>
}

/** A log of decisions: written, or read and held against what happens. */
export interface DecisionLogSettings {
  readonly file: string
  readonly mode: 'record' | 'replay'
}

/** What the conductor tells the relay. */
export type RelayCommand =
  | {
      readonly kind: 'open'
      readonly id: number
      readonly seed: number
      readonly arms: readonly RelayArm[]
      readonly allowedHosts: readonly string[]
      readonly log: DecisionLogSettings | null
    }
  /** Opens one more arm. */
  | { readonly kind: 'add'; readonly id: number; readonly arm: RelayArm }
  /** Closes an arm. */
  | { readonly kind: 'drop'; readonly id: number; readonly arm: string }
  /**
   * Names the slice whose connections come next, part of the key of their random decisions; schedules count from
   * `originNs` (CLOCK_MONOTONIC).
   */
  | {
      readonly kind: 'slice'
      readonly id: number
      readonly arm: string
      readonly slice: number
      readonly originNs: number
    }
  /** Replaces the layers of an arm while it serves: from the next bytes on. */
  | { readonly kind: 'layers'; readonly id: number; readonly arm: string; readonly layers: readonly Layer[] }
  /** Reads all counters; the delays of one arm with them, which then start anew. */
  | { readonly kind: 'read'; readonly id: number; readonly takeDelaysOf: string | null }

/** What the relay answers, by the id of the command. */
export type RelayReply =
  | { readonly kind: 'opened'; readonly id: number; readonly ports: Readonly<Record<string, number>> }
  | { readonly kind: 'done'; readonly id: number }
  | { readonly kind: 'reading'; readonly id: number; readonly reading: RelayReading }
  | ({ readonly kind: 'failed' } & FailureReport)

/** Counters of the whole relay since it opened. */
export interface RelayReading {
  readonly arms: Readonly<Record<string, ArmReading>>
  /** p99 of the event loop's delay since the last reading, in ms. */
  readonly eventLoopDelayP99Ms: number
}

/** Counters of one arm since it opened; they only grow, but for `open` and `heldBytes`. */
export interface ArmReading {
  /** Connections (of datagrams: sessions; of a resolver: queries). */
  readonly accepted: number
  /** Of datagrams: sessions in which some wait, since nobody knows which of the others are over. */
  readonly open: number
  readonly upstreamFailures: number
  readonly bytesUp: number
  readonly bytesDown: number
  /** Bytes that wait in the relay now. */
  readonly heldBytes: number
  /** By fault keyword, over all rules. */
  readonly tallies: Tallies
  /** By `layer/rule`. */
  readonly rules: RuleTallies
  /** What faults and the transport count besides, by name: `loss.rto`, `udp.kernelDrops`. */
  readonly counters: Readonly<Record<string, number>>
  /** Delays since they were last taken; null where they were not asked for. */
  readonly delays: ArmDelays | null
}

/** Encoded histograms in µs, of pieces of streams or of datagrams. */
export interface ArmDelays {
  readonly asked: string
  /** What was added. */
  readonly added: string
  /** What was added, less what was asked for. */
  readonly error: string
}
