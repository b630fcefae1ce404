import { significant } from '../kernel/units.ts'
import type { SliceUse } from '../measure/measurements.ts'
import type { Arm } from '../plan/arms.ts'
import type { Gate } from '../plan/gate.ts'
import type { Policy } from '../profile/policies.ts'
import { type Accepted, acceptedOf } from './accepted.ts'
import type { PlannedComparison } from './paired/compare-arms.ts'
import { type MetricName, metricNames, metricsOf } from './paired/metrics.ts'
import type { PairedSlice, Pairing, Round } from './paired/slice.ts'

/** What the gate of a run compares; it is archived with the result, which it decides. */
export interface GatePlan {
  /** After how many rounds the run may have an answer, ascending. */
  readonly looks: readonly number[]
  readonly pairings: readonly GatePairing[]
  /** Two measurements of the same build, of which one is held against the other. */
  readonly controls: readonly Pairing[]
  /** What the target is measured beside, to be held to other runs; null where nothing is. */
  readonly yardstick: GateYardstick | null
}

/** The target beside soakrig's own server, of which nothing is decided in the run itself. */
export interface GateYardstick {
  /** Two results of one name were measured with the same yardstick. */
  readonly name: string
  readonly pairing: Pairing
}

/** Two groups of arms that are compared in every metric. */
export interface GatePairing extends Pairing {
  /** The metrics that may fail the run; none of the pairings that come after the twelfth comparison. */
  readonly gated: readonly MetricName[]
  /** What the policy may cost; absent where it is nothing. */
  readonly accepted?: Accepted
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
  /** What the process held after it, where builds are compared. */
  readonly rssKb: number | null
  readonly heapKb: number | null
}

/** So many comparisons may fail a run by a test: each further one would make all of them blinder. */
const mostGated = 12

/** What a policy of the client may cost, and what a build may be worse in than its former one. */
export const costMetrics: readonly MetricName[] = ['throughput']
export const buildMetrics: readonly MetricName[] = ['throughput', 'p50', 'p99', 'cpu', 'rss']

/** What tells of the speed of the target, beside a server that is the same every night. */
const speedMetrics: readonly MetricName[] = ['throughput', 'p50', 'p99', 'cpu']

/**
 * Every policy against the baseline, by what it may cost, and the target against its former build and the yardstick. Of a
 * policy that is not among `policies` no cost is accepted. `heaps`: both builds can be asked for theirs.
 */
export function planGate(
  { groups, looks, yardstick }: Gate,
  policies: readonly Pick<Policy, 'name' | 'cost'>[] = [],
  heaps = false,
): GatePlan {
  const ofBuilds: readonly MetricName[] = heaps ? [...buildMetrics, 'heap'] : buildMetrics
  const pairings = groups.flatMap((arms, group) => pairingsOf(arms, group, policies, ofBuilds))
  return {
    looks,
    pairings: pairings.map((pairing, index) => {
      const before = pairings.slice(0, index).reduce((sum, { gated }) => sum + gated.length, 0)
      return { ...pairing, gated: pairing.gated.slice(0, Math.max(0, mostGated - before)) }
    }),
    controls: groups.flatMap((arms, group) => controlsOf(arms, group)),
    yardstick: yardstick && { name: yardstick.name, pairing: speedPairing(groups) },
  }
}

function pairingsOf(
  arms: readonly Arm[],
  group: number,
  policies: readonly Pick<Policy, 'name' | 'cost'>[],
  ofBuilds: readonly MetricName[],
): readonly GatePairing[] {
  const [ofTarget, ofFormer] = [ofTheTarget(arms), armsOf(arms, 'base', 'twin')]
  const costs = arms.filter(({ policy }) => policy !== null)
  return [
    ...(ofFormer.length > 0 ? [{ ...pairingOf(ofTarget, ofFormer, group), gated: ofBuilds }] : []),
    ...costs.map((arm) => {
      const pairing = { ...pairingOf([arm], ofTarget, group), gated: costMetrics }
      const accepted = acceptedBy(policies.find(({ name }) => name === arm.policy))
      return Object.keys(accepted).length === 0 ? pairing : { ...pairing, accepted }
    }),
  ]
}

function acceptedBy(policy: Pick<Policy, 'cost'> | undefined): Accepted {
  return policy ? acceptedOf(policy.cost) : {}
}

function ofTheTarget(arms: readonly Arm[]): readonly Arm[] {
  return armsOf(arms, 'baseline', 'control', 'again')
}

function armsOf(arms: readonly Arm[], ...kinds: readonly Arm['kind'][]): readonly Arm[] {
  return arms.filter(({ policy, kind }) => policy === null && kinds.includes(kind))
}

/** The group that has the yardstick. */
function speedPairing(groups: Gate['groups']): Pairing {
  const group = groups.findIndex((arms) => armsOf(arms, 'yardstick').length > 0)
  const arms = groups[group] ?? []
  return pairingOf(ofTheTarget(arms), armsOf(arms, 'yardstick'), group)
}

/**
 * Every comparison that the gate makes of these rounds: each pairing in each metric that they tell, or that is gated; and
 * what is told of the target beside the yardstick.
 */
export function plannedOf(
  { pairings, yardstick }: Pick<GatePlan, 'pairings' | 'yardstick'>,
  rounds: readonly Round[],
): readonly PlannedComparison[] {
  const speed = yardstick === null ? [] : speedMetrics.map((metric) => ({ metric, pairing: yardstick.pairing }))
  return [
    ...pairings.flatMap(({ gated, accepted = {}, ...pairing }) => {
      const told = metricsOf(rounds, pairing)
      return metricNames
        .filter((metric) => told.includes(metric) || gated.includes(metric))
        .map((metric) => {
          const planned = { pairing, metric, gated: gated.includes(metric), accepted: accepted[metric] ?? 0 }
          return gated.length === 0 ? { ...planned, suspect: true } : planned
        })
    }),
    ...speed.map((one) => ({ ...one, gated: false, reported: true })),
  ]
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
  { pairings, controls, yardstick }: Pick<GatePlan, 'pairings' | 'controls' | 'yardstick'>,
): readonly Round[] {
  const all = [...pairings, ...controls, ...(yardstick ? [yardstick.pairing] : [])]
  const needed = new Set(all.flatMap(({ arms, baseArms }) => [...arms, ...baseArms]))
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
  const { arm, group, use, p50, p95, p99, slow, cpuMs, rssKb, heapKb } = slice
  const latency = use !== 'throughput' && p50 !== null && p95 !== null && p99 !== null ? { p50, p95, p99 } : null
  return {
    arm: inGroup(arm, group),
    durationMs: fraction(slice.durationMs),
    ok: slice.ok,
    failed: slice.failed,
    latencyMs: latency && { p50: fraction(latency.p50), p95: fraction(latency.p95), p99: fraction(latency.p99) },
    slow,
    cpuMs: cpuMs === null ? null : fraction(cpuMs),
    rssKb: rssKb === null ? null : fraction(rssKb),
    heapKb: heapKb === null ? null : fraction(heapKb),
    throughput: use !== 'latency',
  }
}

/** As results have it. */
function fraction(value: number): number {
  return Number.isInteger(value) ? value : significant(value)
}
