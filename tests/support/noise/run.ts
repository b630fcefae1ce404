import { createRng, type Rng } from '../../../harness/kernel/rng.ts'
import { type PairedTrace, pairedTraceId, type TracedSlice } from '../../../harness/judge/trace/paired-trace.ts'
import { Chance } from './chance.ts'
import { amplification, drawLatency, type LatencyShape, thresholdAt } from './latency.ts'
import {
  type NoiseKind,
  type NoiseKindName,
  noiseKinds,
  type NoiseLevelName,
  noiseLevels,
  processOf,
  sliceSeconds,
} from './levels.ts'
import { Machine } from './machine.ts'
import { type SliceOrderName, sliceOrders, splitSlots } from './orders.ts'

/** What an arm truly does worse: logarithms of ratios, and shares of operations. Absent: nothing. */
export type Effect = Readonly<Partial<Record<'throughput' | 'p50' | 'p95' | 'p99' | 'cpu' | 'slow' | 'errors', number>>>

/** Something that meets one arm only, all its slices of these rounds. */
export interface Disturbance {
  readonly arm: string
  readonly rounds: readonly number[]
  readonly slowdown: number
  /** The share of operations that fail of it. */
  readonly failed: number
}

/** A run that is to be simulated. */
export interface NoisyRun {
  readonly level: NoiseLevelName
  readonly kind?: NoiseKindName
  readonly rounds: number
  readonly policies: readonly string[]
  /** Whether the baseline is there once, shares its slices with a second one, or is there twice. */
  readonly control?: 'none' | 'split' | 'whole'
  readonly order?: SliceOrderName
  /** Of the policies, by name. */
  readonly effects?: Readonly<Record<string, Effect>>
  readonly disturbances?: readonly Disturbance[]
  /** In so large a share of the rounds of each arm so many of its operations fail. */
  readonly bursts?: { readonly share: number; readonly failed: number }
  /** Standard deviation of what each arm is slower by all through the run, as where its code or data happen to lie. */
  readonly offsets?: number
  readonly slices?: number
  readonly ratePerSecond?: number
  /** Whether each round has processes of its own; else one process per arm serves the whole run. */
  readonly restarts?: boolean
}

/** A slice as the machine had it, before anything is counted. */
export interface SliceCondition {
  readonly arm: string
  readonly order: number
  readonly startMs: number
  /** Of the machine, within the part that is measured: mean and variance. */
  readonly machine: { readonly mean: number; readonly variance: number }
  /** Slow-down of the process, disturbances included. */
  readonly process: number
  readonly failed: number
}

const discardedSeconds = 0.25
const warmupSeconds = 3
const restartSeconds = 1
const measuredSeconds = sliceSeconds - discardedSeconds

/** With this rate a slice has the 800 requests of B3 in its 1.75 measured seconds. */
const usualRate = 800 / measuredSeconds
const usualSlices = 5

/** CPU time of an operation of a healthy process: in part it is the neighbour's cache misses, too. */
const cpuMs = 0.5
const cpuShare = 0.3
const cpuSd = 0.01
/** Failures of a healthy run. */
const failedShare = 1e-4

/** The conditions under which the slices of each round are measured: of the seed and the run alone. */
export function conditionsOf(seed: number | string, run: NoisyRun): readonly (readonly SliceCondition[])[] {
  const rng = createRng(seed).fork('conditions')
  const chance = new Chance(rng)
  const kind: NoiseKind = noiseKinds[run.kind ?? 'plain']
  const arms = armsOf(run)
  const idleSeconds = restartSeconds + warmupSeconds * arms.length
  const loadedSeconds = sliceSeconds * orderOf(run, 0, rng.fork('length')).length
  const machine = new Machine(noiseLevels[run.level], kind, chance, run.rounds * (idleSeconds + loadedSeconds))
  const offsets = (): Map<string, number> => new Map(arms.map((arm) => [arm, processOf(kind, chance)]))
  const lasting = lastingOf(run, rng)
  const bursting = burstsOf(run, rng)
  let processes = offsets()
  return Array.from({ length: run.rounds }, (_, round) => {
    if (round > 0 && (run.restarts ?? true)) processes = offsets()
    machine.pass(idleSeconds)
    const failing = new Map(arms.map((arm) => [arm, bursting()]))
    return orderOf(run, round, rng).map((arm, order) => {
      const startMs = 1000 * (machine.seconds + discardedSeconds)
      const disturbance = run.disturbances?.find((one) => one.arm === arm && one.rounds.includes(round))
      return {
        arm,
        order,
        startMs,
        machine: machine.measure(sliceSeconds, discardedSeconds),
        process: (processes.get(arm) ?? 0) + (lasting.get(arm) ?? 0) + (disturbance?.slowdown ?? 0),
        failed: (failing.get(arm) ?? 0) + (disturbance?.failed ?? 0),
      }
    })
  })
}

/** What each arm is slower by all through the run. */
function lastingOf(run: NoisyRun, rng: Rng): ReadonlyMap<string, number> {
  const { offsets = 0 } = run
  const chance = new Chance(rng.fork('lasting'))
  return new Map(armsOf(run).map((arm) => [arm, offsets === 0 ? 0 : offsets * chance.normal()]))
}

/** Says of one arm after the other what share of its operations fail in a round. */
function burstsOf({ bursts }: NoisyRun, rng: Rng): () => number {
  const own = rng.fork('bursts')
  return () => (bursts !== undefined && own.next() < bursts.share ? bursts.failed : 0)
}

/** The arms of a run, by the names that traces have for them. */
function armsOf({ policies, control = 'whole' }: NoisyRun): readonly string[] {
  return ['baseline', ...(control === 'none' ? [] : ['control']), ...policies.map((name) => `policy:${name}`)]
}

function orderOf(run: NoisyRun, round: number, rng: Rng): readonly string[] {
  const { slices = usualSlices, order = 'random cycles', control = 'whole' } = run
  if (control !== 'split') return sliceOrders[order](armsOf(run), slices, rng)
  const shared = splitSlots(slices, round, rng)
  let slot = 0
  const arms = armsOf(run).filter((arm) => arm !== 'control')
  return sliceOrders[order](arms, slices, rng).map((arm) =>
    arm === 'baseline' && shared.has(slot++) ? 'control' : arm,
  )
}

/** What the latencies of a slice's requests are drawn from. */
export function latencyShapeOf(condition: SliceCondition, ratePerSecond = usualRate): LatencyShape {
  const { machine, process } = condition
  return {
    logMedian: amplification * machine.mean + process,
    variance: machine.variance,
    count: Math.max(1, Math.round(ratePerSecond * measuredSeconds * Math.exp(-machine.mean - process))),
  }
}

/** A slice with all that a decision may ask of it. */
export interface NoisySlice extends TracedSlice {
  readonly latencyMs: { readonly p50: number; readonly p95: number; readonly p99: number }
  readonly slow: number
  readonly cpuMs: number
  readonly throughput: true
}

/** Simulates a run: its rounds as a trace has them. Two of the same seed are equal, and equal but for their effects. */
export function noisyRounds(
  seed: number | string,
  run: NoisyRun,
): readonly { readonly slices: readonly NoisySlice[] }[] {
  const chance = new Chance(createRng(seed).fork('figures'))
  const { burst, quietSeconds, busySeconds } = noiseLevels[run.level]
  const threshold = thresholdAt((burst * busySeconds) / (busySeconds + quietSeconds))
  return conditionsOf(seed, run).map((conditions) => ({
    slices: conditions.map((condition) => sliceOf(chance, condition, run, threshold)),
  }))
}

function sliceOf(chance: Chance, condition: SliceCondition, run: NoisyRun, threshold: number): NoisySlice {
  const { arm, order, startMs, machine, process, failed: failing } = condition
  const effect: Effect = run.effects?.[arm.slice('policy:'.length)] ?? {}
  const shape = latencyShapeOf(condition, run.ratePerSecond)
  const drawn = drawLatency(chance, shape, threshold)
  const failed = chance.poisson(shape.count * (failedShare + failing + (effect.errors ?? 0)))
  const ok = Math.max(1, Math.round(shape.count * Math.exp(-(effect.throughput ?? 0))) - failed)
  const cpu = cpuMs * Math.exp(cpuShare * machine.mean + process + (effect.cpu ?? 0) + cpuSd * chance.normal())
  return {
    arm,
    order,
    startMs,
    durationMs: 1000 * measuredSeconds,
    ok,
    failed,
    latencyMs: {
      p50: Math.exp(drawn.p50 + (effect.p50 ?? 0)),
      p95: Math.exp(drawn.p95 + (effect.p95 ?? 0)),
      p99: Math.exp(drawn.p99 + (effect.p99 ?? 0)),
    },
    slow: drawn.slow + chance.poisson(Math.max(0, effect.slow ?? 0) * ok),
    cpuMs: cpu * (ok + failed),
    throughput: true,
  }
}

/** The run as a document that `soakrig analyze` reads. */
export function noisyTrace(seed: number | string, run: NoisyRun, more: Partial<PairedTrace> = {}): PairedTrace {
  const rounds = noisyRounds(seed, run).map(({ slices }) => ({
    slices: slices.map(({ throughput: _, ...slice }) => slice),
  }))
  return { schema: pairedTraceId, id: String(seed), calibration: null, ...more, rounds }
}
