import { describe, expect, test } from 'vitest'
import type { GateCalibration } from '../../../../harness/judge/calibration/ruler.ts'
import { decideReference, type ReferenceCase } from '../../../../harness/judge/reference/decide.ts'
import { type Estimand, familyOf } from '../../../../harness/judge/reference/estimand.ts'
import { referenceDoubts, referenceReasons } from '../../../../harness/judge/reference/reasons.ts'
import { studentQuantile } from '../../../../harness/judge/stats/distributions.ts'
import { createRng } from '../../../../harness/kernel/rng.ts'
import { cost, speed } from '../../../support/nights-apart.ts'
import { shapes } from '../../../support/noise/nights.ts'

const unknown: GateCalibration = { process: null, build: null }

const decided = (
  own: readonly Estimand[],
  references: readonly (readonly Estimand[])[],
  more: Partial<ReferenceCase> = {},
) => decideReference({ own, references, calibration: unknown, sameHost: true, advisory: null, ...more })

/** Ten nights about 1, with a standard deviation of 0.01. */
const ten = [0.985, 0.99, 0.993, 0.997, 0.999, 1.001, 1.003, 1.007, 1.01, 1.015]
const nights = ten.map((value) => [speed('throughput', value)])

describe('by history', () => {
  test('a run is held to the median of the others, with the error of a new one and of a median', () => {
    const [one] = decided([speed('throughput', 1.004)], nights).comparisons
    // Half of the ten are within 0.007, which is more than their standard deviation of 0.0092 says.
    const error = 1.4826 * 0.007 * Math.sqrt(1 + Math.PI / 20)
    expect(one).toMatchObject({ reference: 1, references: 10, estimate: 0.004, freedom: 4, by: 'history', gated: true })
    expect(one?.error).toBeCloseTo(error, 6)
    // scipy.stats.t.ppf(0.975, 4)
    expect(one?.interval?.[1]).toBeCloseTo(0.004 + 2.7764451 * error, 5)
    expect(one?.verdict).toBe('pass')
  })

  test('what is clearly worse fails, what is better passes, and what lies between is inconclusive with what would be found', () => {
    const at = (value: number) => decided([speed('throughput', value)], nights)
    expect([at(1.2), at(0.8), at(1.03)].map(({ verdict }) => verdict)).toEqual(['fail', 'pass', 'inconclusive'])
    expect(referenceReasons(at(1.2))[0]).toMatch(
      /^throughput of baseline\/baseline-direct against yardstick@1 is 18\.1 % worse than in the median of 10 results \(95 %: 15\.5 % to 20\.6 %; p 0\.000029\)$/u,
    )
    const [unclear] = at(1.03).comparisons
    expect(referenceDoubts(at(1.03))).toMatchObject([{ kind: 'reference-unclear', effect: 'inconclusive' }])
    expect(at(1 + (unclear?.mde ?? 0)).verdict).toBe('fail')
  })

  test('four results are too few to tell, whatever they say', () => {
    const answer = decided([speed('throughput', 2)], nights.slice(0, 4))
    expect(answer).toMatchObject({
      verdict: 'undecided',
      why: 'uncalibrated, and 4 of 5 results that tell what is chance',
    })
    expect(answer.comparisons[0]).toMatchObject({ gated: false, verdict: 'inconclusive', p: null })
  })

  test('nights that were all alike make a small change no failure', () => {
    const same = Array.from({ length: 6 }, () => [speed('throughput', 1, { error: 0 })])
    const at = (value: number) => decided([speed('throughput', value, { error: 0 })], same).verdict
    expect([at(1.019), at(1.06), at(0.9)]).toEqual(['pass', 'fail', 'pass'])
    const { mde } = decided([speed('throughput', 1, { error: 0 })], same).comparisons[0]!
    expect([at(1 + (mde ?? 0)), at(1 + 0.99 * (mde ?? 0))]).toEqual(['fail', 'pass'])
  })

  test('a run whose own rounds are noisier than the nights is held to those', () => {
    const at = (error: number) => decided([speed('throughput', 1.15, { error })], nights).verdict
    expect([at(0.004), at(0.05)]).toEqual(['fail', 'inconclusive'])
  })

  test('one bad night among the former ones leaves their median, and takes the sureness', () => {
    const disturbed = [...nights.slice(0, 9), [speed('throughput', 3)]]
    const [one] = decided([speed('throughput', 1.004)], disturbed).comparisons
    const [mean, values] = [1.1985, [...ten.slice(0, 9), 3]]
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 9)
    expect(one).toMatchObject({ reference: 1, verdict: 'inconclusive' })
    expect(one?.error).toBeCloseTo(deviation * Math.sqrt(1 + Math.PI / 20), 5)
    expect(decided([speed('throughput', 1.2)], disturbed).verdict).toBe('inconclusive')
  })
})

describe('by a calibration', () => {
  const between = 0.006
  const noise = { runs: 20, bias: 0, deviation: 0.01, between, perRound: 0.02, noise: 0.01, floor: 0.02 }
  const calibration: GateCalibration = { process: { name: 'c', runs: 20, metrics: { throughput: noise } }, build: null }
  const one = [[{ ...cost('p', 1), error: 0.003 }]]

  test('two runs are held to the errors of both and to what runs differ by', () => {
    const [found] = decided([cost('p', 1.1)], one, { calibration }).comparisons
    expect(found?.by).toBe('calibration')
    expect(found?.error).toBeCloseTo(Math.sqrt(0.004 ** 2 + 0.003 ** 2 + 2 * between ** 2), 6)
    const parts = [
      [0.004 ** 2, 23],
      [0.003 ** 2, 23],
      [2 * between ** 2, 19],
    ] as const
    const sum = parts.reduce((total, [variance]) => total + variance, 0)
    const freedom = sum ** 2 / parts.reduce((total, [variance, of]) => total + variance ** 2 / of, 0)
    expect(found?.freedom).toBeCloseTo(freedom, 3)
    expect(found?.verdict).toBe('fail')
  })

  test('there is none of a run of one round, nor of a metric that was not calibrated', () => {
    const single = [{ ...cost('p', 1.1), error: null, rounds: 1 }]
    expect(decided(single, one, { calibration }).verdict).toBe('undecided')
    const p50 = (value: number) => [{ ...cost('p', value), metric: 'p50' as const }]
    expect(decided(p50(1.1), [p50(1)], { calibration }).verdict).toBe('undecided')
  })

  test('there is none of the speed, which another program is measured by', () => {
    const both = { process: calibration.process, build: calibration.process }
    const answer = decided([speed('throughput', 1.1)], [[speed('throughput', 1)]], { calibration: both })
    expect(answer).toMatchObject({ verdict: 'undecided', comparisons: [{ by: null, verdict: 'inconclusive' }] })
  })
})

describe('what may fail a run', () => {
  test('is the target, then policies of the client, then those under faults, twelve at most', () => {
    const policies = Array.from({ length: 9 }, (_, index) => cost(`p${index}`, 0, index === 0 ? 'relay' : 'direct'))
    const memory = speed('memory', 11, { kind: 'resources', scope: 'stress', against: null })
    const all = [...policies, memory, speed('cpu', 0), speed('p99', 0), speed('p95', 0), speed('throughput', 0)]
    const names = familyOf(all).map(({ kind, scope, metric }) => (kind === 'fragility' ? scope : metric))
    expect(names).toEqual([
      'throughput',
      'p99',
      'cpu',
      'memory',
      ...Array.from({ length: 8 }, (_, index) => `policy.p${index + 1}/policy-direct`),
    ])
    expect(familyOf(all.slice(0, 3)).at(-1)?.scope).toBe('policy.p0/policy-relay')
  })

  test('is not a latency of a policy, which is notable at most', () => {
    const latency = (value: number) => [speed('p50', value, { kind: 'fragility', scope: 'policy.p/policy-direct' })]
    const answer = decided(
      [...latency(1.3), speed('throughput', 1)],
      ten.map((value) => [...latency(value), speed('throughput', value)]),
    )
    expect(answer.verdict).toBe('pass')
    expect(answer.comparisons[0]).toMatchObject({ gated: false, verdict: 'notable' })
  })

  test('is not even notable below the floor, however sure', () => {
    const latency = (value: number) => [speed('p50', value, { kind: 'fragility', scope: 'policy.p/policy-direct' })]
    const at = (value: number) =>
      decided(
        latency(value),
        ten.map((one) => latency(1 + 0.78 * (one - 1))),
      ).comparisons[0]
    expect(at(1.019)).toMatchObject({ verdict: 'pass-minor', level: 0.05 })
    expect(at(1.019)?.p).toBeLessThan(0.05)
    expect(at(1.021)?.verdict).toBe('notable')
  })

  test('is nothing where the run says why, and nothing absolute of another host', () => {
    const memory = speed('memory', 12, { kind: 'resources', scope: 'stress', against: null })
    const worse = [speed('throughput', 1.5), memory]
    const former = ten.map((value) => [speed('throughput', value), { ...memory, value: 11 }])
    expect(decided(worse, former, { advisory: 'the run is void' })).toMatchObject({
      verdict: 'undecided',
      why: 'the run is void',
    })
    const elsewhere = decided(worse, former, { sameHost: false })
    expect(elsewhere).toMatchObject({ verdict: 'undecided', why: 'measured on different hosts' })
    expect(elsewhere.comparisons.map(({ metric }) => metric)).toEqual(['throughput'])
    expect(elsewhere.notCompared).toEqual([{ what: 'memory of stress', why: 'measured on different hosts' }])
  })

  test('is no policy that costs more only because the target became faster', () => {
    const delayed = (value: number, alone: number) => [{ ...cost('latency', value, 'relay'), alone }]
    const former = ten.map((value) => delayed(value, -5))
    const at = (alone: number) => decided(delayed(1.2, alone), former)
    // Of a ratio that is worse by 0.2 a half has to be its own.
    expect(at(-5.01)).toMatchObject({
      verdict: 'pass',
      comparisons: [{ gated: true, verdict: 'notable', alone: -0.01 }],
    })
    expect(at(-4.91).verdict).toBe('pass')
    expect(at(-4.89)).toMatchObject({ verdict: 'fail', comparisons: [{ alone: 0.11 }] })
    // Former files do not tell it.
    expect(
      decided(
        delayed(1.2, -5),
        ten.map((value) => [cost('latency', value, 'relay')]),
      ).verdict,
    ).toBe('fail')
  })

  test('tells what was measured in the reference only', () => {
    const answer = decided(
      [speed('throughput', 1)],
      nights.map((night) => [...night, speed('cpu', 1), cost('retry', 0)]),
    )
    expect(answer.notCompared).toEqual([
      { what: 'cpu of baseline/baseline-direct against yardstick@1', why: 'measured in the reference only' },
      {
        what: 'throughput of policy.retry/policy-direct against baseline/baseline-direct',
        why: 'measured in the reference only',
      },
    ])
  })

  test('is only like beside like: what is doubtful in one and not in the other is not compared', () => {
    const tainted = (value: number) => speed('throughput', value, { tainted: ['generator-saturated'] })
    expect(decided([tainted(1.5)], nights)).toMatchObject({
      verdict: 'undecided',
      notCompared: [{ why: 'doubtful (generator-saturated), and not so in the reference' }],
    })
    expect(
      decided(
        [speed('throughput', 1.5)],
        ten.map((value) => [tainted(value)]),
      ).notCompared[0]?.why,
    ).toBe('doubtful in the reference')
    expect(
      decided(
        [tainted(1.5)],
        ten.map((value) => [tainted(value)]),
      ).verdict,
    ).toBe('fail')
    expect(decided([speed('p50', 1)], nights)).toMatchObject({
      why: 'they have no figure in common',
      notCompared: [{ why: 'not measured in the reference' }, { why: 'measured in the reference only' }],
    })
  })
})

test('of healthy nights by twelve figures at most one in a hundred fails, also with heavy tails', () => {
  const figures = (draw: () => number) => [
    speed('throughput', 0.02 * draw()),
    ...Array.from({ length: 11 }, (_, index) => cost(`p${index}`, 0.02 * draw())),
  ]
  const failing = [shapes.normal, shapes['Student, 4 degrees']].map((shape) => {
    const runs = Array.from({ length: 200 }, (_, run) => {
      const draw = shape(createRng('nights').fork(run))
      return decided(
        figures(draw),
        Array.from({ length: 10 }, () => figures(draw)),
      ).verdict
    })
    return runs.filter((verdict) => verdict === 'fail').length
  })
  expect(Math.max(...failing)).toBeLessThanOrEqual(4)
})

test('quantiles of Student are those of scipy 1.17', () => {
  const wanted = [
    [0.975, 4, 2.7764451051977987],
    [0.99, 2.5, 5.353111173030872],
    [0.05, 10, -1.8124611228107335],
  ] as const
  for (const [p, freedom, t] of wanted) expect(studentQuantile(p, freedom)).toBeCloseTo(t, 9)
})
