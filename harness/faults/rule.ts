import type { Faults } from './faults.ts'
import type { Match } from './match.ts'
import type { Schedule } from './schedule.ts'

/** Whom faults hit, how often and when: plain data, sent to the relay as it is. */
export interface Rule {
  /** Unique in its layer. */
  readonly name: string
  readonly match: Match
  readonly faults: Faults
  /** Share of exchanges (of datagrams) that are hit, drawn once for each. */
  readonly probability: number
  /** Share of connections that are hit at all, drawn once for each. */
  readonly connections: number
  /** Of the rules of a layer that match, the one with the highest priority acts; see `strongest`. */
  readonly priority: number
  readonly enabled: boolean
  /** Null: always. */
  readonly schedule: Schedule | null
}

/** Rules of which at most one acts on a connection or exchange. The layers of an arm act one after the other. */
export interface Layer {
  /** The policy's name; unique in its arm. */
  readonly name: string
  readonly rules: readonly Rule[]
}
