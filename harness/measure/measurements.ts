import type { ArmIdentity } from './arm.ts'
import { CappedCounter } from './capped-counter.ts'
import { addCounts, addRecords, type Counts, emptyCounts, maxRecords } from './counts.ts'
import type { BudgetMeasurement } from './failure-budget.ts'
import { createHistogram, type LatencyHistogram } from './histogram.ts'
import { addEvents, noEvents, type PolicyEvents } from './policy-event.ts'
import { addRules, type RuleTallies } from './rule-tally.ts'
import { addTallies, type Tallies } from './tally.ts'

export type { WindowMeasurement } from './window-measurement.ts'

/** Latencies of an arm; histograms that live as long as the run. */
export interface ArmLatencies {
  /** From the start of the operation; failures at their elapsed time. */
  readonly ok: LatencyHistogram
  readonly failed: LatencyHistogram
  /** Of both, from the intended start; empty without a schedule. */
  readonly corrected: LatencyHistogram
  /** How late the arrivals of a schedule started. */
  readonly sendLateness: LatencyHistogram
  /** Empty where attempts are operations. */
  readonly attempt: LatencyHistogram
  readonly queue: LatencyHistogram
  readonly connect: LatencyHistogram
  readonly firstByte: LatencyHistogram
  /** Of what the relay delays: what it was asked for, what it added, and the latter less the former. */
  readonly askedDelay: LatencyHistogram
  readonly injectedDelay: LatencyHistogram
  readonly injectedDelayError: LatencyHistogram
}

/**
 * Requests that the target says it served during the slices of an arm; null where it has no count. Where it was started
 * again as a fault wants it, so often, its count began anew and says nothing of the whole.
 */
export type ServerCount =
  | { readonly requests: number; readonly slack: number }
  | { readonly problem: string }
  | { readonly restarts: number }
  | null

/** What the slices that serve throughput got done: good operations, iterations that came to their end, and the measured time. */
export interface Throughput {
  readonly ok: number
  readonly iterations: number
  readonly ns: number
}

/** Everything measured of one arm, over all its slices. */
export interface ArmMeasurement {
  readonly identity: ArmIdentity
  /** Of the slices that serve latency. */
  readonly latencies: ArmLatencies
  /** Of measured operations by the name of their request; of the slices that serve latency. */
  readonly requestLatencies: Map<string, LatencyHistogram>
  /** Users at once, at most. */
  workers: number
  slices: number
  measuredNs: number
  throughput: Throughput
  /** Iterations per second that the schedule of the last open slice began and ended with; null without one. */
  schedule: { readonly fromPerSecond: number; readonly toPerSecond: number } | null
  all: Counts
  measured: Counts
  tallies: Tallies
  /** What each rule did, by `policy/rule`. */
  rules: RuleTallies
  /** What faults count besides, by name. */
  faultCounters: Record<string, number>
  policyCounters: Record<string, number>
  /** The highest that something of a policy was, by name: of a slice the sum over workers, whose peaks may lie apart. */
  policyPeaks: Record<string, number>
  policyEvents: PolicyEvents
  protocolCounters: Record<string, number>
  errorTexts: Readonly<Record<string, number>>
  /** Whether a slice ended early since a feed of unique rows had none left. */
  feedExhausted: boolean
  server: ServerCount
  /** The same of other targets that its policies may ask, by name. */
  otherServers: Readonly<Record<string, ServerCount>>
  upstreamFailures: number
  targetCpuMs: number | null
  generatorCpuMs: number
  relayCpuMs: number | null
  /** The last reading of the target after a slice. */
  memoryKb: number | null
  fds: number | null
  threads: number | null
}

/** An arm of which nothing has been measured yet. */
export function emptyArm(identity: ArmIdentity, requests: readonly string[]): ArmMeasurement {
  return {
    identity,
    latencies: {
      ok: createHistogram(),
      failed: createHistogram(),
      corrected: createHistogram(),
      sendLateness: createHistogram(),
      attempt: createHistogram(),
      queue: createHistogram(),
      connect: createHistogram(),
      firstByte: createHistogram(),
      askedDelay: createHistogram(),
      injectedDelay: createHistogram(),
      injectedDelayError: createHistogram(),
    },
    requestLatencies: new Map(),
    workers: 0,
    slices: 0,
    measuredNs: 0,
    throughput: { ok: 0, iterations: 0, ns: 0 },
    schedule: null,
    all: emptyCounts(requests),
    measured: emptyCounts(requests),
    tallies: {},
    rules: {},
    faultCounters: {},
    policyCounters: {},
    policyPeaks: {},
    policyEvents: noEvents,
    protocolCounters: {},
    errorTexts: {},
    feedExhausted: false,
    server: null,
    otherServers: {},
    upstreamFailures: 0,
    targetCpuMs: null,
    generatorCpuMs: 0,
    relayCpuMs: null,
    memoryKb: null,
    fds: null,
    threads: null,
  }
}

/** What a slice is for: where throughput and latency have models of their own, each is taken from its slices only. */
export type SliceUse = 'both' | 'throughput' | 'latency'

/** What one slice adds to its arm. */
export interface SliceMeasurement extends Omit<ArmMeasurement, 'identity' | 'slices' | 'throughput'> {
  readonly use: SliceUse
}

/** So many texts of errors and names of requests are told apart over a run; the rest is counted as "other". */
export const errorTextCap = 20
export const requestNameCap = 100

/** Adds a slice to its arm; the slice's histograms are freed. */
export function addSlice(arm: ArmMeasurement, slice: SliceMeasurement): void {
  addLatencies(arm, slice)
  const { operations, iterations } = slice.measured
  if (slice.use !== 'latency') {
    const { throughput } = arm
    arm.throughput = {
      ok: throughput.ok + operations.ok,
      iterations: throughput.iterations + iterations.ok + iterations.failed,
      ns: throughput.ns + slice.measuredNs,
    }
  }
  arm.slices++
  arm.workers = Math.max(arm.workers, slice.workers)
  arm.schedule = slice.schedule ?? arm.schedule
  arm.measuredNs += slice.measuredNs
  arm.all = addCounts(arm.all, slice.all)
  arm.measured = addCounts(arm.measured, slice.measured)
  arm.tallies = addTallies(arm.tallies, slice.tallies)
  arm.rules = addRules(arm.rules, slice.rules)
  arm.faultCounters = addRecords(arm.faultCounters, slice.faultCounters)
  arm.policyCounters = addRecords(arm.policyCounters, slice.policyCounters)
  arm.policyPeaks = maxRecords(arm.policyPeaks, slice.policyPeaks)
  arm.policyEvents = addEvents(arm.policyEvents, slice.policyEvents)
  arm.protocolCounters = addRecords(arm.protocolCounters, slice.protocolCounters)
  arm.feedExhausted ||= slice.feedExhausted
  arm.errorTexts = addTexts([arm.errorTexts, slice.errorTexts])
  arm.server = arm.slices === 1 ? slice.server : addServer(arm.server, slice.server)
  arm.otherServers = Object.fromEntries(
    Object.entries(slice.otherServers).map(([name, count]) => {
      const known = arm.otherServers[name]
      return [name, known === undefined ? count : addServer(known, count)]
    }),
  )
  arm.upstreamFailures += slice.upstreamFailures
  arm.targetCpuMs = addKnown(arm.targetCpuMs, slice.targetCpuMs)
  arm.generatorCpuMs += slice.generatorCpuMs
  arm.relayCpuMs = addKnown(arm.relayCpuMs, slice.relayCpuMs)
  arm.memoryKb = slice.memoryKb
  arm.fds = slice.fds
  arm.threads = slice.threads
}

function addLatencies(arm: ArmMeasurement, slice: SliceMeasurement): void {
  // A delay that the relay added is proven by every slice.
  const always: readonly (keyof ArmLatencies)[] = ['askedDelay', 'injectedDelay', 'injectedDelayError']
  for (const key of Object.keys(arm.latencies) as (keyof ArmLatencies)[]) {
    if (slice.use !== 'throughput' || always.includes(key)) arm.latencies[key].add(slice.latencies[key])
    slice.latencies[key].destroy()
  }
  for (const [name, latency] of slice.requestLatencies) {
    const known = arm.requestLatencies.get(name) ?? createHistogram()
    arm.requestLatencies.set(name, known)
    if (slice.use !== 'throughput') known.add(latency)
    latency.destroy()
  }
}

/** The sum of counted texts, as few of them told apart as in each. */
export function addTexts(all: readonly Readonly<Record<string, number>>[]): Readonly<Record<string, number>> {
  const sum = new CappedCounter(errorTextCap)
  for (const counts of all) sum.addAll(counts)
  return sum.counts()
}

function addServer(a: ServerCount, b: ServerCount): ServerCount {
  if (a === null || b === null) return null
  if ('problem' in a) return a
  if ('problem' in b) return b
  if ('restarts' in a) return 'restarts' in b ? { restarts: a.restarts + b.restarts } : a
  if ('restarts' in b) return b
  return { requests: a.requests + b.requests, slack: a.slack + b.slack }
}

function addKnown(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : a + b
}

/** What is kept of a single slice, for the schedule's sake. */
export interface SliceSummary {
  readonly round: number
  readonly order: number
  /** The group of the gate that it was measured for; null outside of the gate. */
  readonly group: number | null
  readonly identity: ArmIdentity
  readonly use: SliceUse
  readonly startNs: number
  readonly durationNs: number
  readonly ok: number
  readonly failed: number
  readonly p50Ms: number | null
  readonly p95Ms: number | null
  readonly p99Ms: number | null
  /** Operations slower than what it was told to count them by; null where nobody told it. */
  readonly slow: number | null
  readonly targetCpuMs: number | null
  /** What the process that was asked held after it in KiB, and of that its heap after a forced collection; null where that was not read. */
  readonly rssKb: number | null
  readonly heapKb: number | null
}

/** How one of our own processes fared over the run. */
export interface OwnProcess {
  readonly role: 'worker' | 'relay'
  readonly cpuPercent: number | null
  readonly rssKb: number | null
  /** The worst p99 of the event loop's delay over the slices, in ms. */
  readonly eventLoopDelayP99Ms: number
  /** Share of slices in which it was saturated: it used nearly a whole core, or its event loop was late. */
  readonly saturatedShare: number
  readonly busyShare: number
  readonly lateShare: number
  /** Iterations of a schedule that it could not start. */
  readonly dropped: number
}

/** How a target ended when it did so by itself. */
export interface UnplannedExit {
  /** The name of another target than the one that is tested; absent for that. */
  readonly name?: string
  readonly code: number | null
  readonly signal: string | null
  readonly tail: readonly string[]
}

/** Everything a run has measured; what was planned and is missing here was not measured. */
export interface Measurements {
  readonly arms: ReadonlyMap<string, ArmMeasurement>
  readonly slices: readonly SliceSummary[]
  readonly processes: readonly OwnProcess[]
  /** Lives of the target that were started for a round, and how often a fault killed one, which then went on. */
  readonly lives: number
  readonly kills: number
  /** The life that ended by itself. */
  readonly unplannedExit: UnplannedExit | null
  /** Null where the run had none. */
  readonly failureBudget: BudgetMeasurement | null
  /** Why the target's memory could not be read, at each time it could not. */
  readonly memoryMissing: { readonly count: number; readonly detail: string | null }
  readonly target: {
    readonly command: readonly string[]
    readonly url: string | null
    readonly pid: number | null
    readonly startTicks: number | null
    /** Why its heap cannot be asked for; null where it can. */
    readonly heapMissing: string | null
  }
}
