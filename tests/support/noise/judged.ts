import type { PlannedComparison } from '../../../harness/judge/paired/compare-arms.ts'
import { decide, type PairedAnswer } from '../../../harness/judge/paired/decide.ts'
import { type MetricName, metricNames, pairedMetrics } from '../../../harness/judge/paired/metrics.ts'
import { type Ruler, rulerOf } from '../../../harness/judge/paired/ruler.ts'
import type { Pairing } from '../../../harness/judge/paired/slice.ts'
import { type NoisyRun, noisyRounds } from './run.ts'

/** What is gated where a pair is compared, where a run has four policies, and at most. */
export const gates = {
  pair: ['throughput', 'p50', 'p95', 'p99', 'cpu'],
  usual: ['throughput', 'p50', 'p99'],
  all: metricNames.filter((name) => pairedMetrics[name].taken === 'each'),
} as const satisfies Readonly<Record<string, readonly MetricName[]>>

export const fourPolicies = ['a', 'b', 'c', 'd'] as const

/** The second measurement of the baseline against the first. */
export const control: Pairing = { policy: 'control', against: 'baseline', arms: ['control'], baseArms: ['baseline'] }

/** Simulates a run and decides it, uncalibrated if no ruler is given, as `decideTrace` does, without the detour over a document. */
export function judgedRun(
  seed: number | string,
  run: NoisyRun,
  gate: readonly MetricName[],
  looks: readonly number[] = [run.rounds],
  ruler: Ruler = rulerOf(null),
): PairedAnswer {
  return decide({
    rounds: noisyRounds(seed, run),
    planned: run.policies.flatMap((policy) => gate.map((metric) => plannedOf(policy, metric))),
    controls: run.control === 'none' ? [] : [control],
    ruler,
    looks,
  })
}

function plannedOf(policy: string, metric: MetricName): PlannedComparison {
  const arms = { arms: [`policy:${policy}`], baseArms: ['baseline', 'control'] }
  return { pairing: { policy, against: 'baseline', ...arms }, metric, gated: true }
}

/** Whether a run failed by this comparison, and was not void. */
export function foundBy(answer: PairedAnswer, policy: string, metric: MetricName): boolean {
  const one = answer.comparisons.find((comparison) => comparison.policy === policy && comparison.metric === metric)
  return answer.verdict === 'fail' && one?.verdict === 'fail'
}

/** How many of simulated runs came to each verdict. */
export class Tally {
  readonly verdicts = { pass: 0, fail: 0, inconclusive: 0, void: 0, reported: 0 }
  readonly failedBy = new Map<string, number>()
  runs = 0
  rounds = 0
  squaredRounds = 0

  add(answer: PairedAnswer): void {
    this.runs++
    this.rounds += answer.rounds
    this.squaredRounds += answer.rounds ** 2
    this.verdicts[answer.verdict]++
    if (answer.verdict !== 'fail') return
    const failed = answer.comparisons.filter(({ verdict }) => verdict === 'fail').map(({ metric }) => metric)
    for (const metric of new Set<string>([...failed, ...(answer.catastrophes.length > 0 ? ['catastrophe'] : [])]))
      this.failedBy.set(metric, (this.failedBy.get(metric) ?? 0) + 1)
  }

  /** The share of the runs with this verdict. */
  share(verdict: PairedAnswer['verdict']): number {
    return this.verdicts[verdict] / this.runs
  }

  /** After how many rounds they ended in the mean, and its standard error. */
  get meanRounds(): { readonly mean: number; readonly error: number } {
    const mean = this.rounds / this.runs
    return { mean, error: Math.sqrt((this.squaredRounds / this.runs - mean ** 2) / this.runs) }
  }

  /** What runs failed by, most often first. */
  get reasons(): string {
    return [...this.failedBy]
      .toSorted(([, a], [, b]) => b - a)
      .map(([metric, count]) => `${metric} ${count}`)
      .join(', ')
  }
}

/** Decides so many runs of one kind, with seeds of their own. */
export function tallyOf(
  name: string,
  runs: number,
  run: NoisyRun,
  gate: readonly MetricName[],
  looks?: readonly number[],
  ruler?: Ruler,
): Tally {
  const tally = new Tally()
  for (let index = 0; index < runs; index++) tally.add(judgedRun(`${name}/${index}`, run, gate, looks, ruler))
  return tally
}
