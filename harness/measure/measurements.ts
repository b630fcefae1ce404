import type { ArmIdentity } from './arm.ts'
import { addCounts, addRecords, type Counts, emptyCounts } from './counts.ts'
import { createHistogram, type LatencyHistogram } from './histogram.ts'
import { addTallies, type Tallies } from './tally.ts'

/** Latencies of an arm; histograms that live as long as the run. */
export interface ArmLatencies {
  readonly ok: LatencyHistogram
  readonly failed: LatencyHistogram
  /** Empty where attempts are operations. */
  readonly attempt: LatencyHistogram
  readonly queue: LatencyHistogram
  readonly connect: LatencyHistogram
  readonly firstByte: LatencyHistogram
  readonly injectedDelay: LatencyHistogram
  readonly injectedDelayError: LatencyHistogram
}

/** Requests that the target says it served during the slices of an arm; null where it has no count. */
export type ServerCount = { readonly requests: number; readonly slack: number } | { readonly problem: string } | null

/** Everything measured of one arm, over all its slices. */
export interface ArmMeasurement {
  readonly identity: ArmIdentity
  readonly latencies: ArmLatencies
  workers: number
  slices: number
  measuredNs: number
  all: Counts
  measured: Counts
  tallies: Tallies
  policyCounters: Record<string, number>
  errorSamples: string[]
  server: ServerCount
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
export function emptyArm(identity: ArmIdentity, requests: number): ArmMeasurement {
  return {
    identity,
    latencies: {
      ok: createHistogram(),
      failed: createHistogram(),
      attempt: createHistogram(),
      queue: createHistogram(),
      connect: createHistogram(),
      firstByte: createHistogram(),
      injectedDelay: createHistogram(),
      injectedDelayError: createHistogram(),
    },
    workers: 0,
    slices: 0,
    measuredNs: 0,
    all: emptyCounts(requests),
    measured: emptyCounts(requests),
    tallies: {},
    policyCounters: {},
    errorSamples: [],
    server: null,
    upstreamFailures: 0,
    targetCpuMs: null,
    generatorCpuMs: 0,
    relayCpuMs: null,
    memoryKb: null,
    fds: null,
    threads: null,
  }
}

/** What one slice adds to its arm. */
export type SliceMeasurement = Omit<ArmMeasurement, 'identity' | 'slices'>

const sampleLimit = 5

/** Adds a slice to its arm; the slice's histograms are freed. */
export function addSlice(arm: ArmMeasurement, slice: SliceMeasurement): void {
  for (const key of Object.keys(arm.latencies) as (keyof ArmLatencies)[]) {
    arm.latencies[key].add(slice.latencies[key])
    slice.latencies[key].destroy()
  }
  arm.slices++
  arm.workers = slice.workers
  arm.measuredNs += slice.measuredNs
  arm.all = addCounts(arm.all, slice.all)
  arm.measured = addCounts(arm.measured, slice.measured)
  arm.tallies = addTallies(arm.tallies, slice.tallies)
  arm.policyCounters = addRecords(arm.policyCounters, slice.policyCounters)
  arm.errorSamples = [...new Set([...arm.errorSamples, ...slice.errorSamples])].slice(0, sampleLimit)
  arm.server = arm.slices === 1 ? slice.server : addServer(arm.server, slice.server)
  arm.upstreamFailures += slice.upstreamFailures
  arm.targetCpuMs = addKnown(arm.targetCpuMs, slice.targetCpuMs)
  arm.generatorCpuMs += slice.generatorCpuMs
  arm.relayCpuMs = addKnown(arm.relayCpuMs, slice.relayCpuMs)
  arm.memoryKb = slice.memoryKb
  arm.fds = slice.fds
  arm.threads = slice.threads
}

function addServer(a: ServerCount, b: ServerCount): ServerCount {
  if (a === null || b === null) return null
  if ('problem' in a) return a
  if ('problem' in b) return b
  return { requests: a.requests + b.requests, slack: a.slack + b.slack }
}

function addKnown(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : a + b
}

/** What is kept of a single slice, for the schedule's sake. */
export interface SliceSummary {
  readonly round: number
  readonly order: number
  readonly identity: ArmIdentity
  readonly startNs: number
  readonly durationNs: number
  readonly ok: number
  readonly failed: number
  readonly p50Ms: number | null
  readonly p95Ms: number | null
  readonly p99Ms: number | null
  readonly targetCpuMs: number | null
}

/** How one of our own processes fared over the run. */
export interface OwnProcess {
  readonly role: 'worker' | 'relay'
  readonly cpuPercent: number | null
  readonly rssKb: number | null
  /** The worst p99 of the event loop's delay over the slices, in ms. */
  readonly eventLoopDelayP99Ms: number
  /** Share of slices in which it was saturated. */
  readonly saturatedShare: number
}

/** One window of a stress segment. */
export interface WindowMeasurement {
  readonly identity: ArmIdentity
  readonly slice: number
  readonly index: number
  readonly fromNs: number
  readonly toNs: number
  readonly ok: number
  readonly failed: number
  readonly p50Ms: number | null
  readonly p99Ms: number | null
  readonly memoryKb: number | null
  readonly fds: number | null
  readonly okLatency: string
}

/** How the target ended when it did so by itself. */
export interface UnplannedExit {
  readonly code: number | null
  readonly signal: string | null
  readonly tail: readonly string[]
}

/** Everything a run has measured; what was planned and is missing here was not measured. */
export interface Measurements {
  readonly arms: ReadonlyMap<string, ArmMeasurement>
  readonly slices: readonly SliceSummary[]
  readonly processes: readonly OwnProcess[]
  /** Lives of the target that were started, and the one that ended by itself. */
  readonly lives: number
  readonly unplannedExit: UnplannedExit | null
  /** Why the target's memory could not be read, at each time it could not. */
  readonly memoryMissing: { readonly count: number; readonly detail: string | null }
  readonly target: {
    readonly command: readonly string[]
    readonly url: string | null
    readonly pid: number | null
    readonly startTicks: number | null
  }
}
