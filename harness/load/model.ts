import type { Clock } from '../kernel/clock.ts'
import type { Rng } from '../kernel/rng.ts'
import type { TimerWheel } from '../kernel/timer-wheel.ts'
import type { Shard } from './protocol.ts'
import type { SliceRecorder } from './recorder.ts'
import type { CreateUser } from './user.ts'

/** What a load model of one slice runs on. */
export interface ModelContext {
  readonly clock: Clock
  readonly wheel: TimerWheel
  readonly recorder: SliceRecorder
  readonly shard: Shard
  /** Decisions that all workers share, such as the arrivals; those of one worker fork it by its shard. */
  readonly rng: Rng
  readonly createUser: CreateUser
  /** Iterations of this worker, at most; null for any number. */
  readonly iterations: number | null
  readonly startAtNs: number
  readonly measureFromNs: number
  /** No iteration starts from here on; moves earlier when the slice is stopped. */
  endNs: number
  /** Every iteration that was to be done has ended; called once. */
  readonly ended: (nowNs: number) => void
}

/** Starts iterations by its rule while its slice runs. */
export interface ModelRunner {
  start(): void
  /** The time is over: nothing is begun any more, and what only waits ends. */
  end(nowNs: number): void
  /** The drain is over: what is in flight is cut off. */
  cutOff(nowNs: number): void
}
