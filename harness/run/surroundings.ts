import type { ArmReading } from '../faults/relay/protocol.ts'
import { addRecords } from '../measure/counts.ts'
import type { ServerCount, SliceMeasurement } from '../measure/measurements.ts'
import { addRules, rulesBetween } from '../measure/rule-tally.ts'
import { addTallies, talliesBetween } from '../measure/tally.ts'
import type { TreeSample } from '../target/sample.ts'
import type { Reading, StatsProblem } from '../target/stats.ts'
import type { ArmRelay, TargetLife } from './life.ts'
import type { OtherReadings } from './other-targets.ts'

/** Counters of everything around a slice, before or after it. */
export interface Surroundings {
  readonly stats: Reading | StatsProblem | null
  readonly target: TreeSample | null
  readonly relay: RelaySurroundings | null
  /** Of the other targets that the arm may ask. */
  readonly others: OtherReadings
}

/** What the relay tells of an arm, its resolver included. */
interface RelaySurroundings extends Pick<ArmReading, 'tallies' | 'rules' | 'counters' | 'upstreamFailures' | 'delays'> {
  readonly cpuMs: number
  readonly eventLoopDelayP99Ms: number
}

/**
 * Reads them, and the counts of these `others`, when the arm's relay holds nothing any more, or when `quietNs` are over;
 * delays in the relay start anew.
 */
export async function readSurroundings(
  life: TargetLife,
  relay: ArmRelay | null,
  quietNs: number,
  others: readonly string[],
): Promise<Surroundings> {
  const ofRelay = relay && (await readRelay(relay, quietNs))
  const counts = Promise.all([life.counter?.read() ?? null, life.others.read(others)])
  const [[stats, ofOthers], target] = await Promise.all([counts, life.sampleTarget()])
  return { stats, target, relay: ofRelay, others: ofOthers }
}

async function readRelay({ handle, names, shared, cpuMs }: ArmRelay, quietNs: number): Promise<RelaySurroundings> {
  const [first] = names
  const { arms, eventLoopDelayP99Ms } = await handle.readQuiet(first, shared ? 0 : quietNs)
  const own = names.flatMap((name) => arms[name] ?? [])
  return {
    tallies: own.map(({ tallies }) => tallies).reduce(addTallies, {}),
    rules: own.map(({ rules }) => rules).reduce(addRules, {}),
    counters: own.map(({ counters }) => counters).reduce<Record<string, number>>(addRecords, {}),
    upstreamFailures: own.reduce((sum, { upstreamFailures }) => sum + upstreamFailures, 0),
    delays: arms[first]?.delays ?? null,
    cpuMs: await cpuMs(),
    eventLoopDelayP99Ms,
  }
}

/** What the relay did between two readings; of an arm without one, nothing. */
export function relayShare(
  before: RelaySurroundings | null,
  after: RelaySurroundings | null,
): Pick<SliceMeasurement, 'tallies' | 'rules' | 'faultCounters' | 'upstreamFailures' | 'relayCpuMs'> {
  if (!before || !after) return { tallies: {}, rules: {}, faultCounters: {}, upstreamFailures: 0, relayCpuMs: null }
  const negated = Object.fromEntries(Object.entries(before.counters).map(([name, count]) => [name, -count]))
  return {
    tallies: talliesBetween(before.tallies, after.tallies),
    rules: rulesBetween(before.rules, after.rules),
    faultCounters: addRecords(after.counters, negated),
    upstreamFailures: after.upstreamFailures - before.upstreamFailures,
    relayCpuMs: after.cpuMs - before.cpuMs,
  }
}

/** What the target used between two samples, and has at the second. */
export function targetShare(
  before: TreeSample | null,
  after: TreeSample | null,
): Pick<SliceMeasurement, 'targetCpuMs' | 'memoryKb' | 'fds' | 'threads'> {
  if (!after) return { targetCpuMs: null, memoryKb: null, fds: null, threads: null }
  const { cpuMs, memoryKb, fds, threads } = after
  return { targetCpuMs: before ? cpuMs - before.cpuMs : null, memoryKb, fds, threads }
}

/** What the target counted between two readings. */
export function serverCount(
  { counter, counterProblem }: TargetLife,
  before: Surroundings,
  after: Surroundings,
): ServerCount {
  if (!counter || !before.stats || !after.stats) return null
  if (counterProblem !== null) return { problem: counterProblem }
  return counter.requestsBetween(before.stats, after.stats)
}
