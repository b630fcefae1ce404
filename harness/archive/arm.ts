import type { ArmKind, ArmPath } from '../measure/arm.ts'
import type { Effect } from '../measure/effect.ts'
import type { LatencySummary } from '../measure/histogram.ts'
import type { PolicyEvent } from '../measure/policy-event.ts'
import type { RuleTallies } from '../measure/rule-tally.ts'
import type { Tallies } from '../measure/tally.ts'
import type { ResultLimit } from './limit.ts'

/** One arm of a phase. Units are in the names of the keys. */
export interface ResultArm {
  readonly arm: ArmKind
  readonly path: ArmPath
  readonly workers: number
  readonly measuredMs: number
  /** Iterations per second at the beginning and the end of the last slice by a schedule; null without one. */
  readonly schedule: { readonly fromPerSecond: number; readonly toPerSecond: number } | null
  /** Measured iterations: what the load model starts, one operation of a plain request, or a whole scenario. Null in files from before. */
  readonly iterations: ResultIterations | null
  /** Measured operations; `perSecond` counts the good ones. */
  readonly operations: ResultOperations & { readonly perSecond: number | null }
  readonly attempts: { readonly count: number; readonly failed: number; readonly cancelled: number }
  /** Everything, discard and drain included: what error ceilings and the reconciliation count. */
  readonly all: {
    readonly iterations: ResultIterations | null
    readonly operations: ResultOperations
    readonly attempts: { readonly count: number; readonly failed: number; readonly cancelled: number }
  }
  /** Failed operations by class, and failed attempts, over everything. */
  readonly errors: Readonly<Record<string, number>>
  /** Failed operations by the kind of trouble; see `failureTypes` of the library. */
  readonly failureTypes: Readonly<Record<string, number>>
  readonly attemptErrors: Readonly<Record<string, number>>
  /** What went wrong, in words, by how often; beyond a cap of distinct texts as "other". */
  readonly errorTexts: Readonly<Record<string, number>>
  /** All measured operations from their start (service time), failures at their elapsed time. */
  readonly latencyMs: LatencySummary
  /** The same from the intended start, free of coordinated omission; null in a closed loop, which has none. */
  readonly correctedLatencyMs: LatencySummary | null
  /** How late the arrivals of the schedule started; null without one. */
  readonly sendLatenessMs: LatencySummary | null
  readonly okLatencyMs: LatencySummary
  readonly attemptLatencyMs: LatencySummary
  readonly queueMs: LatencySummary
  readonly connectMs: LatencySummary
  readonly firstByteMs: LatencySummary
  /** Of `latencyMs`: HdrHistogram V2, compressed, base64, in µs, 3 digits. */
  readonly histogram: string
  /** Measured operations by the name of their request. */
  readonly requests: readonly {
    readonly name: string
    readonly ok: number
    readonly failed: number
    readonly latencyMs: LatencySummary
  }[]
  /** Counts of the protocol's own over everything, such as lost and reordered datagrams. */
  readonly protocolCounters: Readonly<Record<string, number>>
  readonly wire: {
    readonly bytesSent: number
    readonly bytesReceived: number
    readonly connects: number
    readonly staleReconnects: number
  }
  readonly resources: ResultResources
  /** By fault, over all rules. */
  readonly fired: Tallies
  /** By `policy/rule`; of stress under steps, of each policy that a step put in force. */
  readonly rules: RuleTallies
  /** What faults and the relay count besides, such as `loss.rto` or `udp.kernelDrops`. */
  readonly faultCounters: Readonly<Record<string, number>>
  /** Delay that the relay was asked for, that it added, and how far the latter missed; null where there was none. */
  readonly askedDelayMs: LatencySummary | null
  readonly injectedDelayMs: LatencySummary | null
  readonly injectedDelayErrorMs: LatencySummary | null
  readonly server: { readonly requests: number | null }
  readonly reconciliation: ResultReconciliation
  /** Of the attempts, those that went to other targets, by name: each that the client names, also where none did. */
  readonly others: Readonly<Record<string, ResultOtherTarget>>
  readonly effects: readonly Effect[]
  readonly bounds: readonly ResultLimit[]
  readonly policyCounters: Readonly<Record<string, number>>
  /** The highest that something of a policy was in one slice, by name. */
  readonly policyPeaks: Readonly<Record<string, number>>
  readonly policyEvents: ResultPolicyEvents
  readonly overheadNsPerOperation: number | null
  /** Why that could not be measured of its policies; null where it was, and where it has none. */
  readonly overheadWhyNone: string | null
}

/** What happened to policies as a whole, in order, from the start of the run; what came after so many was only counted. */
export interface ResultPolicyEvents {
  readonly kept: readonly (Omit<PolicyEvent, 'atNs'> & { readonly atMs: number })[]
  readonly dropped: number
}

/** What another target was asked over everything, and what it says it served. */
export interface ResultOtherTarget {
  readonly attempts: { readonly count: number; readonly failed: number; readonly cancelled: number }
  readonly errors: Readonly<Record<string, number>>
  readonly server: { readonly requests: number | null }
  readonly reconciliation: ResultReconciliation
}

export interface ResultIterations {
  readonly count: number
  readonly ok: number
  readonly failed: number
  readonly interrupted: number
  /** Due by the schedule and not started, since too many were in flight. */
  readonly dropped: number
}

export interface ResultOperations {
  readonly count: number
  readonly ok: number
  readonly failed: number
  readonly degraded: number
  readonly cutOff: number
}

/** CPU over the arm's slices, in ms. */
export interface ResultResources {
  readonly target: {
    readonly cpuMs: number | null
    readonly memoryKb: number | null
    readonly fds: number | null
    readonly threads: number | null
  }
  readonly generators: { readonly cpuMs: number }
  readonly relay: { readonly cpuMs: number | null }
}

/** What the client sent against what the target says it served; `none` where the target has no count. */
export interface ResultReconciliation {
  readonly status: 'exact' | 'within' | 'mismatch' | 'unreadable' | 'none'
  readonly expected: number | null
  readonly difference: number | null
  /** Attempts that the target may or may not have seen. */
  readonly slack: number
  readonly detail: string | null
}
