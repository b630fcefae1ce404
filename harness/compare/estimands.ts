import type { Result, ResultComparison, ResultSlice } from '../archive/result.ts'
import { type MetricName, metricNames } from '../judge/paired/metrics.ts'
import { differencesOf } from '../judge/paired/differences.ts'
import type { PairedSlice, Round } from '../judge/paired/slice.ts'
import type { AbsentEstimand, LeftOut } from '../judge/reference/case.ts'
import type { Estimand, EstimandKind, EstimandMetric } from '../judge/reference/estimand.ts'
import { locate } from '../judge/stats/walsh.ts'
import { significant } from '../kernel/units.ts'
import { leavesFigures } from '../measure/doubt-reach.ts'
import { armsOf, type PlacedArm } from './arms.ts'

/** What policies are compared by between runs: what a gate tells of all of them. */
const fragilityMetrics: readonly MetricName[] = ['throughput', 'p50', 'p99']

/** The words by which doubts taint a metric, besides its name. */
const taintWords: Readonly<Partial<Record<EstimandMetric, readonly string[]>>> = {
  p50: ['latency', 'latency comparisons'],
  p99: ['latency', 'latency comparisons'],
  cpu: ['cpuUsPerRequest'],
  memory: ['rss', 'rssDeltaKb'],
  files: ['fds'],
}

/**
 * What a result tells that other runs can be held against, in the order of the file: speed beside the yardstick, what the
 * target took of the machine, and every policy relative to its baseline. A function of the archived result.
 */
export function estimandsOf(result: Result): readonly Estimand[] {
  const found = [...speedOf(result), ...resourcesOf(result), ...fragilityOf(result)]
  return found.map((estimand) => ({ ...estimand, tainted: taintsOf(result, estimand) }))
}

/** The memory of a run with stress of which the result has no peak: where its slope is not judged, none is kept. */
export function absentOf({ memory }: Result): readonly AbsentEstimand[] {
  if (memory === undefined || peakOf(memory) !== null) return []
  const why =
    memory.notJudged === null ? 'it was not read' : `its peak is kept where its growth is judged: ${memory.notJudged}`
  return [{ kind: 'resources', scope: memoryScope, against: null, metric: 'memory', why }]
}

/** The policies that the plan of a run left out: chance draws, by the seed, for which of them the budget has room. */
export function leftOutOf({ plan }: Result): readonly LeftOut[] {
  return plan.notMeasured.flatMap(({ what, why }) => {
    const [, policy] = /^policy (.+)$/su.exec(what) ?? []
    return policy === undefined ? [] : [{ phase: `policy.${policy}`, why }]
  })
}

const memoryScope = 'stress'

function peakOf({ kinds }: NonNullable<Result['memory']>): number | null {
  return kinds.find(({ kind }) => kind === 'rss')?.peak ?? null
}

type Untainted = Omit<Estimand, 'tainted'>

/** Another yardstick is another figure: it is in the name. */
function speedOf({ gate, comparisons }: Result): readonly Untainted[] {
  // Files from before yardsticks have none.
  const yardstick = gate?.yardstick ?? null
  if (yardstick === null) return []
  return comparisons
    .filter(({ against }) => against === yardstick.pairing.against)
    .flatMap((comparison) => ofComparison('speed', comparison, yardstick.name))
}

function ofComparison(kind: EstimandKind, comparison: ResultComparison, against: string): readonly Untainted[] {
  const { policy, metric, perRound = [] } = comparison
  if (!isMetric(metric)) return []
  return ofRounds({ kind, scope: policy, against, metric }, perRound)
}

function isMetric(metric: string): metric is MetricName {
  return (metricNames as readonly string[]).includes(metric)
}

/** The estimate is that of the gate; its standard error that of their mean, as calibrations have it. */
function ofRounds(
  name: Omit<Untainted, 'value' | 'error' | 'rounds'>,
  perRound: readonly number[],
): readonly Untainted[] {
  const rounds = perRound.length
  if (rounds === 0) return []
  const value = significant(locate(perRound).estimate)
  const mean = perRound.reduce((sum, one) => sum + one, 0) / rounds
  const variance = perRound.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (rounds - 1)
  return [{ ...name, value, error: rounds < 2 ? null : significant(Math.sqrt(variance / rounds)), rounds }]
}

/** One figure per run: only other runs tell what it differs by. What is 0 has no logarithm. */
function resourcesOf({ metrics, memory, phases }: Result): readonly Untainted[] {
  const { source, cpuUsPerRequest } = metrics
  const figure = (scope: string, metric: EstimandMetric, value: number | null | undefined): readonly Untainted[] =>
    typeof value === 'number' && value > 0
      ? [
          {
            kind: 'resources',
            scope,
            against: null,
            metric,
            value: significant(Math.log(value)),
            error: null,
            rounds: 1,
          },
        ]
      : []
  const peak = memory && peakOf(memory)
  const arm = phases.find(({ id }) => id === source || source?.startsWith(`${id}/`))?.arms[0]
  return [
    ...figure(memoryScope, 'memory', peak),
    ...(source === null ? [] : figure(source, 'cpu', cpuUsPerRequest)),
    ...(source === null ? [] : figure(source, 'files', arm?.resources.target.fds)),
  ]
}

/** Each policy against the baseline of its path: by the rounds of the gate where it was in it, else by those of its slices. */
function fragilityOf(result: Result): readonly Untainted[] {
  const rounds = roundsOf(result.slices)
  return [...armsOf(result).values()]
    .filter(({ ofPolicy }) => ofPolicy)
    .flatMap((arm) => fragilityOfArm(result, arm, rounds))
}

function fragilityOfArm(result: Result, { id, arm }: PlacedArm, rounds: readonly Round[]): readonly Untainted[] {
  const { comparisons } = result
  const against = `baseline/baseline-${arm.path}`
  const gated = comparisons.filter((one) => one.policy === id && one.against === against && one.perRound !== undefined)
  const pairing = { policy: id, against, arms: [id], baseArms: [against] }
  return fragilityMetrics.flatMap((metric) => {
    const ofGate = gated.find((one) => one.metric === metric)
    const found = ofGate
      ? ofComparison('fragility', ofGate, against)
      : ofRounds({ kind: 'fragility', scope: id, against, metric }, differencesOf(rounds, pairing, metric).values)
    return metric === 'throughput' ? found.map((one) => ({ ...one, ...aloneOf(result, arm) })) : found
  })
}

/** What an arm comes to by itself, by the clock and beside the yardstick; positive, and larger, is worse. */
function aloneOf(
  result: Result,
  { operations: { perSecond } }: PlacedArm['arm'],
): Pick<Estimand, 'alone' | 'aloneBeside'> {
  if (perSecond === null || perSecond <= 0) return {}
  const alone = { alone: significant(-Math.log(perSecond)) }
  const yardstick = result.gate?.yardstick ?? null
  const beside = yardstick && armsOf(result).get(yardstick.pairing.against)?.arm.operations.perSecond
  if (!yardstick || !beside) return alone
  return { ...alone, aloneBeside: { against: yardstick.name, value: significant(Math.log(beside / perSecond)) } }
}

/** The rounds outside of the gate. */
function roundsOf(slices: readonly ResultSlice[]): readonly Round[] {
  const outside = slices.filter(({ group = null }) => group === null)
  return [...Map.groupBy(outside, ({ round }) => round).values()].map((ofRound) => ({
    slices: ofRound.map(pairedSlice),
  }))
}

function pairedSlice(slice: ResultSlice): PairedSlice {
  const { phase, arm, path, use, durationMs, ok, failed, p50, p95, p99, slow, cpuMs } = slice
  const latencyMs = use !== 'throughput' && p50 !== null && p95 !== null && p99 !== null ? { p50, p95, p99 } : null
  const id = `${phase}/${arm}-${path}`
  return { arm: id, durationMs, ok, failed, latencyMs, slow, cpuMs, throughput: use !== 'latency' }
}

/** The doubts that make a figure untrustworthy, but for those that say nothing against any figure. */
function taintsOf(result: Result, estimand: Untainted): readonly string[] {
  const { doubts, phases } = result
  const { kind: of, metric } = estimand
  const places = placesOf(result, estimand)
  const named = ['everything', metric, ...(taintWords[metric] ?? []), ...(of === 'speed' ? ['yardstick'] : [])]
  const words = [...named, ...places]
  const arms = phases.flatMap(({ id, arms: own }) => [id, ...own.map(({ arm, path }) => `${id}/${arm}-${path}`)])
  const kinds = doubts
    .filter(({ kind }) => !leavesFigures(kind))
    .filter(({ taints }) => taints.some((taint) => words.includes(taint)))
    // What is wrong with one arm begins with its name, and is nothing against the others.
    .filter(({ detail }) => !arms.some((id) => detail.startsWith(`${id}: `) && !places.includes(id)))
    .map(({ kind }) => kind)
  return [...new Set(kinds)].toSorted()
}

/** The arms that a figure is of: what it is named by, and all that the gate took together with those. */
function placesOf({ gate }: Result, { kind, scope, against }: Untainted): readonly string[] {
  if (against === null) return [scope]
  const pairings = kind === 'speed' ? [gate?.yardstick?.pairing] : (gate?.pairings ?? [])
  const pooled = pairings
    .flatMap((one) => one ?? [])
    .filter((one) => one.policy === scope && (kind === 'speed' || one.against === against))
    .flatMap(({ arms, baseArms }) => [...arms, ...baseArms])
  // A gate names the group of an arm with it.
  return [scope, against, ...pooled.map((arm) => arm.replace(/#\d+$/u, ''))]
}
