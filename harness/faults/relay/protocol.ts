import type { FailureReport } from '../../kernel/failure-report.ts'
import type { Tallies } from '../../measure/tally.ts'
import type { Faults } from '../faults.ts'

/** Where an arm's bytes go. */
export interface Endpoint {
  readonly host: string
  readonly port: number
}

/** One arm: a listener of its own, with settings that are fixed while it lives. */
export interface RelayArm {
  readonly arm: string
  readonly upstream: Endpoint
  readonly faults: Faults
  /** The port to listen on; 0 for any. */
  readonly listen: Endpoint
}

/** What the conductor tells the relay. */
export type RelayCommand =
  | {
      readonly kind: 'open'
      readonly id: number
      readonly seed: number
      readonly arms: readonly RelayArm[]
      readonly allowedHosts: readonly string[]
    }
  /** Names the slice whose connections come next; part of the key of their random decisions. */
  | { readonly kind: 'slice'; readonly id: number; readonly arm: string; readonly slice: number }
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
  readonly accepted: number
  readonly open: number
  readonly upstreamFailures: number
  readonly bytesUp: number
  readonly bytesDown: number
  /** Bytes that wait in the relay now. */
  readonly heldBytes: number
  readonly tallies: Tallies
  /** Delays per chunk since they were last taken; null where they were not asked for. */
  readonly delays: ArmDelays | null
}

/** Encoded histograms in µs. */
export interface ArmDelays {
  /** What was added. */
  readonly added: string
  /** What was added, less what was asked for. */
  readonly error: string
}
