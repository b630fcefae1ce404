import type { Counts } from '../measure/counts.ts'
import type { ClientPolicies } from '../resilience/client.ts'
import type { PolicyCounters } from '../resilience/policy.ts'

/** Worker i of N: which part of every slice this process carries. */
export interface Shard {
  readonly index: number
  readonly count: number
}

/** One request of the workload, as a profile names it. */
export interface LoadRequest {
  readonly name: string
  readonly method: string
  readonly path: string
  readonly weight: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly expect: { readonly status: number | null; readonly body: string | null }
  readonly idempotent: boolean
}

/** One slice of one arm: the same for all workers, each of which takes its shard of `workers` and `connections`. */
export interface SliceTask {
  readonly arm: string
  /** Counts the slices of the run; part of the key of random decisions. */
  readonly slice: number
  readonly host: string
  readonly port: number
  readonly requests: readonly LoadRequest[]
  /** Limit of one attempt. */
  readonly timeoutNs: number
  readonly client: ClientPolicies
  /** Closed loops over all processes. */
  readonly workers: number
  /** Sockets over all processes. */
  readonly connections: number
  /** When the first loop starts, in CLOCK_MONOTONIC ns. */
  readonly startAtNs: number
  /** Loops start staggered over this; operations that start in it are counted, but not measured. */
  readonly discardNs: number
  readonly measureNs: number
  readonly drainNs: number
  readonly windowNs: number
}

/** What the conductor tells a load worker. */
export type ShardCommand =
  | {
      readonly kind: 'open'
      readonly id: number
      readonly shard: Shard
      readonly seed: number
      readonly allowedHosts: readonly string[]
    }
  | { readonly kind: 'slice'; readonly id: number; readonly task: SliceTask }
  /** Stop issuing now; the slice that runs is drained and reported as usual. */
  | { readonly kind: 'stop'; readonly id: number }

/** What a load worker answers. Windows come unasked while a slice runs. */
export type ShardReply =
  | { readonly kind: 'done'; readonly id: number }
  | { readonly kind: 'window'; readonly window: WindowDelta }
  | { readonly kind: 'sliced'; readonly id: number; readonly report: SliceReport }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string }

/** What one worker saw end in one window of measured time. Windows are counted from the start of the measured time. */
export interface WindowDelta {
  readonly arm: string
  readonly slice: number
  readonly index: number
  readonly fromNs: number
  readonly toNs: number
  readonly ok: number
  readonly failed: number
  /** Latency of the successes, encoded histogram in µs. */
  readonly okLatency: string
}

/** What one worker saw of one slice. */
export interface SliceReport {
  /** Everything: discard, measured time and drain. */
  readonly all: Counts
  /** Operations that started in the measured time. */
  readonly measured: Counts
  /** Measured operations that succeeded, and those that failed at their elapsed time; encoded histograms in µs. */
  readonly okLatency: string
  readonly failedLatency: string
  /** Attempts of measured operations, where a policy makes them differ from operations. */
  readonly attemptLatency: string | null
  /** From the start of an attempt to its connection, and to the first byte of its response. */
  readonly queue: string
  readonly connect: string
  readonly firstByte: string
  readonly policyCounters: PolicyCounters
  /** How long was really measured: less than asked for when the slice was stopped. */
  readonly measuredNs: number
  /** User and system time of this process over the measured time, in ms. */
  readonly cpuMs: number
  readonly eventLoopDelayP99Ms: number
  /** The first few distinct texts of what went wrong. */
  readonly errorSamples: readonly string[]
}
