import { createRng } from '../../../harness/kernel/rng.ts'
import { normalCdf } from '../../../harness/judge/stats/distributions.ts'
import { Chance } from './chance.ts'
import { drawRequests } from './latency.ts'
import { conditionsOf, latencyShapeOf, type NoisyRun } from './run.ts'

/**
 * Latencies of single requests of a run of one policy, arm by arm and with all slices in one heap: what methods look at
 * that take a request for what repeats.
 */
export function pooledRequests(
  seed: number | string,
  run: NoisyRun,
  perSlice: number,
): { readonly policy: Float64Array; readonly baseline: Float64Array } {
  const chance = new Chance(createRng(seed).fork('requests'))
  const policy: number[] = []
  const baseline: number[] = []
  for (const condition of conditionsOf(seed, run).flat()) {
    const requests = drawRequests(chance, { ...latencyShapeOf(condition), count: perSlice })
    const heap = condition.arm === 'baseline' || condition.arm === 'control' ? baseline : policy
    heap.push(...requests)
  }
  return { policy: Float64Array.from(policy).sort(), baseline: Float64Array.from(baseline).sort() }
}

/**
 * One-sided p-value that the first values are larger than the second, both sorted and without ties, as if each of them
 * were independent (Mann and Whitney 1947, Ann. Math. Stat. 18:50; normal approximation).
 */
export function mannWhitneyP(larger: Float64Array, smaller: Float64Array): number {
  let [below, wins] = [0, 0]
  for (const value of larger) {
    while (below < smaller.length && (smaller[below] ?? 0) < value) below++
    wins += below
  }
  const pairs = larger.length * smaller.length
  const deviation = Math.sqrt((pairs * (larger.length + smaller.length + 1)) / 12)
  return 1 - normalCdf((wins - pairs / 2) / deviation)
}

/** The value that a share of the sorted values does not exceed. */
export function quantileOfSorted(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
}
