import type { Clock } from '../../kernel/clock.ts'
import type { Rng } from '../../kernel/rng.ts'
import type { TimerWheel } from '../../kernel/timer-wheel.ts'
import type { Decisions } from '../decisions.ts'
import type { Layer } from '../rule.ts'
import type { ArmReading, RelayArm } from './protocol.ts'

/** What an arm runs on, whatever it carries. */
export interface ArmContext {
  /** The arm's own generator; its rules fork it by slice and ordinal of a connection, see `ArmRules`. */
  readonly rng: Rng
  readonly clock: Clock
  /** The relay's wheel, shared by all arms: who closes an arm cancels its own entries. */
  readonly wheel: TimerWheel
  /** Hosts and addresses besides loopback to which bytes may go, as of `resolveAllowed`. */
  readonly allowedHosts: readonly string[]
  readonly decisions: Decisions
  /** True where nothing of the arm is to keep the process alive. */
  readonly background?: boolean
}

/** One arm while it listens. */
export interface OpenArm {
  /** The port it listens on, or, while a fault closes its listener, listens on again. */
  readonly port: number
  /** Names the slice whose connections come next, and from when schedules count. */
  setSlice(slice: number, originNs: number): void
  /** Replaces the rules from the next bytes on; resolves when listener faults are in force or lifted. */
  setLayers(layers: readonly Layer[]): Promise<void>
  /** The counters; with them the delays, which then start anew. */
  read(takeDelays: boolean): ArmReading
  /** Ends everything the arm has; nothing of it calls back afterwards. */
  close(): Promise<void>
}

/** Opens an arm. Errors: `port-taken` (106), `cannot-listen` (106), `host-not-allowed` (104), `host-unknown` (106). */
export type Transport = (arm: RelayArm, context: ArmContext) => Promise<OpenArm>
