import type { PlannedComparison } from '../../../harness/judge/paired/compare-arms.ts'
import { decide, type PairedAnswer } from '../../../harness/judge/paired/decide.ts'
import { type MetricName, metricNames } from '../../../harness/judge/paired/metrics.ts'
import { rulerOf } from '../../../harness/judge/paired/ruler.ts'
import type { Pairing } from '../../../harness/judge/paired/slice.ts'
import { type NoisyRun, noisyRounds } from './run.ts'

/** What is gated where a pair is compared, where a run has four policies, and at most. */
export const gates = {
  pair: ['throughput', 'p50', 'p95', 'p99', 'cpu'],
  usual: ['throughput', 'p50', 'p99'],
  all: metricNames,
} as const satisfies Readonly<Record<string, readonly MetricName[]>>

export const fourPolicies = ['a', 'b', 'c', 'd'] as const

const control: Pairing = { policy: 'control', against: 'baseline', arms: ['control'], baseArms: ['baseline'] }

/** Simulates a run and decides it, uncalibrated, as `decideTrace` does, without the detour over a document. */
export function judgedRun(
  seed: number | string,
  run: NoisyRun,
  gate: readonly MetricName[],
  looks: readonly number[] = [run.rounds],
): PairedAnswer {
  return decide({
    rounds: noisyRounds(seed, run),
    planned: run.policies.flatMap((policy) => gate.map((metric) => plannedOf(policy, metric))),
    controls: run.control === 'none' ? [] : [control],
    ruler: rulerOf(null),
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
  readonly verdicts = { pass: 0, fail: 0, inconclusive: 0, void: 0 }
  readonly failedBy = new Map<string, number>()
  runs = 0
  rounds = 0

  add(answer: PairedAnswer): void {
    this.runs++
    this.rounds += answer.rounds
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
): Tally {
  const tally = new Tally()
  for (let index = 0; index < runs; index++) tally.add(judgedRun(`${name}/${index}`, run, gate, looks))
  return tally
}
