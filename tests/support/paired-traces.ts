import { createRng } from '../../harness/kernel/rng.ts'
import type { MetricName } from '../../harness/judge/paired/metrics.ts'
import {
  decideTrace,
  type PairedTrace,
  type TraceAnswer,
  type TracedSlice,
} from '../../harness/judge/trace/paired-trace.ts'

/** By how much a slice is worse than the usual one: in logarithms, or shares. */
export type Effect = Readonly<Partial<Record<MetricName, number>>>

/** The slice of an arm that is so much worse. 1000 operations, so that a share in thousandths is a whole number of them. */
export function tracedSlice(arm: string, order: number, effect: Effect = {}): TracedSlice {
  const of = (metric: MetricName): number => effect[metric] ?? 0
  const failed = Math.round(1000 * of('errors'))
  const durationMs = 1750 * Math.exp(of('throughput')) * (1 - failed / 1000)
  return {
    arm,
    order,
    startMs: 2000 * order,
    durationMs,
    ok: 1000 - failed,
    failed,
    latencyMs: { p50: 1.2 * Math.exp(of('p50')), p95: 2.9 * Math.exp(of('p95')), p99: 5.1 * Math.exp(of('p99')) },
    slow: Math.round(1000 * of('slow')),
    cpuMs: 600 * Math.exp(of('cpu')),
  }
}

/** What each arm but the baseline is like in a round; null where it has no slice. */
export type Arms = Readonly<Record<string, (round: number) => Effect | null>>

/** A trace with one slice of each arm in every round. */
export function tracedRounds(rounds: number, arms: Arms, more: Partial<PairedTrace> = {}): PairedTrace {
  return {
    schema: 'soakrig/trace@1',
    id: 'x',
    calibration: null,
    rounds: Array.from({ length: rounds }, (_, round) => ({
      slices: [
        tracedSlice('baseline', 0),
        ...Object.entries(arms).flatMap(([arm, effectOf], index) => {
          const effect = effectOf(round)
          return effect === null ? [] : [tracedSlice(arm, index + 1, effect)]
        }),
      ],
    })),
    ...more,
  }
}

/** The answer to a policy `a` that is so much worse in each round, gated by throughput alone if nothing else is said. */
export function answerTo(
  rounds: number,
  worse: (round: number) => Effect | null,
  more: Partial<PairedTrace> = {},
): TraceAnswer {
  return decideTrace(tracedRounds(rounds, { 'policy:a': worse }, { gate: [['a', 'throughput']], ...more }))
}

/** What a trace says of one metric of a policy. */
export function comparisonOf({ comparisons }: TraceAnswer, metric: MetricName, policy = 'a') {
  const found = comparisons.find((one) => one.policy === policy && one.metric === metric)
  if (!found) throw new Error(`no ${metric} of ${policy}`)
  return found
}

/** Normal noise with a standard deviation of 1, the same for the same name. */
export function gaussian(name: string): () => number {
  const rng = createRng(name)
  return () => Math.sqrt(-2 * Math.log(1 - rng.next())) * Math.cos(2 * Math.PI * rng.next())
}

/** Noise of this size that is as often above as below, and never twice the same within 12 rounds. */
export function ripple(size: number): (round: number) => number {
  return (round) => (round % 2 === 0 ? 1 : -1) * size * (1 - (round % 12) / 24)
}
