import { significant } from '../kernel/units.ts'
import type { SliceUse } from '../measure/measurements.ts'
import type { Arm } from '../plan/arms.ts'
import type { Gate } from '../plan/gate.ts'
import type { PlannedComparison } from './paired/compare-arms.ts'
import { type MetricName, metricNames } from './paired/metrics.ts'
import type { PairedSlice, Pairing, Round } from './paired/slice.ts'

/** What the gate of a run compares; it is archived with the result, which it decides. */
export interface GatePlan {
  /** After how many rounds the run may have an answer, ascending. */
  readonly looks: readonly number[]
  readonly pairings: readonly GatePairing[]
  /** Two measurements of the same build, of which one is held against the other. */
  readonly controls: readonly Pairing[]
}

/** Two groups of arms that are compared in every metric. */
export interface GatePairing extends Pairing {
  /** The metrics that may fail the run. */
  readonly gated: readonly MetricName[]
}

/** A slice of the gate, as a result has it. Times in ms, fractions rounded to 6 digits. */
export interface GateSlice {
  readonly round: number
  readonly group: number
  /** The arm's id. */
  readonly arm: string
  readonly use: SliceUse
  readonly durationMs: number
  readonly ok: number
  readonly failed: number
  readonly p50: number | null
  readonly p95: number | null
  readonly p99: number | null
  readonly slow: number | null
  readonly cpuMs: number | null
}

/** So many comparisons may fail a run: each further one would make all of them blinder. */
const mostGated = 12

/** What a policy of the client may cost, and what a build may be worse in than its former one. */
const costMetrics: readonly MetricName[] = ['throughput']
const buildMetrics: readonly MetricName[] = ['throughput', 'p50', 'p99', 'cpu']

/** Every policy against the baseline, and the target against its former build. */
export function planGate({ groups, looks }: Gate): GatePlan {
  const pairings = groups.flatMap((arms, group) => pairingsOf(arms, group))
  return {
    looks,
    pairings: pairings.map((pairing, index) => {
      const before = pairings.slice(0, index).reduce((sum, { gated }) => sum + gated.length, 0)
      return { ...pairing, gated: pairing.gated.slice(0, Math.max(0, mostGated - before)) }
    }),
    controls: groups.flatMap((arms, group) => controlsOf(arms, group)),
  }
}

function pairingsOf(arms: readonly Arm[], group: number): readonly GatePairing[] {
  const named = arms.filter(({ policy }) => policy === null)
  const [ofTarget, ofFormer] = [true, false].map((own) => named.filter((arm) => ofTheTarget(arm) === own))
  const costs = arms.filter(({ policy }) => policy !== null)
  return [
    ...(ofFormer && ofTarget && ofFormer.length > 0
      ? [{ ...pairingOf(ofTarget, ofFormer, group), gated: buildMetrics }]
      : []),
    ...costs.map((arm) => ({ ...pairingOf([arm], ofTarget ?? [], group), gated: costMetrics })),
  ]
}

function ofTheTarget({ build }: Arm): boolean {
  return build === 'target' || build === 'again'
}

/** Every comparison that the gate makes: each pairing in each metric. */
export function plannedOf({ pairings }: Pick<GatePlan, 'pairings'>): readonly PlannedComparison[] {
  return pairings.flatMap(({ gated, ...pairing }) =>
    metricNames.map((metric) => ({ pairing, metric, gated: gated.includes(metric) })),
  )
}

/** The second measurement of each build against the first. */
function controlsOf(arms: readonly Arm[], group: number): readonly Pairing[] {
  const named = arms.filter(({ policy }) => policy === null)
  return [
    { second: 'control', first: 'baseline' },
    { second: 'again', first: 'baseline' },
    { second: 'twin', first: 'base' },
  ].flatMap(({ second, first }) => {
    const [a, b] = [second, first].map((kind) => named.filter((arm) => arm.kind === kind))
    return a && b && a.length > 0 && b.length > 0 ? [pairingOf(a, b, group)] : []
  })
}

function pairingOf(arms: readonly Arm[], against: readonly Arm[], group: number): Pairing {
  const named = (all: readonly Arm[]): readonly string[] => all.map(({ id }) => inGroup(id, group))
  const [policy, base] = [arms, against].map(([first]) => first?.id ?? '')
  return { policy: policy ?? '', against: base ?? '', arms: named(arms), baseArms: named(against) }
}

/** The baseline of one group is not that of another, which had other processes. */
function inGroup(arm: string, group: number): string {
  return `${arm}#${group}`
}

/** The rounds of the gate that are complete, from the first on: every arm that takes part has a slice in them. */
export function roundsOf(
  slices: readonly GateSlice[],
  { pairings, controls }: Pick<GatePlan, 'pairings' | 'controls'>,
): readonly Round[] {
  const needed = new Set([...pairings, ...controls].flatMap(({ arms, baseArms }) => [...arms, ...baseArms]))
  const rounds: Round[] = []
  const byRound = Map.groupBy(slices, ({ round }) => round)
  for (;;) {
    const paired = (byRound.get(rounds.length) ?? []).map(pairedSlice)
    const there = new Set(paired.map(({ arm }) => arm))
    if (paired.length === 0 || [...needed].some((arm) => !there.has(arm))) return rounds
    rounds.push({ slices: paired })
  }
}

function pairedSlice(slice: GateSlice): PairedSlice {
  const { arm, group, use, p50, p95, p99, slow, cpuMs } = slice
  const latency = use !== 'throughput' && p50 !== null && p95 !== null && p99 !== null ? { p50, p95, p99 } : null
  return {
    arm: inGroup(arm, group),
    durationMs: fraction(slice.durationMs),
    ok: slice.ok,
    failed: slice.failed,
    latencyMs: latency && { p50: fraction(latency.p50), p95: fraction(latency.p95), p99: fraction(latency.p99) },
    slow,
    cpuMs: cpuMs === null ? null : fraction(cpuMs),
    throughput: use !== 'latency',
  }
}

/** As results have it. */
function fraction(value: number): number {
  return Number.isInteger(value) ? value : significant(value)
}
