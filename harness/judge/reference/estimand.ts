import { changeOf } from '../gate-answer.ts'
import { type MetricName, pairedMetrics } from '../paired/metrics.ts'

/**
 * What runs are compared by: how fast the target is beside the yardstick, what it takes of the machine, and what a policy
 * makes of it beside its baseline.
 */
export const estimandKinds = ['speed', 'resources', 'fragility'] as const
export type EstimandKind = (typeof estimandKinds)[number]

/** What is compared between runs: metrics of arms, and what the target holds. */
export type EstimandMetric = MetricName | 'memory' | 'files'

/** One figure of a run that may be held against the same of other runs. */
export interface Estimand {
  readonly kind: EstimandKind
  /** An arm, such as `policy.retry/client-direct`, or the phase that figures of the whole run are of. */
  readonly scope: string
  /** The arm of the same run that it is relative to; null for an absolute figure, which counts on one kind of host only. */
  readonly against: string | null
  readonly metric: EstimandMetric
  /** A logarithm, of a ratio where it is relative; positive, and larger, is worse. */
  readonly value: number
  /** Its standard error as the rounds of the run tell; null where there are not two. */
  readonly error: number | null
  readonly rounds: number
  /** What the arm of a ratio came to by itself, a logarithm of the same kind; absent where nothing rests on it. */
  readonly alone?: number
  /** The same beside the yardstick of its run, by the name of that; absent where there is none. */
  readonly aloneBeside?: { readonly against: string; readonly value: number }
  /** Kinds of doubts that make it untrustworthy, in alphabetical order. */
  readonly tainted: readonly string[]
}

/** What an estimand is held to, in its own unit. */
export interface EstimandMeasure {
  readonly margin: number
  readonly floor: number
}

/** Peaks of two runs of one build differ by 2 to 3 %: `docs/statistics.md`. */
const held: EstimandMeasure = { margin: Math.log(1.1), floor: 0.05 }

/** The change for the worse that a pass excludes, and the least that fails: those of the same metric within a run. */
export function estimandMeasure(metric: EstimandMetric): EstimandMeasure {
  if (metric === 'memory' || metric === 'files') return held
  const { margin, floor } = pairedMetrics[metric]
  return { margin, floor }
}

/** What an estimand is of. */
export type EstimandName = Pick<Estimand, 'kind' | 'scope' | 'against' | 'metric'>

/** What makes two estimands of two runs the same figure. */
export function estimandKey({ kind, scope, against, metric }: EstimandName): string {
  return JSON.stringify([kind, scope, against, metric])
}

/** So many comparisons with former runs may fail a run. */
export const mostInFamily = 12

/** Of the target itself. */
const speedFamily: readonly EstimandMetric[] = ['throughput', 'p50', 'p99', 'cpu']

/**
 * The estimands of which the first twelve may fail a run, which does not depend on what was found: the speed of the target in
 * four metrics, its memory, then the throughput of each policy, those of the client alone first, in the order of the profile.
 */
export function candidatesOf(estimands: readonly Estimand[]): readonly Estimand[] {
  const of = (kind: EstimandKind, metric: EstimandMetric): readonly Estimand[] =>
    estimands.filter((one) => one.kind === kind && one.metric === metric)
  const policies = of('fragility', 'throughput')
  return [
    ...speedFamily.flatMap((metric) => of('speed', metric)),
    ...of('resources', 'memory'),
    ...policies.filter(({ scope }) => isDirect(scope)),
    ...policies.filter(({ scope }) => !isDirect(scope)),
  ]
}

/** An arm on the direct path has no fault of the relay. */
function isDirect(scope: string): boolean {
  return scope.endsWith('-direct')
}

/** A change for people: the share of the figure by which it is worse. */
export function estimandChange(metric: EstimandMetric, difference: number): string {
  return changeOf(metric === 'memory' || metric === 'files' ? 'cpu' : metric, difference)
}
