import type { FailureReport } from '../kernel/failure-report.ts'
import type { DialerTask } from '../faults/dialer.ts'
import type { Counts } from '../measure/counts.ts'
import type { WindowSeries } from '../measure/load-series.ts'
import type { DeadLetter } from '../measure/dead-letter.ts'
import type { Tallies } from '../measure/tally.ts'
import type { ClientPolicies } from '../resilience/settings.ts'
import type { PolicyCounters } from '../resilience/policy.ts'
import type { PolicyEvents } from '../measure/policy-event.ts'
import type { LoadModel } from '../workload/model.ts'
import type { Workload } from '../workload/workload.ts'
import type { LiveReading } from './live-reading.ts'

/** Worker i of N: which part of every slice this process carries. */
export interface Shard {
  readonly index: number
  readonly count: number
}

/** One slice of one arm: the same for all workers, each of which takes its shard of users, arrivals and connections. */
export interface SliceTask {
  readonly arm: string
  /** Which of the workloads that were opened it is. */
  readonly workload: string
  /** Counts the slices of the run; part of the key of random decisions. */
  readonly slice: number
  /** Counts the lives of the target; the state of an arm's client lasts for one. */
  readonly life: number
  /** The target's host as it is named to it, and where to dial. */
  readonly host: string
  readonly port: number
  /** What happens to connections before they are dialled; null for nothing. */
  readonly dialer: DialerTask | null
  /** The model; an open one has its rate as a number. */
  readonly load: LoadModel
  readonly client: ClientPolicies
  /** Other targets that its policies may ask, dialled as they are. */
  readonly others: readonly { readonly name: string; readonly host: string; readonly port: number }[]
  /** When the first iteration starts, in CLOCK_MONOTONIC ns. */
  readonly startAtNs: number
  /** Users start staggered over this; what starts in it is counted, but not measured. */
  readonly discardNs: number
  readonly measureNs: number
  readonly drainNs: number
  readonly windowNs: number
  /** How often to tell what has ended, besides the windows; absent where nobody asks. */
  readonly countEveryNs?: number
  /** How often to tell how the policies of the client fare; absent where nobody watches. */
  readonly readEveryNs?: number
}

/** What the conductor tells a load worker. */
export type ShardCommand =
  | {
      readonly kind: 'open'
      readonly id: number
      readonly shard: Shard
      readonly seed: number
      readonly allowedHosts: readonly string[]
      /** By the names that slices have for them; each has connections, feeds and scripts of its own. */
      readonly workloads: Readonly<Record<string, Workload>>
      /** Modules of the policies of arms to come, to be looked at before there is a load. */
      readonly policyFiles: readonly string[]
    }
  | { readonly kind: 'slice'; readonly id: number; readonly task: SliceTask }
  /** Stop issuing now; the slice that runs is drained and reported as usual. */
  | { readonly kind: 'stop'; readonly id: number }
  /** Of the slice that runs nothing is measured that is to begin in this time, CLOCK_MONOTONIC ns; its end may come later. */
  | { readonly kind: 'recess'; readonly id: number; readonly fromNs: number; readonly toNs: number | null }

/** What a load worker answers. Windows, counts and readings come unasked while a slice runs. */
export type ShardReply =
  | { readonly kind: 'done'; readonly id: number }
  | { readonly kind: 'window'; readonly window: WindowDelta }
  | { readonly kind: 'counts'; readonly counts: CountDelta }
  | { readonly kind: 'reading'; readonly reading: LiveReading }
  | { readonly kind: 'sliced'; readonly id: number; readonly report: SliceReport }
  | ({ readonly kind: 'failed' } & FailureReport)

/** What has ended well, and what has failed. */
export interface Ended {
  readonly ok: number
  readonly failed: number
}

/** What one worker saw end between two moments, measured or not. What was cut off has not ended. */
export interface CountDelta {
  readonly fromNs: number
  readonly toNs: number
  readonly operations: Ended
  readonly attempts: Ended
}

/** What one worker saw end in one window of measured time. Windows are counted from the start of the measured time. */
export interface WindowDelta {
  readonly arm: string
  readonly slice: number
  readonly index: number
  readonly fromNs: number
  readonly toNs: number
  readonly ok: number
  readonly failed: number
  /** Of those that succeeded, how many something else than the target answered. */
  readonly degraded: number
  /** What began in it. */
  readonly series: WindowSeries
  /** Latency of the successes, encoded histogram in µs. */
  readonly okLatency: string
}

/** What one worker saw of one slice. Histograms are encoded, in µs. */
export interface SliceReport {
  /** Everything: discard, measured time and drain. */
  readonly all: Counts
  /** Operations that were to start in the measured time. */
  readonly measured: Counts
  /** Measured operations from their start: those that succeeded, and those that failed at their elapsed time. */
  readonly okLatency: string
  readonly failedLatency: string
  /** Of both, from the intended start; null where there is no schedule. */
  readonly correctedLatency: string | null
  /** What arms are compared by: from the intended start where there is a schedule, and without the client's own refusals. */
  readonly compared: { readonly ok: string; readonly failed: string }
  /** How late each arrival of the schedule started; null where there is none. */
  readonly sendLateness: string | null
  /** Attempts of measured operations, where a policy makes them differ from operations. */
  readonly attemptLatency: string | null
  /** From the start of an attempt to its connection, and to the first byte of its response. */
  readonly queue: string
  readonly connect: string
  readonly firstByte: string
  /** Of measured operations by the name of their request; empty ones where there is only one. */
  readonly requestLatency: Readonly<Record<string, string>>
  readonly policyCounters: PolicyCounters
  /** The highest that something of a policy was in this worker, by name. */
  readonly policyPeaks: Readonly<Record<string, number>>
  readonly policyEvents: PolicyEvents
  /** What its policies gave up and kept. */
  readonly deadLetters: readonly DeadLetter[]
  /** What the faults of the dialler did. */
  readonly dialerTallies: Tallies
  /** Counts of the protocol's own. */
  readonly protocolCounters: Readonly<Record<string, number>>
  /** Whether it ended since a feed of unique rows had none left. */
  readonly feedExhausted: boolean
  /** How long was really measured: less than asked for when the slice was stopped. */
  readonly measuredNs: number
  /** User and system time of this process over the measured time, in ms. */
  readonly cpuMs: number
  readonly eventLoopDelayP99Ms: number
  /** Texts of what went wrong, by how often; beyond a cap they are counted as "other". */
  readonly errorTexts: Readonly<Record<string, number>>
}
