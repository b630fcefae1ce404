import { describe, expect, test } from 'vitest'
import { createRng } from '../../../harness/kernel/rng.ts'
import { differencesOf } from '../../../harness/judge/paired/differences.ts'
import { mannKendall } from '../../../harness/judge/stats/mann-kendall.ts'
import { signedRankP } from '../../../harness/judge/stats/signed-rank.ts'
import { decideMemoryTrace } from '../../../harness/judge/trace/memory-trace.ts'
import { pairedTraceProblems } from '../../../harness/judge/trace/paired-trace.ts'
import { memoryRun } from '../../support/memory-noise.ts'
import { fourPolicies, gates, judgedRun } from '../../support/noise/judged.ts'
import { mannWhitneyP, pooledRequests, quantileOfSorted } from '../../support/noise/naive.ts'
import { type NoisyRun, noisyRounds, noisyTrace } from '../../support/noise/run.ts'

/** In all that is simulated here both arms are the same: whoever finds a difference is wrong. */
const pair: NoisyRun = { level: 'high', rounds: 12, policies: ['a'], control: 'none' }
const pairing = { policy: 'a', against: 'baseline', arms: ['policy:a'], baseArms: ['baseline', 'control'] }

/** In how many of so many runs something holds. */
function countOf(runs: number, holds: (seed: string) => boolean): number {
  return Array.from({ length: runs }, (_, index) => `harm/${index}`).filter(holds).length
}

const weFail = (run: NoisyRun) => (seed: string) => judgedRun(seed, run, gates.pair).verdict === 'fail'

/** Whether a one-sided signed-rank test of all rounds at 5 % says that the throughput is less: nothing else asked. */
const testFires = (run: NoisyRun) => (seed: string) =>
  signedRankP(differencesOf(noisyRounds(seed, run), pairing, 'throughput').values) <= 0.05

/** More than these of so many healthy runs do not fail by chance, where one in a hundred may. */
const atMost = (runs: number): number => Math.ceil(runs / 100)

describe('a verdict does not suffer what', () => {
  test('requests in one heap do: as if each of them said something of its own, at 1 % they find what is not there', () => {
    const pooled = countOf(40, (seed) => {
      const { policy, baseline } = pooledRequests(seed, { ...pair, rounds: 4 }, 200)
      return mannWhitneyP(policy, baseline) <= 0.01
    })
    expect(pooled).toBeGreaterThan(5)
    expect(countOf(40, weFail(pair))).toBeLessThanOrEqual(atMost(40))
  })

  test('a single process per arm does: the luck of the process is taken for the build', () => {
    const quiet: NoisyRun = { ...pair, level: 'quiet' }
    expect(countOf(60, testFires({ ...quiet, restarts: false }))).toBeGreaterThan(15)
    expect(countOf(60, testFires(quiet))).toBeLessThan(9)
    expect(countOf(60, weFail(quiet))).toBeLessThanOrEqual(atMost(60))
  })

  test('a fixed order does: a wave that fits the round always meets the same arm', () => {
    const wave: NoisyRun = { ...pair, kind: 'wave of 9 s' }
    expect(countOf(60, testFires({ ...wave, order: 'ABBA' }))).toBeGreaterThan(20)
    expect(countOf(60, testFires(wave))).toBeLessThan(9)
    expect(countOf(60, weFail({ ...wave, order: 'ABBA' }))).toBeGreaterThan(15)
    expect(countOf(60, weFail(wave))).toBeLessThanOrEqual(atMost(60))
  })

  test('a test of trend on memory does: what warms up and is collected in waves always seems to rise', () => {
    const verdicts = Array.from({ length: 30 }, (_, index) => {
      const trace = memoryRun({ minutes: 10, noises: ['warmup', 'sawtooth', 'wander'] }, createRng(`harm/${index}`))
      const memory = trace.samples.filter((_sample, second) => second % 5 === 0).map(([, kb]) => kb ?? 0)
      const rises = (from: number): boolean => mannKendall(memory.slice(from)).p <= 0.01
      return { all: rises(0), afterThird: rises(memory.length / 3), ours: decideMemoryTrace(trace).verdict }
    })
    expect(verdicts.filter(({ all }) => all)).toHaveLength(30)
    expect(verdicts.filter(({ afterThird }) => afterThird).length).toBeGreaterThan(5)
    expect(verdicts.filter(({ ours }) => ours === 'fail')).toEqual([])
  })

  test('a gate on p99.9 does: it is not measured well enough to hold anybody to 10 %, and is no metric here', () => {
    const heavy: NoisyRun = { ...pair, kind: 'heavy tails' }
    const fires = countOf(40, (seed) => {
      const { policy, baseline } = pooledRequests(seed, { ...heavy, rounds: 4 }, 200)
      return quantileOfSorted(policy, 0.999) > 1.1 * quantileOfSorted(baseline, 0.999)
    })
    expect(fires).toBeGreaterThan(5)
    expect(countOf(40, weFail(heavy))).toBeLessThanOrEqual(atMost(40))
    const gated = { ...noisyTrace(1, { ...pair, rounds: 1 }), gate: [['a', 'p999']] }
    expect(pairedTraceProblems(gated)).toMatchObject([{ where: '/gate/0/1' }])
  })

  test('many tests do that each have the error of one: some of 28 is always wrong', () => {
    const run: NoisyRun = { level: 'medium', rounds: 12, policies: fourPolicies }
    let [uncorrected, fails] = [0, 0]
    for (let index = 0; index < 30; index++) {
      const { comparisons, verdict } = judgedRun(`many/${index}`, run, gates.all)
      if (comparisons.some(({ p }) => p <= 0.05)) uncorrected++
      if (verdict === 'fail') fails++
    }
    expect(uncorrected).toBeGreaterThan(9)
    expect(fails).toBeLessThanOrEqual(atMost(30))
  })
})
