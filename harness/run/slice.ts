import type { Clock } from '../kernel/clock.ts'
import { nsPerMs, nsPerSecond } from '../kernel/units.ts'
import type { SliceReport, SliceTask } from '../load/protocol.ts'
import { addCounts, addRecords, emptyCounts } from '../measure/counts.ts'
import { createHistogram, decodeHistogram, type LatencyHistogram } from '../measure/histogram.ts'
import {
  addTexts,
  type ArmLatencies,
  type ServerCount,
  type SliceMeasurement,
  type SliceUse,
} from '../measure/measurements.ts'
import { talliesBetween } from '../measure/tally.ts'
import type { ArmReading } from '../faults/relay/protocol.ts'
import type { Arm } from '../plan/arms.ts'
import { mostInFlight } from '../plan/models.ts'
import { levelAt } from '../plan/pacer/curve.ts'
import type { Plan } from '../plan/plan.ts'
import { awaitsNothing } from '../workload/traits.ts'
import type { LoadModel } from '../workload/model.ts'
import type { TreeSample } from '../target/sample.ts'
import type { TargetLife } from './life.ts'
import type { Shards } from './shards.ts'

/** Time for the word to reach all workers before the first loop starts. */
const leadNs = 15 * nsPerMs
/** How long the relay, and the target's own count, are given to stand still after a slice. */
const quietLimitNs = nsPerSecond
const quietPollNs = 20 * nsPerMs

export interface SliceContext {
  readonly life: TargetLife
  readonly shards: Shards
  readonly workload: Plan['profile']['workload']
  readonly clock: Clock
  readonly windowNs: number
}

/** What a slice is besides its arm. */
export interface SliceShape {
  /** Counts the slices of the run. */
  readonly ordinal: number
  /** An open model has its rate as a number. */
  readonly load: LoadModel
  readonly use: SliceUse
}

/** A slice as it was carried out. */
export interface CarriedSlice {
  readonly startNs: number
  readonly measurement: SliceMeasurement
  /** The worst p99 of the workers' and the relay's event loops. */
  readonly eventLoopDelayP99Ms: { readonly workers: readonly number[]; readonly relay: number | null }
  readonly workerCpuMs: readonly number[]
  /** Iterations that each worker had to drop. */
  readonly workerDropped: readonly number[]
}

/** Counters of everything around a slice, before or after it. */
interface Surroundings {
  readonly stats: Awaited<ReturnType<NonNullable<TargetLife['counter']>['read']>> | null
  readonly target: TreeSample | null
  readonly relayCpuMs: number | null
  readonly relay: ArmReading | null
  readonly relayLoopP99Ms: number | null
}

/** Runs one slice of an arm: its own connections, drained before it ends; relay and target are quiet afterwards. */
export async function runSlice(context: SliceContext, arm: Arm, shape: SliceShape): Promise<CarriedSlice> {
  const { life, shards, clock } = context
  const relay = arm.path === 'relay' ? life.relay : null
  await relay?.setSlice(arm.id, shape.ordinal)
  const before = await surroundings(life, arm, false)
  const task = taskOf(context, arm, shape, clock.nowNs() + leadNs)
  const reports = await shards.run(task)
  // What was given up by us, or not waited for, may still be under way in the target, and would be counted later.
  if (awaitsNothing(context.workload) || reports.some(({ all }) => gaveUp(all) > 0)) await untilCountStands(life, clock)
  const after = await surroundings(life, arm, true)
  return {
    startNs: task.startAtNs,
    measurement: { ...measurementOf(task, reports, before, after, life), use: shape.use },
    eventLoopDelayP99Ms: {
      workers: reports.map(({ eventLoopDelayP99Ms }) => eventLoopDelayP99Ms),
      relay: relay ? after.relayLoopP99Ms : null,
    },
    workerCpuMs: reports.map(({ cpuMs }) => cpuMs),
    workerDropped: reports.map(({ all }) => all.iterations.dropped),
  }
}

function gaveUp({ attempts, attemptErrors }: SliceReport['all']): number {
  return attempts.cancelled + (attemptErrors['timeout'] ?? 0) + (attemptErrors['lost'] ?? 0)
}

function taskOf(context: SliceContext, arm: Arm, { ordinal, load }: SliceShape, startAtNs: number): SliceTask {
  const { life, workload, windowNs } = context
  const port = arm.path === 'relay' ? life.relay?.ports[arm.id] : life.target.port
  return {
    arm: arm.id,
    slice: ordinal,
    host: arm.path === 'relay' ? '127.0.0.1' : life.target.host,
    port: port ?? life.target.port,
    load,
    client: arm.client,
    startAtNs,
    discardNs: arm.discardNs,
    measureNs: arm.sliceNs - arm.discardNs,
    // To the deadline of what is in flight: what hangs must end as a failure, not as cut off.
    drainNs: workload.timeoutNs + arm.drainNs,
    windowNs,
  }
}

async function untilCountStands({ counter }: TargetLife, clock: Clock): Promise<void> {
  if (!counter) return
  const untilNs = clock.nowNs() + quietLimitNs
  for (let last = await counter.read(); clock.nowNs() < untilNs;) {
    await clock.sleep(quietPollNs)
    const next = await counter.read()
    const moved = counter.requestsBetween(last, next)
    if ('problem' in moved || moved.requests === 0) return
    last = next
  }
}

async function surroundings(life: TargetLife, arm: Arm, quiet: boolean): Promise<Surroundings> {
  const relay = arm.path === 'relay' ? life.relay : null
  const reading = quiet ? await relay?.readQuiet(arm.id, quietLimitNs) : await relay?.read()
  const [stats, target, relayCpuMs] = await Promise.all([
    life.counter?.read() ?? null,
    life.sampleTarget(),
    relay ? life.relayCpuMs() : null,
  ])
  return {
    stats,
    target,
    relayCpuMs,
    relay: reading?.arms[arm.id] ?? null,
    relayLoopP99Ms: reading?.eventLoopDelayP99Ms ?? null,
  }
}

function measurementOf(
  task: SliceTask,
  reports: readonly SliceReport[],
  before: Surroundings,
  after: Surroundings,
  life: TargetLife,
): Omit<SliceMeasurement, 'use'> {
  const nothing = emptyCounts([])
  return {
    latencies: latenciesOf(reports, after.relay),
    requestLatencies: requestLatenciesOf(reports),
    workers: mostInFlight(task.load),
    schedule: scheduleOf(task),
    measuredNs: Math.max(0, ...reports.map(({ measuredNs }) => measuredNs)),
    all: reports.map(({ all }) => all).reduce(addCounts, nothing),
    measured: reports.map(({ measured }) => measured).reduce(addCounts, nothing),
    policyCounters: reports.map(({ policyCounters }) => policyCounters).reduce<Record<string, number>>(addRecords, {}),
    protocolCounters: reports
      .map(({ protocolCounters }) => protocolCounters)
      .reduce<Record<string, number>>(addRecords, {}),
    feedExhausted: reports.some(({ feedExhausted }) => feedExhausted),
    errorTexts: addTexts(reports.map(({ errorTexts }) => errorTexts)),
    server: serverCount(life, before, after),
    generatorCpuMs: reports.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
    ...relayShare(before, after),
    ...targetShare(before.target, after.target),
  }
}

function relayShare(
  before: Surroundings,
  after: Surroundings,
): Pick<SliceMeasurement, 'tallies' | 'upstreamFailures' | 'relayCpuMs'> {
  return {
    tallies: talliesBetween(before.relay?.tallies ?? {}, after.relay?.tallies ?? {}),
    upstreamFailures: (after.relay?.upstreamFailures ?? 0) - (before.relay?.upstreamFailures ?? 0),
    relayCpuMs: before.relayCpuMs === null || after.relayCpuMs === null ? null : after.relayCpuMs - before.relayCpuMs,
  }
}

function targetShare(
  before: TreeSample | null,
  after: TreeSample | null,
): Pick<SliceMeasurement, 'targetCpuMs' | 'memoryKb' | 'fds' | 'threads'> {
  if (!after) return { targetCpuMs: null, memoryKb: null, fds: null, threads: null }
  const { cpuMs, memoryKb, fds, threads } = after
  return { targetCpuMs: before ? cpuMs - before.cpuMs : null, memoryKb, fds, threads }
}

function serverCount({ counter, counterProblem }: TargetLife, before: Surroundings, after: Surroundings): ServerCount {
  if (!counter || !before.stats || !after.stats) return null
  if (counterProblem !== null) return { problem: counterProblem }
  return counter.requestsBetween(before.stats, after.stats)
}

function latenciesOf(reports: readonly SliceReport[], relay: ArmReading | null): ArmLatencies {
  const merged = (pick: (report: SliceReport) => string | null): LatencyHistogram =>
    merge(reports.map(pick).filter((encoded) => encoded !== null))
  const delays = relay?.delays
  return {
    ok: merged(({ okLatency }) => okLatency),
    failed: merged(({ failedLatency }) => failedLatency),
    corrected: merged(({ correctedLatency }) => correctedLatency),
    sendLateness: merged(({ sendLateness }) => sendLateness),
    attempt: merged(({ attemptLatency }) => attemptLatency),
    queue: merged(({ queue }) => queue),
    connect: merged(({ connect }) => connect),
    firstByte: merged(({ firstByte }) => firstByte),
    injectedDelay: merge(delays ? [delays.added] : []),
    injectedDelayError: merge(delays ? [delays.error] : []),
  }
}

/** By request; only those of which there is something to tell. */
function requestLatenciesOf(reports: readonly SliceReport[]): Map<string, LatencyHistogram> {
  const names = new Set(reports.flatMap(({ requestLatency }) => Object.keys(requestLatency)))
  return new Map(
    [...names].map((name) => {
      const encoded = reports.map(({ requestLatency }) => requestLatency[name]).filter((text) => text !== undefined)
      return [name, merge(encoded)]
    }),
  )
}

function scheduleOf({ load, measureNs }: SliceTask): SliceMeasurement['schedule'] {
  if (load.model === 'closed' || load.rate.kind === 'share') return null
  const { perSecond } = load.rate
  return { fromPerSecond: perSecond.from, toPerSecond: levelAt(perSecond, measureNs) }
}

/** The sum of encoded histograms. */
export function merge(encoded: readonly string[]): LatencyHistogram {
  const sum = createHistogram()
  for (const text of encoded) {
    const one = decodeHistogram(text)
    sum.add(one)
    one.destroy()
  }
  return sum
}
