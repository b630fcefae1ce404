import type { Clock } from '../kernel/clock.ts'
import { nsPerMs, nsPerSecond } from '../kernel/units.ts'
import type { SliceReport, SliceTask } from '../load/protocol.ts'
import { addCounts, addRecords, emptyCounts } from '../measure/counts.ts'
import type { DeadLetter } from '../measure/dead-letter.ts'
import type { ComparedLatency } from '../measure/compared-latency.ts'
import { createHistogram, decodeHistogram, type LatencyHistogram } from '../measure/histogram.ts'
import { addTexts, type ArmLatencies, type SliceMeasurement, type SliceUse } from '../measure/measurements.ts'
import { addEvents, noEvents } from '../measure/policy-event.ts'
import { addRules } from '../measure/rule-tally.ts'
import { addTallies } from '../measure/tally.ts'
import { dialerTask } from '../faults/dialer.ts'
import type { ArmDelays } from '../faults/relay/protocol.ts'
import type { Arm } from '../plan/arms.ts'
import { otherTargetsOf } from '../resilience/settings.ts'
import { mostInFlight } from '../plan/models.ts'
import { levelAt } from '../plan/pacer/curve.ts'
import type { Plan } from '../plan/plan.ts'
import { awaitsNothing } from '../workload/traits.ts'
import type { LoadModel } from '../workload/model.ts'
import { untilCountsStand } from './counts-stand.ts'
import type { TargetLife } from './life.ts'
import { resolverArm } from './relay-arms.ts'
import type { Shards } from './shards.ts'
import { type SliceSteps, underFaults } from './slice-faults.ts'
import { readSurroundings, relayShare, serverCount, type Surroundings, targetShare } from './surroundings.ts'
import { loopback } from '../target/running.ts'
import { workloadOf } from './workloads.ts'

/** Time for the word to reach all workers before the first loop starts. */
const leadNs = 15 * nsPerMs
/** Time for the relay to hear of the slice before that. */
const relayLeadNs = 10 * nsPerMs
/** How long the relay, and the targets' own counts, are given to stand still after a slice. */
const quietLimitNs = nsPerSecond

export interface SliceContext {
  readonly life: TargetLife
  readonly shards: Shards
  readonly workload: Plan['profile']['workload']
  readonly clock: Clock
  readonly windowNs: number
  /** Aborts when nothing more is to be measured: what is in flight is drained without a fault. */
  readonly halted: AbortSignal
  /** Hears what went wrong beside the load, such as a target that did not start again. */
  readonly failed: (error: unknown) => void
}

/** What a slice is besides its arm. */
export interface SliceShape {
  /** Counts the slices of the run. */
  readonly ordinal: number
  /** An open model has its rate as a number. */
  readonly load: LoadModel
  readonly use: SliceUse
  readonly steps: SliceSteps
  /** How often the workers tell what they count; undefined for not at all. */
  readonly countEveryNs: number | undefined
  /** How often they tell how the client's policies fare; undefined for not at all. */
  readonly readEveryNs: number | undefined
}

/** A slice as it was carried out. */
export interface CarriedSlice {
  readonly startNs: number
  readonly measurement: SliceMeasurement
  readonly compared: ComparedLatency
  /** The worst p99 of the workers' and the relay's event loops. */
  readonly eventLoopDelayP99Ms: { readonly workers: readonly number[]; readonly relay: number | null }
  readonly workerCpuMs: readonly number[]
  /** Iterations that each worker had to drop. */
  readonly workerDropped: readonly number[]
  /** What the policies of the client gave up and kept. */
  readonly deadLetters: readonly DeadLetter[]
}

/** Runs one slice of an arm: its own connections, drained before it ends; relay and target are quiet afterwards. */
export async function runSlice(context: SliceContext, arm: Arm, shape: SliceShape): Promise<CarriedSlice> {
  const { life, shards, clock } = context
  const relay = life.relayOf(arm)
  const others = otherTargetsOf(arm.client)
  const before = await readSurroundings(life, relay, 0, others)
  const task = taskOf(context, arm, shape, clock.nowNs() + (relay ? relayLeadNs : 0) + leadNs)
  const { startAtNs, discardNs, measureNs } = task
  const measureFromNs = startAtNs + discardNs
  const times = { ordinal: shape.ordinal, startNs: startAtNs, measureFromNs, endNs: measureFromNs + measureNs }
  const { done: reports, beside } = await underFaults(context, arm, times, shape.steps, () => shards.run(task))
  // What was given up by us, or not waited for, may still be under way in a target, and would be counted later.
  if (awaitsNothing(context.workload) || reports.some(({ all }) => gaveUp(all) > 0))
    await untilCountsStand(life, others, clock, quietLimitNs)
  const after = await readSurroundings(life, relay, quietLimitNs, others)
  const measurement = measurementOf(task, reports, before, after, life)
  return {
    startNs: task.startAtNs,
    measurement: {
      ...measurement,
      use: shape.use,
      tallies: [beside.tallies, ...reports.map(({ dialerTallies }) => dialerTallies)].reduce(
        addTallies,
        measurement.tallies,
      ),
      rules: addRules(measurement.rules, beside.rules),
      faultCounters: addRecords(measurement.faultCounters, beside.faultCounters),
    },
    compared: {
      ok: merge(reports.map(({ compared }) => compared.ok)),
      failed: merge(reports.map(({ compared }) => compared.failed)),
    },
    eventLoopDelayP99Ms: {
      workers: reports.map(({ eventLoopDelayP99Ms }) => eventLoopDelayP99Ms),
      relay: after.relay?.eventLoopDelayP99Ms ?? null,
    },
    workerCpuMs: reports.map(({ cpuMs }) => cpuMs),
    workerDropped: reports.map(({ all }) => all.iterations.dropped),
    deadLetters: reports.flatMap(({ deadLetters }) => deadLetters),
  }
}

function gaveUp({ attempts, attemptErrors }: SliceReport['all']): number {
  return attempts.cancelled + (attemptErrors['timeout'] ?? 0) + (attemptErrors['lost'] ?? 0)
}

function taskOf(
  context: SliceContext,
  arm: Arm,
  { ordinal, load, countEveryNs, readEveryNs }: SliceShape,
  startAtNs: number,
): SliceTask {
  const { life, workload, windowNs } = context
  const { relay, target, dialled } = life
  const rules = life.rulesOf(arm)
  const port = arm.path === 'relay' ? relay?.ports[arm.id] : target.port
  const resolverPort = relay?.ports[resolverArm(arm.id)]
  const resolver = resolverPort === undefined ? null : { host: loopback, port: resolverPort, name: dialled.name }
  return {
    arm: arm.id,
    workload: workloadOf(arm),
    slice: ordinal,
    life: life.index,
    host: arm.path === 'relay' ? loopback : target.host,
    port: port ?? target.port,
    dialer: dialerTask(rules, resolver, { host: target.host, port: target.port }),
    load,
    client: arm.client,
    others: life.others.addresses(otherTargetsOf(arm.client)),
    startAtNs,
    discardNs: arm.discardNs,
    measureNs: arm.sliceNs - arm.discardNs,
    // To the deadline of what is in flight: what hangs must end as a failure, not as cut off.
    drainNs: workload.timeoutNs + arm.drainNs,
    windowNs,
    ...(countEveryNs !== undefined && { countEveryNs }),
    ...(readEveryNs !== undefined && { readEveryNs }),
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
    latencies: latenciesOf(reports, after.relay?.delays ?? null),
    requestLatencies: requestLatenciesOf(reports),
    workers: mostInFlight(task.load),
    schedule: scheduleOf(task),
    measuredNs: Math.max(0, ...reports.map(({ measuredNs }) => measuredNs)),
    all: reports.map(({ all }) => all).reduce(addCounts, nothing),
    measured: reports.map(({ measured }) => measured).reduce(addCounts, nothing),
    policyCounters: reports.map(({ policyCounters }) => policyCounters).reduce<Record<string, number>>(addRecords, {}),
    policyPeaks: reports.map(({ policyPeaks }) => policyPeaks).reduce<Record<string, number>>(addRecords, {}),
    policyEvents: reports.map(({ policyEvents }) => policyEvents).reduce(addEvents, noEvents),
    protocolCounters: reports
      .map(({ protocolCounters }) => protocolCounters)
      .reduce<Record<string, number>>(addRecords, {}),
    feedExhausted: reports.some(({ feedExhausted }) => feedExhausted),
    errorTexts: addTexts(reports.map(({ errorTexts }) => errorTexts)),
    server: serverCount(life, before, after),
    otherServers: life.others.between(before.others, after.others),
    generatorCpuMs: reports.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
    ...relayShare(before.relay, after.relay),
    ...targetShare(before.target, after.target),
  }
}

function latenciesOf(reports: readonly SliceReport[], delays: ArmDelays | null): ArmLatencies {
  const merged = (pick: (report: SliceReport) => string | null): LatencyHistogram =>
    merge(reports.map(pick).filter((encoded) => encoded !== null))
  return {
    ok: merged(({ okLatency }) => okLatency),
    failed: merged(({ failedLatency }) => failedLatency),
    corrected: merged(({ correctedLatency }) => correctedLatency),
    sendLateness: merged(({ sendLateness }) => sendLateness),
    attempt: merged(({ attemptLatency }) => attemptLatency),
    queue: merged(({ queue }) => queue),
    connect: merged(({ connect }) => connect),
    firstByte: merged(({ firstByte }) => firstByte),
    askedDelay: merge(delays ? [delays.asked] : []),
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
