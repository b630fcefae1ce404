import type { ArmKind, ArmPath, PhaseKind } from '../measure/arm.ts'
import type { LatencySummary } from '../measure/histogram.ts'
import type { Collection } from '../measure/collection.ts'
import type { WindowLows } from '../measure/lows.ts'
import type { ResultArm } from './arm.ts'
import type { ResultCapacity } from './capacity.ts'
import type { ResultComparison } from './comparison.ts'
import type { ResultGate } from './gate.ts'
import type { ResultLimit } from './limit.ts'
import type { ResultMemory } from './memory.ts'
import type { ResultReference } from './reference.ts'
import type { ResultScenario } from './scenario.ts'
import type { ResultAdjusted, ResultTolerance } from './tune.ts'

export type { ResultArm } from './arm.ts'
export type { ResultComparison } from './comparison.ts'
export type { ResultLimit } from './limit.ts'
export type { ResultReference } from './reference.ts'

/** The schema of result files that this version writes. */
export const resultSchemaId = 'soakrig/result@0'

export type VerdictName = 'pass' | 'fail' | 'inconclusive' | 'void'

/** A result file: what was asked for, what was measured, what was judged. Units are in the names of the keys. */
export interface Result {
  readonly schema: typeof resultSchemaId
  readonly tool: { readonly name: 'soakrig'; readonly version: string }
  readonly run: ResultRun
  readonly env: ResultEnvironment
  readonly config: {
    /** The effective profile, as its user would write it. */
    readonly profile: Readonly<Record<string, unknown>>
    /** Where each value came from, by JSON pointer. */
    readonly provenance: Readonly<Record<string, 'flag' | 'env' | 'profile' | 'default'>>
    readonly warnings: readonly { readonly where: string; readonly message: string }[]
  }
  readonly plan: ResultPlan
  readonly target: ResultTarget
  /** A flat block for CI; null where nothing was measured. */
  readonly metrics: ResultMetrics
  readonly phases: readonly ResultPhase[]
  readonly slices: readonly ResultSlice[]
  readonly comparisons: readonly ResultComparison[]
  /** Absent where nothing could fail the run by being worse than something else. */
  readonly gate?: ResultGate
  readonly ceilings: readonly ResultLimit[]
  readonly thresholds: readonly ResultLimit[]
  readonly reference: ResultReference
  readonly doubts: readonly ResultDoubt[]
  readonly guards: readonly ResultGuard[]
  readonly generators: readonly ResultGenerator[]
  /** The windows of stress under steps, taken together by what they were under; absent where there were no steps. */
  readonly windowGroups?: readonly ResultWindowGroup[]
  /** Whether the target leaked in the sustained load of a long run; absent where there was none. */
  readonly memory?: ResultMemory
  /** What the overload of the stress stage came to; absent where the profile is no scenario. */
  readonly scenario?: ResultScenario
  /** How much the target bears; absent where it was not searched for. */
  readonly capacity?: ResultCapacity
  /** How strong each policy may be before the target leaves its bounds; absent where it was not searched for. */
  readonly tolerance?: readonly ResultTolerance[]
  /** Policies that left their bounds, and were made weaker before the stress stage; absent where none was to be. */
  readonly adjusted?: readonly ResultAdjusted[]
  /** The sibling file of windows, one JSON document per line; null when none was written. */
  readonly windows: ResultLines | null
  /** The sibling file of calls that clients gave up and kept; absent where there were none. */
  readonly deadLetters?: ResultLines
  /** The run was broken behind its own back, to prove that it notices. */
  readonly sabotage: string | null
  readonly simulated: boolean
}

/** A file beside the result, one JSON document per line. */
export interface ResultLines {
  readonly file: string
  readonly sha256: string
  readonly count: number
}

/** One line of the file of dead letters: a call that a client gave up, and that can be made again. */
export interface ResultDeadLetter {
  /** When it was given up, in ISO 8601. */
  readonly time: string
  readonly arm: string
  readonly request: string
  /** What was asked for; `${env:NAME}` as it is written in the profile. Null where nobody could tell. */
  readonly message: unknown
  /** False: it may have been done, though its answer was lost. */
  readonly idempotent: boolean
  /** Why it was given up: class of the last failure, and its status or 0. */
  readonly error: string
  readonly status: number
  readonly attempts: number
}

export interface ResultRun {
  readonly id: string
  readonly mode: string
  readonly profile: string
  /** What was run: soak, baseline, policies, stress, load or capacity. */
  readonly kind: string
  readonly seed: number
  readonly argv: readonly string[]
  readonly tags: Readonly<Record<string, string>>
  readonly startedAt: string
  readonly finishedAt: string
  readonly durationMs: number
  readonly status: 'completed' | 'aborted'
  /** What ended an aborted run: a signal, the target, a bound, the watchdog, the failure budget. */
  readonly abortedBy: string | null
  /** An inconclusive run was to be void; absent where it was not. */
  readonly strict?: boolean
  readonly exitCode: number
  readonly verdict: VerdictName
  /** Why it is not a pass, most important first. */
  readonly reasons: readonly string[]
}

export interface ResultEnvironment {
  readonly node: string
  readonly os: string
  readonly kernel: string
  readonly cpuModel: string
  readonly cores: number
  readonly memBytes: number
  readonly cgroup: string | null
  /** What cgroups leave the run of memory and of the cores' time; null where they leave all. */
  readonly cgroupMemBytes: number | null
  readonly cgroupCpus: number | null
  readonly virtualisation: string | null
  /** By which the first core chooses its frequency; null where nobody tells. */
  readonly governor: string | null
  readonly gitSha: string | null
  readonly gitDirty: boolean | null
  /** Hash of what makes hosts comparable. */
  readonly hostFingerprint: string
  /** Hash of what shapes the measurement; results are comparable where it is the same. */
  readonly profileFingerprint: string
}

export interface ResultPlan {
  readonly rounds: number
  readonly slices: number
  readonly sliceMs: number
  /** Arms in the order of their slices, per round. */
  readonly order: readonly (readonly string[])[]
  readonly expectedMs: number
  readonly notMeasured: readonly { readonly what: string; readonly why: string }[]
}

export interface ResultTarget {
  readonly command: readonly string[]
  readonly url: string | null
  readonly pid: number | null
  /** Start time of the process in clock ticks since boot. */
  readonly startTime: number | null
  readonly restarts: { readonly planned: number; readonly unplanned: number }
  /** How it ended when it ended by itself, or another target that has this name. */
  readonly exit: {
    readonly name?: string
    readonly code: number | null
    readonly signal: string | null
    readonly tail: readonly string[]
  } | null
}

export interface ResultMetrics {
  /** The phase that the figures are of. */
  readonly source: string | null
  readonly requestsPerSecond: number | null
  readonly operations: number
  readonly attempts: number
  readonly failed: number
  readonly errorRate: number | null
  readonly degradedRate: number | null
  readonly latencyMs: Omit<LatencySummary, 'count'>
  /** From the intended send; null in a closed loop, which has none. */
  readonly correctedLatencyMs: Omit<LatencySummary, 'count'> | null
  readonly rssDeltaKb: number | null
  readonly rssSlopeKbPerMin: number | null
  readonly fdDelta: number | null
  /** User and system time of the target per attempt. */
  readonly cpuUsPerRequest: number | null
}

export interface ResultPhase {
  readonly id: string
  readonly kind: PhaseKind
  readonly policy: string | null
  readonly arms: readonly ResultArm[]
}

export interface ResultSlice {
  readonly round: number
  readonly order: number
  /** The group of the gate that it was measured for; null outside of the gate. */
  readonly group?: number | null
  readonly phase: string
  readonly arm: ArmKind
  readonly policy: string | null
  readonly path: ArmPath
  /** What it serves: throughput, latency, or both. */
  readonly use: 'both' | 'throughput' | 'latency'
  readonly startMs: number
  readonly durationMs: number
  readonly ok: number
  readonly failed: number
  /** Operations slower than the baseline's p99 as it is calibrated; null where it is not. */
  readonly slow: number | null
  readonly p50: number | null
  readonly p95: number | null
  readonly p99: number | null
  readonly cpuMs: number | null
  /** What the process held after it in KiB, and of that its heap after a forced collection; absent where that was not read. */
  readonly rssKb?: number
  readonly heapKb?: number
}

export interface ResultDoubt {
  readonly kind: string
  readonly detail: string
  /** Metrics that it makes untrustworthy. */
  readonly taints: readonly string[]
  readonly effect: 'void' | 'inconclusive' | 'note'
}

/** What might have ended the run early. */
export interface ResultGuard {
  readonly kind: 'failure-budget' | 'watchdog'
  readonly settings: Readonly<Record<string, number | string>>
  readonly state: 'held' | 'tripped'
  /** How near it came: the highest share in a window, null where none had enough samples; or how long the run took. */
  readonly worst: number | null
  readonly unit: 'share' | 'ms'
  /** When it ended the run, from its start. */
  readonly atMs: number | null
  /** In the window with the highest share. */
  readonly samples: number | null
}

export interface ResultGenerator {
  readonly cpuPercent: number | null
  readonly rssKb: number | null
  readonly eventLoopDelayP99Ms: number
  readonly dropped: number
  readonly saturated: boolean
}

/** The windows of a phase that were under the same policies from beginning to end. */
export interface ResultWindowGroup {
  readonly phase: string
  /** Empty for clean load. */
  readonly faults: readonly string[]
  readonly windows: number
  readonly durationMs: number
  readonly ok: number
  readonly failed: number
  /** Of the successes, how many something else than the target answered; absent where nobody counted. */
  readonly degraded?: number
  /** Successes per second. */
  readonly perSecond: number | null
  /** Of the successes. */
  readonly okLatencyMs: LatencySummary
}

/** One line of the windows file. Times are from the start of the run. */
export interface ResultWindow {
  readonly phase: string
  readonly arm: ArmKind
  readonly policy: string | null
  readonly slice: number
  readonly index: number
  readonly fromMs: number
  readonly toMs: number
  readonly ok: number
  readonly failed: number
  /** Of those that succeeded, how many something else than the target answered. */
  readonly degraded: number
  readonly p50: number | null
  readonly p99: number | null
  /** Median over the window's samples of the target's memory in KiB; null when none was taken. */
  readonly memoryKb: number | null
  readonly fds: number | null
  readonly threads: number | null
  /** CPU time of the target for the time of the window, as far as readings tell: 1 is a whole core. */
  readonly cpuCores: number | null
  /** The lower ends of what the target held, and how often it had been started again; null when nothing was read. */
  readonly lows?: WindowLows | null
  /** That the target's garbage was collected by force in it; absent where it was not. */
  readonly collection?: Collection
  /** Policies that steps of the stress stage had put in force, or shortly before; empty for clean load. */
  readonly faults: readonly string[]
  /** Whether one of them was not in force all the time. */
  readonly settling: boolean
  /** Encoded histogram of the successes, µs. */
  readonly histogram: string
}
