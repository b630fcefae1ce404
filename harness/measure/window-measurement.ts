import type { ArmIdentity } from './arm.ts'
import type { Collection } from './collection.ts'
import type { QueueReading, WindowSeries } from './load-series.ts'
import type { WindowLows } from './lows.ts'

/** One window of a stress segment. */
export interface WindowMeasurement {
  readonly identity: ArmIdentity
  readonly slice: number
  readonly index: number
  readonly fromNs: number
  readonly toNs: number
  readonly ok: number
  readonly failed: number
  /** Of those that succeeded, how many something else than the target answered. */
  readonly degraded: number
  readonly p50Ms: number | null
  readonly p99Ms: number | null
  readonly memoryKb: number | null
  readonly fds: number | null
  readonly threads: number | null
  /** CPU time of the target for the time between two readings, of which the last is in the window: 1 is a whole core. */
  readonly cpuCores: number | null
  /** The lower ends of what the target held; null where nobody looked, or nothing was read. */
  readonly lows: WindowLows | null
  /** Null where none was. */
  readonly collection: Collection | null
  readonly okLatency: string
  /** What began in it. */
  readonly series: WindowSeries
  /** Of a target with a capacity, in a scenario; null where nobody looked, or it did not tell. */
  readonly queue: QueueReading | null
  /** Policies that steps had put in force, or so shortly before that they were still felt. */
  readonly faults: readonly string[]
  /** Whether one of them was not in force all the time: the window says nothing of it, nor of clean load. */
  readonly settling: boolean
}
