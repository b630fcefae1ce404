import { describe, expect, test } from 'vitest'
import type { GateCalibration } from '../../../../harness/judge/calibration/ruler.ts'
import type { ReferenceCase } from '../../../../harness/judge/reference/case.ts'
import { decideReference } from '../../../../harness/judge/reference/decide.ts'
import { candidatesOf, type Estimand } from '../../../../harness/judge/reference/estimand.ts'
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
) => {
  const usual = { absent: [], leftOut: [], history: null, calibration: unknown, sameHost: true, advisory: null }
  return decideReference({ own, references, ...usual, ...more })
}

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
      why: '4 of 5 results that tell what is chance',
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

  test('what an arm came to by itself is by the clock: nothing is known of how the machine differed', () => {
    const at = (value: number, alone: number, besides: number) => ({
      ...cost('p', value),
      alone,
      aloneBeside: { against: 'yardstick@1', value: besides },
    })
    const [found] = decided([at(1.1, -4.96, 2.1)], [[at(1, -5, 2)]], { calibration }).comparisons
    expect(found).toMatchObject({ by: 'calibration', alone: 0.04, verdict: 'notable' })
    expect(found).not.toHaveProperty('aloneBeside')
  })

  test('there is none of the speed, which another program is measured by', () => {
    const both = { process: calibration.process, build: calibration.process }
    const answer = decided([speed('throughput', 1.1)], [[speed('throughput', 1)]], { calibration: both })
    expect(answer).toMatchObject({ verdict: 'undecided', comparisons: [{ by: null, verdict: 'inconclusive' }] })
  })
})

describe('what may fail a run', () => {
  test('is the target, then policies of the client, then those under faults', () => {
    const policies = Array.from({ length: 9 }, (_, index) => cost(`p${index}`, 0, index === 0 ? 'relay' : 'direct'))
    const memory = speed('memory', 11, { kind: 'resources', scope: 'stress', against: null })
    const all = [...policies, memory, speed('cpu', 0), speed('p99', 0), speed('p95', 0), speed('throughput', 0)]
    const names = candidatesOf(all).map(({ kind, scope, metric }) => (kind === 'fragility' ? scope : metric))
    expect(names).toEqual([
      'throughput',
      'p99',
      'cpu',
      'memory',
      ...Array.from({ length: 8 }, (_, index) => `policy.p${index + 1}/policy-direct`),
      'policy.p0/policy-relay',
    ])
  })

  test('are twelve figures at most, and it is told how many more there would be', () => {
    const thirteen = (value: number) => Array.from({ length: 13 }, (_, index) => cost(`p${index}`, value))
    const answer = decided(
      thirteen(1),
      ten.map((value) => thirteen(value)),
    )
    expect(answer.comparisons.filter(({ gated }) => gated)).toHaveLength(12)
    expect(answer).toMatchObject({
      verdict: 'pass',
      why: 'nothing is decided of policy.p12/policy-direct: a run is held to 12 figures',
    })
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

  describe('by itself, beside the yardstick and by the clock: a policy', () => {
    /** A policy on a target that does e^7 operations in a second; it waits, or works as the target does. */
    const night = (
      value: number,
      { clock, beside, name = 'yardstick@1' }: Record<'clock' | 'beside', number> & { name?: string },
    ) => [{ ...cost('retry', value), alone: -5 + clock, aloneBeside: { against: name, value: 2 + beside } }]
    const former = ten.map((value) => night(value, { clock: 0, beside: 0 }))
    const of = (own: readonly Estimand[], nightsBefore: readonly (readonly Estimand[])[] = former) => {
      const { verdict, comparisons } = decided(own, nightsBefore)
      const [one] = comparisons
      return { run: verdict, verdict: one?.verdict, alone: one?.alone, aloneBeside: one?.aloneBeside, by: one?.by }
    }

    test.each([0.05, 0.08, 0.1, 0.2])('that waits is no worse on a machine that is faster by %f', (faster) => {
      // Baseline and yardstick become faster, the policy does not.
      expect(of(night(1 + faster, { clock: 0, beside: faster }))).toEqual({
        run: 'pass',
        verdict: 'notable',
        alone: 0,
        aloneBeside: { against: 'yardstick@1', worse: faster },
        by: 'history',
      })
    })

    test('that waits longer is worse, on the same machine and on a faster one', () => {
      expect(of(night(1.1, { clock: 0.1, beside: 0.1 })).run).toBe('fail')
      expect(of(night(1.2, { clock: 0.1, beside: 0.2 })).run).toBe('fail')
    })

    test('that works and became slower is not hidden by a faster machine, unless that makes up for all of it', () => {
      // By the clock it has lost less than half of what it lost for its baseline.
      expect(of(night(1.1, { clock: 0.04, beside: 0.1 }))).toMatchObject({
        run: 'fail',
        alone: 0.04,
        aloneBeside: { against: 'yardstick@1', worse: 0.1 },
      })
      // The floor of throughput is 0.02.
      expect(of(night(1.1, { clock: 0.021, beside: 0.1 })).run).toBe('fail')
      expect(of(night(1.1, { clock: 0.019, beside: 0.1 }))).toMatchObject({ run: 'pass', verdict: 'notable' })
    })

    test('that works is no worse on a slower machine, where only its baseline became better', () => {
      expect(of(night(1.1, { clock: 0.1, beside: 0 }))).toMatchObject({ run: 'pass', verdict: 'notable' })
      expect(of(night(1.1, { clock: 0.1, beside: 0.049 })).run).toBe('pass')
      expect(of(night(1.1, { clock: 0.1, beside: 0.051 })).run).toBe('fail')
    })

    test('is held to the clock beside another yardstick, and beside files from before', () => {
      const own = night(1.1, { clock: 0.04, beside: 0.1 })
      const another = ten.map((value) => night(value, { clock: 0, beside: 0, name: 'yardstick@0' }))
      const before = ten.map((value) => [{ ...cost('retry', value), alone: -5 }])
      for (const one of [another, [...former.slice(1), ...another.slice(0, 1)], before])
        expect(of(own, one)).toMatchObject({ run: 'pass', verdict: 'notable', alone: 0.04, aloneBeside: undefined })
    })
  })

  test('says where nothing is in common, and where all is set apart by doubts', () => {
    expect(decided([speed('p95', 1)], [[speed('p50', 1)]]).why).toBe('they have no figure in common')
    const doubtful = speed('throughput', 1, { tainted: ['cut-off'] })
    expect(decided([doubtful], nights.slice(0, 3))).toMatchObject({
      verdict: 'undecided',
      why: 'nothing is compared: throughput of baseline/baseline-direct against yardstick@1, doubtful (cut-off), and not so in the reference',
    })
  })
})

describe('a figure that may fail the run, and is not compared,', () => {
  const tainted = (value: number, kind = 'generator-saturated') => speed('throughput', value, { tainted: [kind] })
  const details = (answer: ReturnType<typeof decided>) => referenceDoubts(answer).map(({ detail }) => detail)

  test('since the run lacks it leaves the run without an answer, whatever passes besides', () => {
    const former = nights.map((night) => [...night, speed('cpu', 1), cost('retry', 0)])
    const answer = decided([speed('throughput', 1)], former)
    expect(answer.notCompared).toMatchObject([
      {
        what: 'cpu of baseline/baseline-direct against yardstick@1',
        why: 'measured in the reference only',
        gated: true,
      },
      { what: expect.stringMatching(/^throughput of policy\.retry/u), gated: true },
    ])
    expect(answer).toMatchObject({ verdict: 'inconclusive', comparisons: [{ verdict: 'pass' }] })
    expect(details(answer)[0]).toBe(
      'cpu of baseline/baseline-direct against yardstick@1 may fail the run, and is not compared: measured in the reference only',
    )
    const absent = [{ ...speed('cpu', 0), why: 'nobody asked' }]
    expect(details(decided([speed('throughput', 1)], former, { absent }))[0]).toMatch(/: nobody asked$/u)
    // What else is worse is worse.
    expect(decided([speed('throughput', 1.2)], former).verdict).toBe('fail')
  })

  test('is no loss where it could not have decided, nor where nothing does', () => {
    const few = nights.map((night, index) => (index < 4 ? [...night, speed('cpu', 1)] : night))
    expect(decided([speed('throughput', 1)], few)).toMatchObject({
      verdict: 'pass',
      notCompared: [{ what: expect.stringMatching(/^cpu/u), why: 'measured in the reference only' }],
    })
    const p95 = nights.map((night) => [...night, speed('p95', 1)])
    expect(decided([speed('throughput', 1)], p95).verdict).toBe('pass')
    expect(decided([], nights, { advisory: 'the run is void' })).toMatchObject({ verdict: 'undecided' })
    expect(decided([], nights, { sameHost: false }).notCompared[0]).not.toHaveProperty('gated')
  })

  test('since it is doubtful, or was, does so too; doubts of all of them alike set nothing apart', () => {
    const former = ten.map((value) => [tainted(value)])
    expect(decided([tainted(1.5)], nights)).toMatchObject({
      verdict: 'inconclusive',
      notCompared: [{ why: 'doubtful (generator-saturated), and not so in the reference', gated: true }],
    })
    expect(decided([speed('throughput', 1.5)], former)).toMatchObject({
      verdict: 'inconclusive',
      notCompared: [{ why: 'doubtful in the reference', gated: true }],
    })
    expect(decided([tainted(1.5)], former).verdict).toBe('fail')
    const six = [...former.slice(0, 6), ...nights.slice(6)]
    expect(decided([tainted(1.5)], six).verdict).toBe('fail')
    expect(decided([speed('throughput', 1)], six)).toMatchObject({
      verdict: 'inconclusive',
      comparisons: [],
      notCompared: [{ why: 'not doubtful in 4 of 10 results only' }],
    })
  })

  test('is none where the doubt is about the ruler, of which files from before tell as well', () => {
    for (const kind of ['calibration-drifted', 'uncalibrated', 'gate-blind']) {
      expect(decided([tainted(1.2, kind)], nights).verdict).toBe('fail')
      expect(
        decided(
          [speed('throughput', 1.2)],
          ten.map((value) => [tainted(value, kind)]),
        ).verdict,
      ).toBe('fail')
    }
  })
})

describe('what a run left out by its plan', () => {
  const leftOut = [{ phase: 'policy.retry', why: 'does not fit into the budget of 20 s' }]
  const former = ten.map((value) => [speed('throughput', value), cost('retry', 0, 'relay'), cost('retry2', 0)])
  const own = [speed('throughput', 1), cost('retry2', 0)]

  test('is told, and does not leave it without an answer', () => {
    const answer = decided(own, former, { leftOut })
    expect(answer).toMatchObject({
      verdict: 'pass',
      why: 'nothing is decided of policy.retry/policy-relay: does not fit into the budget of 20 s',
    })
    expect(answer.notCompared).toEqual([
      {
        what: 'throughput of policy.retry/policy-relay against baseline/baseline-relay',
        why: 'does not fit into the budget of 20 s',
      },
    ])
    expect(referenceDoubts(answer)).toEqual([])
    expect(decided([speed('throughput', 1.2), cost('retry2', 0)], former, { leftOut }).verdict).toBe('fail')
  })

  test('is no excuse for what its plan had, also of a policy whose name begins alike', () => {
    expect(decided(own, former)).toMatchObject({ verdict: 'inconclusive', why: null })
    const answer = decided([speed('throughput', 1)], former, { leftOut })
    expect(answer).toMatchObject({ verdict: 'inconclusive', notCompared: [{}, { gated: true }] })
    expect(referenceDoubts(answer).map(({ detail }) => detail)).toEqual([
      expect.stringMatching(/^throughput of policy\.retry2\//u),
    ])
  })

  test('is not worth a word in the answer where it could not have decided', () => {
    const few = former.map((night, index) => (index < 4 ? night : night.filter(({ scope }) => !/retry\//u.test(scope))))
    expect(decided(own, few, { leftOut })).toMatchObject({ verdict: 'pass', why: null, notCompared: [{}] })
    expect(decided(own, former, { leftOut, advisory: 'the run is void' }).why).toBe('the run is void')
  })
})

describe('a single reference', () => {
  const pinned = [[speed('throughput', 0.99, { error: 0.02 })]]

  test('is held to by what nights differ by: twice their variance, or its own where that is more', () => {
    const [one] = decided([speed('throughput', 1.2)], pinned, { history: nights }).comparisons
    const deviation = 1.4826 * 0.007
    expect(one).toMatchObject({ reference: 0.99, references: 1, by: 'history', freedom: 4, verdict: 'fail' })
    expect(one?.error).toBeCloseTo(Math.hypot(deviation, 0.02), 6)
    const [sure] = decided([speed('throughput', 1.2)], [[speed('throughput', 0.99)]], { history: nights }).comparisons
    expect(sure?.error).toBeCloseTo(Math.SQRT2 * deviation, 6)
  })

  test('that lacks what the run and five nights have leaves that undecided, and it is told', () => {
    const pin = [[speed('throughput', 1)]]
    const own = [speed('throughput', 1), speed('cpu', 2), cost('retry', 1)]
    const five = ten.map((value, index) => [
      speed('throughput', value),
      ...(index < 5 ? [speed('cpu', 1), cost('retry', 0)] : []),
    ])
    const answer = decided(own, pin, { history: five })
    expect(answer).toMatchObject({
      verdict: 'pass',
      why: 'nothing is decided of cpu of baseline/baseline-direct against yardstick@1, policy.retry/policy-direct: not measured in the reference',
      notCompared: [{ why: 'not measured in the reference' }, { why: 'not measured in the reference' }],
    })
    expect(referenceDoubts(answer)).toEqual([])
    // A run of which nothing else decides says so too.
    expect(decided(own.slice(1, 2), [[speed('p95', 1)]], { history: five }).why).toBe(
      'they have no figure in common; nothing is decided of cpu of baseline/baseline-direct against yardstick@1: not measured in the reference',
    )
  })

  test('is asked for nothing that is new, that fails no run, or where nothing decides', () => {
    const pin = [[speed('throughput', 1)]]
    const four = nights.map((night, index) => (index < 4 ? [...night, speed('cpu', 1)] : night))
    const own = [speed('throughput', 1), speed('cpu', 2)]
    expect(decided(own, pin, { history: four })).toMatchObject({ verdict: 'pass', why: null })
    const p95 = nights.map((night) => [...night, speed('p95', 1)])
    expect(decided([speed('throughput', 1), speed('p95', 2)], pin, { history: p95 }).why).toBeNull()
    const cpu = nights.map((night) => [...night, speed('cpu', 1)])
    expect(decided(own, pin, { history: cpu, advisory: 'the run is void' }).why).toBe('the run is void')
  })

  test('decides nothing of the speed without five nights, and says so of a run that passes by all else', () => {
    const between = { runs: 20, bias: 0, deviation: 0.01, between: 0.001, perRound: 0.02, noise: 0.01, floor: 0.02 }
    const calibration = { process: { name: 'c', runs: 20, metrics: { throughput: between } }, build: null }
    const history = nights.slice(0, 4)
    const answer = decided([speed('throughput', 2), cost('p', 1)], [[...pinned[0]!, cost('p', 1)]], {
      history,
      calibration,
    })
    expect(answer).toMatchObject({
      verdict: 'pass',
      why: 'nothing is decided of speed: 4 of 5 results that tell what is chance',
    })
    expect(decided([speed('throughput', 2)], pinned, { history }).verdict).toBe('undecided')
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
