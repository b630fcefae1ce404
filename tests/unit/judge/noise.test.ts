import { describe, expect, test } from 'vitest'
import { createRng } from '../../../harness/kernel/rng.ts'
import { decideTrace, pairedTraceProblems } from '../../../harness/judge/trace/paired-trace.ts'
import { momentsOf } from '../../support/bench-moments.ts'
import { Chance } from '../../support/noise/chance.ts'
import { drawLatency } from '../../support/noise/latency.ts'
import { foundBy, fourPolicies, gates, judgedRun, tallyOf } from '../../support/noise/judged.ts'
import { type NoisyRun, noisyRounds, noisyTrace } from '../../support/noise/run.ts'

const pair: NoisyRun = { level: 'medium', rounds: 12, policies: ['a'], control: 'split' }

describe('simulated noise', () => {
  test('is the same of the same seed, and a trace that can be decided', () => {
    const trace = noisyTrace(7, pair)
    expect(noisyTrace(7, pair)).toEqual(trace)
    expect(noisyTrace(8, pair)).not.toEqual(trace)
    expect(pairedTraceProblems(trace)).toEqual([])
  })

  test('is decided by the short way as its trace is', () => {
    const run: NoisyRun = { ...pair, policies: fourPolicies, control: 'whole' }
    const { verdict, comparisons } = judgedRun(7, run, gates.usual)
    const traced = decideTrace(noisyTrace(7, run))
    expect(traced.verdict).toBe(verdict)
    expect(traced.comparisons.filter(({ gated }) => gated)).toEqual(comparisons)
  })

  test('gives each arm its slices, and the second baseline some of those of the first', () => {
    const arms = noisyRounds(1, pair).map(({ slices }) => slices.map(({ arm }) => arm))
    for (const [round, names] of arms.entries()) {
      expect(names.filter((name) => name === 'policy:a')).toHaveLength(5)
      expect(names.filter((name) => name === 'control')).toHaveLength(round % 2 === 0 ? 2 : 3)
      expect(names).toHaveLength(10)
    }
  })

  test('has quantiles with the errors of a sample whose slow requests come in clusters', () => {
    const chance = new Chance(createRng('quantiles'))
    const drawn = Array.from({ length: 3000 }, () =>
      drawLatency(chance, { logMedian: 0, variance: 0, count: 800 }, 1.1632),
    )
    const of = (key: 'p50' | 'p95' | 'p99' | 'slow') => momentsOf([drawn.map((figures) => figures[key])])
    // statistics.md A3: 1.25, 2.11 and 3.73 times sigma / sqrt(N) where requests are independent, 2.05 times as much in clusters.
    const unit = 0.5 / Math.sqrt(800)
    expect(of('p50').sigma / unit).toBeCloseTo(1.25, 0)
    expect(of('p95').sigma / unit).toBeGreaterThan(3.5)
    expect(of('p95').sigma / unit).toBeLessThan(5)
    expect(of('p99').sigma / unit).toBeGreaterThan(6.5)
    expect(of('p99').sigma / unit).toBeLessThan(8.5)
    expect(of('p50').mean).toBeCloseTo(0, 2)
    expect(of('p95').mean).toBeCloseTo(0.5 * 1.645, 1)
    expect(of('p99').mean).toBeCloseTo(0.5 * 2.326, 1)
    expect(of('slow').mean).toBeCloseTo(8, 0)
  })
})

describe('verdicts under noise', () => {
  test('fail a healthy run of four policies by all metrics no more than once in a hundred', () => {
    const { verdicts } = tallyOf('healthy', 180, { ...pair, policies: fourPolicies, control: 'whole' }, gates.all)
    // If one in twenty failed, so few would do once in 200 times.
    expect(verdicts.fail).toBeLessThanOrEqual(2)
    expect(verdicts.void).toBeLessThanOrEqual(6)
  })

  test('find 5 % of throughput in 12 rounds', () => {
    const worse: NoisyRun = { ...pair, effects: { a: { throughput: -Math.log(0.95) } } }
    const found = Array.from({ length: 60 }, (_, index) =>
      foundBy(judgedRun(`worse/${index}`, worse, gates.pair), 'a', 'throughput'),
    )
    expect(found.filter(Boolean).length).toBeGreaterThanOrEqual(57)
  })

  test('never fail what is better', () => {
    const better: NoisyRun = {
      ...pair,
      effects: { a: { throughput: -0.1, p50: -0.1, p95: -0.1, p99: -0.1, cpu: -0.1 } },
    }
    expect(tallyOf('better', 40, better, gates.pair).verdicts).toMatchObject({ fail: 0, inconclusive: 0 })
  })
})
