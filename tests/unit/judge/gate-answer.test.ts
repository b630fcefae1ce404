import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { rounded } from '../../../harness/archive/text.ts'
import type { GateCalibration } from '../../../harness/judge/calibration/ruler.ts'
import { changeOf, decideGate, decideRounds, gateDoubts, gateReasons } from '../../../harness/judge/gate-answer.ts'
import type { PairedComparison } from '../../../harness/judge/paired/compare-arms.ts'
import type { PairedAnswer } from '../../../harness/judge/paired/decide.ts'
import { falseDiscoveryRates } from '../../../harness/judge/stats/multiplicity.ts'
import { createRng } from '../../../harness/kernel/rng.ts'
import type { SliceSummary } from '../../../harness/measure/measurements.ts'
import { gateOfBuilds, gateOfYardstick, slicesOf } from '../../support/gate-slices.ts'

const { gate, plan } = gateOfBuilds(2)
const uncalibrated: GateCalibration = { process: null, build: null }
const held = { plan, calibration: uncalibrated }

/** Slices as a clock and a histogram measure them: with all the digits of a double. */
function measured(seed: number, slower: Readonly<Record<string, number>> = {}, rounds = 12): readonly SliceSummary[] {
  const rng = createRng(seed)
  const odd = (value: number, spread = 0.02): number => value * Math.exp(spread * (rng.next() - 0.5))
  const rate = slicesOf(gate, rounds, ({ id }, _, group) => Math.round(odd(2000 * (slower[`${id}#${group}`] ?? 1))))
  return rate.map((slice) => ({
    ...slice,
    durationNs: Math.round(odd(1.75e9)),
    p50Ms: odd(slice.p50Ms ?? 1),
    p95Ms: odd(slice.p95Ms ?? 1),
    p99Ms: odd(slice.p99Ms ?? 1),
    targetCpuMs: odd(610.123456789),
  }))
}

/** The same as a result has them. */
function archived(slices: readonly SliceSummary[]) {
  const kept = slices.flatMap(({ round, group, identity, use, durationNs, ok, failed, ...figures }) => {
    const { p50Ms: p50, p95Ms: p95, p99Ms: p99, slow, targetCpuMs: cpuMs, rssKb, heapKb } = figures
    if (group === null) return []
    return [
      {
        round,
        group,
        arm: identity.id,
        use,
        durationMs: durationNs / 1e6,
        ok,
        failed,
        p50,
        p95,
        p99,
        slow,
        cpuMs,
        rssKb,
        heapKb,
      },
    ]
  })
  return JSON.parse(JSON.stringify(rounded(kept))) as typeof kept
}

const target = 'baseline/baseline-direct'
const slow = { [`${target}#0`]: 0.8, 'baseline/again-direct#0': 0.8 }

describe('the answer of a gate', () => {
  test('is the same of the slices that were measured and of those that were archived, byte for byte', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.constantFrom({}, slow, { 'policy.retry-0/policy-direct#1': 0.9 }),
        (seed, slower) => {
          const slices = measured(seed, slower)
          const live = decideGate(held, slices)
          expect(JSON.stringify(decideRounds(held, archived(slices)))).toBe(JSON.stringify(live))
          expect(live.comparisons).toHaveLength(3 * 7 + 2)
        },
      ),
      { numRuns: 8 },
    )
  })

  test('does not depend on what was measured outside of the gate', () => {
    const slices = measured(1)
    const others = slices.map((slice) => ({ ...slice, group: null, ok: 1 }))
    expect(decideGate(held, [...others, ...slices])).toEqual(decideGate(held, slices))
  })

  test('is that a slower build is worse than its former one, by the metrics of a build alone', () => {
    const answer = decideGate(held, measured(2, slow))
    expect(answer).toMatchObject({ verdict: 'fail', rounds: 12 })
    const failed = answer.comparisons.filter(({ verdict }) => verdict === 'fail')
    expect(failed.map(({ policy, against, metric }) => [policy, against, metric])).toEqual(
      ['throughput', 'p50', 'p99', 'cpu'].map((metric) => [target, 'baseline/base-direct', metric]),
    )
    const [throughput] = failed
    expect(Math.abs((throughput?.estimate ?? 0) - Math.log(1 / 0.8))).toBeLessThan(0.01)
  })

  test('does not fail by an improvement', () => {
    expect(decideGate(held, measured(3, { [`${target}#0`]: 1.5, 'baseline/again-direct#0': 1.5 })).verdict).toBe('pass')
  })

  test('is void where one process of the target differs from the other', () => {
    const answer = decideGate(held, measured(4, { 'baseline/again-direct#0': 0.7 }))
    expect(answer.verdict).toBe('void')
    expect(answer.doubts.map(({ kind }) => kind)).toContain('baseline-differs')
    expect(gateReasons(answer)).toEqual([])
  })
})

describe('a gate of more policies than it has comparisons for', () => {
  const { gate: wide, plan: cut } = gateOfBuilds(9)
  const last = 'policy.retry-8/policy-direct'
  const answerOf = (okPerSecond: number) => {
    const of = { plan: cut, calibration: uncalibrated }
    const answer = decideGate(
      of,
      slicesOf(wide, 12, ({ id }) => (id === last ? okPerSecond : 2000)),
    )
    return { ...answer, told: gateDoubts(of, answer, true).filter(({ kind }) => kind === 'not-gated') }
  }

  test('names those that are beyond it', () => {
    const ungated = cut.pairings.filter(({ gated }) => gated.length === 0).map(({ policy }) => policy)
    const names = ungated.map((id) => id.slice('policy.'.length, id.indexOf('/'))).join(', ')
    expect(ungated).toHaveLength(2)
    expect(answerOf(2000)).toMatchObject({
      verdict: 'pass',
      told: [
        { detail: `a run gates no more than 12 comparisons: by a catastrophe only it fails by ${names}`, taints: [] },
      ],
    })
    expect(gateDoubts(held, decideGate(held, measured(8)), true).map(({ kind }) => kind)).not.toContain('not-gated')
  })

  test('fails by a catastrophe of theirs, and by nothing less', () => {
    expect(cut.pairings.find(({ policy }) => policy === last)?.gated).toEqual([])
    expect(answerOf(1400).verdict).toBe('pass')
    expect(answerOf(900)).toMatchObject({ verdict: 'fail', catastrophes: [expect.stringContaining('retry-8'), {}] })
    expect(answerOf(0)).toMatchObject({ verdict: 'fail', catastrophes: expect.arrayContaining([expect.anything()]) })
  })
})

describe('the calibration of a gate', () => {
  const known = (noise: number, floor: number) => ({
    name: `n${noise}`,
    runs: 20,
    metrics: {
      throughput: { runs: 20, bias: 0, deviation: 0, between: 0, perRound: 0.01, noise, floor },
    },
  })
  const fails = (calibration: GateCalibration, seed = 5): readonly string[] =>
    decideGate({ plan, calibration }, measured(seed, { ...slow, 'policy.retry-1/policy-direct#1': 0.8 }))
      .comparisons.filter(({ verdict, metric }) => verdict === 'fail' && metric === 'throughput')
      .map(({ policy }) => policy)

  test('of processes is for policies, and that of builds for builds', () => {
    const policy = 'policy.retry-1/policy-direct'
    expect(fails(uncalibrated)).toEqual([target, policy])
    expect(fails({ process: known(0.3, 0.3), build: null })).toEqual([target])
    expect(fails({ process: null, build: known(0.3, 0.3) })).toEqual([policy])
    expect(fails({ process: known(0.01, 0.02), build: known(0.01, 0.02) })).toEqual([target, policy])
  })

  test('is named in every comparison', () => {
    const rulers = (calibration: GateCalibration) =>
      new Set(decideGate({ plan, calibration }, measured(6)).comparisons.map(({ ruler }) => ruler))
    expect(rulers(uncalibrated)).toEqual(new Set(['uncalibrated']))
    expect(rulers({ process: known(0.1, 0.1), build: known(0.2, 0.2) })).toEqual(new Set(['n0.1+n0.2']))
    expect(rulers({ process: null, build: known(0.2, 0.2) })).toEqual(new Set(['uncalibrated+n0.2']))
  })

  test('is missed in the doubts of the run, by what it would have been of and the metrics that may fail', () => {
    const texts = (calibration: GateCalibration, of = plan) =>
      gateDoubts({ plan: of, calibration }, decideGate(held, measured(7)), false)
        .filter(({ kind }) => kind === 'uncalibrated')
        .map(({ detail, effect }) => [effect, detail.replace(/: the standard.*/u, '')])
    const ofProcess = ['note', 'no calibration of differences within one process (throughput)']
    expect(texts(uncalibrated)).toEqual([
      ofProcess,
      ['note', 'no calibration of differences between two processes (throughput, p50, p99, cpu, rss)'],
    ])
    expect(texts({ process: known(0, 0), build: known(0, 0) })).toEqual([
      ['note', 'no calibration of differences between two processes (p50, p99, cpu, rss)'],
    ])
    // What gates nothing needs none.
    expect(texts(uncalibrated, { ...plan, pairings: plan.pairings.slice(1) })).toEqual([ofProcess])
    expect(texts(uncalibrated, { ...plan, pairings: plan.pairings.map((one) => ({ ...one, gated: [] })) })).toEqual([])
  })
})

function answerOf(
  verdict: PairedAnswer['verdict'],
  ...comparisons: readonly Partial<PairedComparison>[]
): PairedAnswer {
  const usual: PairedComparison = {
    policy: 'p',
    against: 'baseline',
    metric: 'throughput',
    unit: 'operations/s',
    gated: true,
    verdict: 'inconclusive',
    rounds: 12,
    base: 100,
    value: 90,
    estimate: 0.105361,
    overall: 0.1,
    interval: [0.0512933, 0.162519],
    p: 0.000244141,
    level: 0.01,
    falseDiscoveryRate: null,
    accepted: 0,
    noise: 0,
    floor: 0.02,
    margin: 0.0512933,
    mde: 0.040822,
    ruler: 'uncalibrated',
    perRound: [],
  }
  return {
    verdict,
    rounds: 12,
    catastrophes: [],
    doubts: [],
    comparisons: comparisons.map((one) => ({ ...usual, ...one })),
  }
}

describe('the reasons of a gate', () => {
  test('say by how much what fails is worse, with the interval and the chance', () => {
    expect(
      gateReasons(answerOf('fail', { verdict: 'fail' }, { verdict: 'pass' }, { verdict: 'notable', gated: false })),
    ).toEqual(['throughput of p is 10 % worse than of baseline (95 %: 5 % to 15 %; p 0.00024)'])
  })

  test('say that it is a few slices which make it worse, where the middle of them is not', () => {
    const stalled = { metric: 'p99', estimate: 0.001, overall: 0.35, floor: 0.05, interval: [-0.01, 0.01] } as const
    const [reason] = gateReasons(answerOf('fail', { ...stalled, verdict: 'fail' }))
    expect(reason).toContain('p99 of p is 0.1 % worse than of baseline')
    expect(reason).toContain('; a few slices make it 41.9 % worse in the mean of all')
  })

  test('say what was accepted, and which end of an interval nobody knows', () => {
    const [reason] = gateReasons(answerOf('fail', { verdict: 'fail', accepted: 0.0512933, interval: [null, 0.162519] }))
    expect(reason).toBe(
      'throughput of p is 10 % worse than of baseline (95 %: ? to 15 %; p 0.00024), of which 5 % is accepted',
    )
  })

  test('begin with catastrophes, and are none where the gate did not fail', () => {
    const answer = { ...answerOf('fail', { verdict: 'fail' }), catastrophes: ['p fails in bursts'] }
    expect(gateReasons(answer)[0]).toBe('p fails in bursts')
    expect(gateReasons(answer)).toHaveLength(2)
    for (const verdict of ['pass', 'void', 'inconclusive'] as const)
      expect(gateReasons({ ...answer, verdict })).toEqual([])
  })
})

describe('a difference for people', () => {
  test.each([
    // Half the throughput is 50 % worse, twice the latency 100 %.
    ['throughput', Math.LN2, '50 %'],
    ['p99', Math.LN2, '100 %'],
    ['cpu', Math.log(1.05), '5 %'],
    ['throughput', -Math.log(1.1), '-10 %'],
    ['p50', -Math.log(2), '-50 %'],
    ['throughput', 0, '0 %'],
    ['errors', 0.0123456, '1.23 points'],
    ['slow', -0.005, '-0.5 points'],
  ] as const)('of %s is oriented so that more is worse: %d is %s', (metric, difference, text) => {
    expect(changeOf(metric, difference)).toBe(text)
  })
})

describe('the doubts of a gate', () => {
  const kinds = (answer: PairedAnswer, long = true) =>
    gateDoubts({ plan: { ...plan, pairings: [] }, calibration: uncalibrated }, answer, long).map(({ kind, detail }) => [
      kind,
      detail,
    ])

  test('tell the smallest effect that would have been found by what came to no answer', () => {
    expect(kinds(answerOf('inconclusive', {}, { verdict: 'pass' }, { gated: false }))).toEqual([
      ['gate-unclear', 'throughput of p: smallest effect to be found: 4 %'],
    ])
  })

  test('make a long run void where that is more than twice the margin beyond what is accepted', () => {
    const mde = 2 * 0.0512933
    expect(kinds(answerOf('inconclusive', { mde }))[0]?.[0]).toBe('gate-unclear')
    expect(kinds(answerOf('inconclusive', { mde: mde + 0.001 }))[0]?.[0]).toBe('gate-blind')
    expect(kinds(answerOf('inconclusive', { mde: mde + 0.001, accepted: 0.001 }))[0]?.[0]).toBe('gate-unclear')
    expect(kinds(answerOf('inconclusive', { mde: null }))).toEqual([
      ['gate-blind', 'throughput of p: no effect could have been found'],
    ])
  })

  test('do not make a short one void', () => {
    expect(kinds(answerOf('inconclusive', { mde: 1 }), false)[0]?.[0]).toBe('gate-unclear')
    expect(kinds(answerOf('inconclusive', { mde: null }), false)[0]?.[0]).toBe('gate-unclear')
  })

  test('are none of what is unclear beside an answer', () => {
    for (const verdict of ['pass', 'fail', 'void'] as const) expect(kinds(answerOf(verdict, {}))).toEqual([])
  })
})

describe('the target beside the yardstick', () => {
  const speedOf = (changes: object, speed: number) => {
    const own = gateOfYardstick(changes)
    const rng = createRng(7)
    const slices = slicesOf(own.gate, 12, ({ kind }) =>
      Math.round((kind === 'yardstick' ? 8000 : kind === 'policy' ? 400 : 500 * speed) * (1 + 0.01 * rng.next())),
    )
    const answer = decideGate({ plan: own.plan, calibration: uncalibrated }, slices)
    const told = answer.comparisons.filter(({ against }) => against === 'baseline/yardstick-direct')
    return { answer, told, throughput: told.find(({ metric }) => metric === 'throughput') }
  }

  test('is told with the figures of every round, and not judged, however slow it is', () => {
    const { answer, told, throughput } = speedOf({}, 1)
    expect(told.map(({ metric, verdict, gated }) => [metric, verdict, gated])).toEqual(
      ['throughput', 'p50', 'p99', 'cpu'].map((metric) => [metric, 'reported', false]),
    )
    expect(throughput?.estimate).toBeCloseTo(Math.log(16), 2)
    expect(throughput?.perRound).toHaveLength(12)
    expect(throughput).toMatchObject({ rounds: 12, falseDiscoveryRate: null, level: 0, mde: null })
    expect(answer).toMatchObject({ verdict: 'reported', catastrophes: [], doubts: [] })
    expect(gateReasons(answer)).toEqual([])
  })

  test('shows by how much slower a build is than that of another night', () => {
    const [today, before] = [speedOf({}, 0.8), speedOf({}, 1)].map(
      ({ throughput }) => throughput?.estimate ?? Number.NaN,
    )
    expect((today ?? 0) - (before ?? 0)).toBeCloseTo(Math.log(1.25), 2)
  })

  test('takes nothing from what is judged beside it', () => {
    const policies = { retry: { client: { retry: {} } } }
    const { answer, told } = speedOf({ policies }, 1)
    expect(told).toHaveLength(4)
    expect(answer.verdict).toBe('fail')
    const without = answer.comparisons.filter((one) => !told.includes(one))
    expect(without.filter(({ gated }) => gated).map(({ metric, verdict }) => [metric, verdict])).toEqual([
      ['throughput', 'fail'],
    ])
    // Were it among them, every one of the others would be likelier to be chance.
    const others = without.filter(({ gated }) => !gated)
    const rates = falseDiscoveryRates(others.map(({ p }) => p))
    for (const [index, { falseDiscoveryRate }] of others.entries())
      expect(falseDiscoveryRate).toBeCloseTo(rates[index]!, 8)
  })
})
