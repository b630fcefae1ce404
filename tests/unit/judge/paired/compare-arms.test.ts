import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareFound, type PairedComparison } from '../../../../harness/judge/paired/compare-arms.ts'
import { knownDifferences } from '../../../../harness/judge/paired/differences.ts'
import { rulerOf } from '../../../../harness/judge/paired/ruler.ts'
import { decideTrace } from '../../../../harness/judge/trace/paired-trace.ts'
import { significant } from '../../../../harness/kernel/units.ts'
import {
  answerTo,
  comparisonOf,
  type Effect,
  gaussian,
  ripple,
  tracedRounds,
  tracedSlice,
} from '../../../support/paired-traces.ts'

/** What is said of a throughput that is so much worse, with a ripple of this size over the rounds. */
function saidOf(worse: number, size: number, rounds = 12, calibration: { noise: number; floor: number } | null = null) {
  const known = calibration && { name: 'c', metrics: { throughput: calibration } }
  const answer = answerTo(rounds, (round) => ({ throughput: worse + ripple(size)(round) }), { calibration: known })
  return { ...comparisonOf(answer, 'throughput'), run: answer.verdict }
}

describe('a gated comparison', () => {
  test('passes where the policy is as good, and says with which figures', () => {
    expect(saidOf(0, 0.01)).toMatchObject({
      policy: 'a',
      against: 'baseline',
      unit: 'operations/s',
      gated: true,
      verdict: 'pass',
      run: 'pass',
      rounds: 12,
      base: 571.429,
      level: 0.008,
      falseDiscoveryRate: null,
      noise: 0,
      floor: 0.02,
      margin: 0.0512933,
      ruler: 'uncalibrated',
    })
  })

  test('fails where it is surely worse by a margin', () => {
    const said = saidOf(0.06, 0.01)
    expect(said).toMatchObject({ verdict: 'fail', run: 'fail', p: 0.000244141 })
    expect(said.estimate).toBeCloseTo(0.06, 2)
    expect(said.interval[0]).toBeLessThan(said.estimate!)
    expect(said.interval[1]).toBeGreaterThan(said.estimate!)
    expect(said.perRound).toHaveLength(12)
  })

  test('is a minor pass where it is surely worse, and surely by less than the margin', () => {
    expect(saidOf(0.03, 0.005)).toMatchObject({ verdict: 'pass-minor', run: 'pass' })
    expect(saidOf(0.01, 0.005)).toMatchObject({ verdict: 'pass-minor', run: 'pass' })
  })

  test('fails above the floor where a margin cannot be excluded for sure', () => {
    expect(saidOf(0.04, 0.04)).toMatchObject({ verdict: 'fail', run: 'fail' })
    // Excluded at 5 %, as a pass would have it, but not at 1 %.
    expect(saidOf(0.03, 0.03)).toMatchObject({ verdict: 'fail', run: 'fail' })
  })

  test('does not fail below the floor, however sure', () => {
    const worse = (round: number): Effect => ({ throughput: round < 9 ? 0.001 * (round + 1) : 0.2 + round / 1000 })
    const said = comparisonOf(answerTo(12, worse), 'throughput')
    // Two of the three that lie far above may be disturbances, without which the others count four times less.
    expect(said).toMatchObject({ p: 0.00390625, verdict: 'inconclusive' })
    expect(said.estimate).toBeLessThan(said.floor)
  })

  test('does not fail by two rounds that lift the others above the floor', () => {
    // A run whose policy had half of the machine in rounds 3 and 4, and was healthy: tests/bench/verdicts.ts.
    const others = [0.0008, 0.0154, 0.0137, 0.0082, 0.02, 0.0203, 0.053, 0.0253, 0.0372, 0.0046]
    const lifted = [...others.slice(0, 3), 0.6995, 0.6667, ...others.slice(3)]
    const said = (values: readonly number[]) =>
      comparisonOf(
        answerTo(values.length, (round) => ({ throughput: values[round]! })),
        'throughput',
      )
    expect(said(lifted)).toMatchObject({ p: 0.00390625, level: 0.008, verdict: 'inconclusive' })
    expect(said(lifted).estimate).toBeGreaterThan(0.02)
    expect(said(others).estimate).toBeLessThan(0.02)
    // What is worse in all rounds fails with two such rounds as without.
    expect(said(lifted.map((value) => value + 0.03)).verdict).toBe('fail')
  })

  test('is inconclusive where nothing is sure, and says what it could have found', () => {
    const said = saidOf(0.02, 0.15)
    expect(said).toMatchObject({ verdict: 'inconclusive', run: 'inconclusive' })
    expect(said.mde).toBeGreaterThan(said.margin)
  })

  test('needs a bound to pass, which four rounds do not have', () => {
    expect(saidOf(0, 0.001, 4)).toMatchObject({ verdict: 'inconclusive', mde: null, interval: [null, null] })
    expect(saidOf(0, 0.001, 8).verdict).toBe('pass')
  })

  test('passes where nothing differs at all', () => {
    expect(saidOf(0, 0)).toMatchObject({ verdict: 'pass', p: 1, estimate: 0, interval: [0, 0], mde: 0.0512933 })
  })

  test('never fails by an improvement, however noisy', () => {
    const better = fc.array(fc.integer({ min: -800, max: 0 }), { minLength: 12, maxLength: 12 })
    fc.assert(
      fc.property(better, better, (throughputs, latencies) => {
        const effect = (round: number): Effect => ({
          throughput: throughputs[round]! / 1000,
          p50: latencies[round]! / 1000,
          p99: latencies[11 - round]! / 1000,
        })
        const answer = decideTrace(tracedRounds(12, { 'policy:a': effect }))
        expect(answer.verdict).not.toBe('fail')
        expect(answer.comparisons.map(({ verdict }) => verdict)).not.toContain('notable')
      }),
      { numRuns: 60, seed: 6 },
    )
  })
})

describe('the noise that a calibration found', () => {
  test('is what an effect has to clear, beside the larger of the two floors', () => {
    expect(saidOf(0.06, 0.005, 12, { noise: 0.03, floor: 0.05 })).toMatchObject({
      verdict: 'fail',
      noise: 0.03,
      floor: 0.05,
      ruler: 'c',
    })
    expect(saidOf(0.06, 0.005, 12, { noise: 0.03, floor: 0.07 }).verdict).toBe('inconclusive')
    expect(saidOf(0.06, 0.005, 12, { noise: 0.065, floor: 0.05 })).toMatchObject({
      verdict: 'inconclusive',
      floor: 0.065,
      p: 1,
    })
    expect(saidOf(0.06, 0.005, 12, { noise: 0, floor: 0.001 }).floor).toBe(0.02)
  })

  test('is what a margin has to be excluded by', () => {
    expect(saidOf(0.01, 0.01, 12, { noise: 0.02, floor: 0.02 }).verdict).toBe('pass')
    expect(saidOf(0.01, 0.01, 12, { noise: 0.05, floor: 0.05 }).verdict).toBe('inconclusive')
  })

  test('widens the interval that is shown, as independent errors add up', () => {
    const [bare, noisy] = [saidOf(0, 0.01), saidOf(0, 0.01, 12, { noise: 0.03, floor: 0.03 })]
    // Calibrated at one side's 99 %, and shown at its 97.5 %.
    const added = (0.03 * 1.959964) / 2.3263479
    for (const end of [0, 1] as const)
      expect(Math.abs(noisy.interval[end]! - noisy.estimate!)).toBeCloseTo(
        Math.hypot(bare.interval[end]! - bare.estimate!, added),
        6,
      )
  })

  test('makes the interval hold the truth where runs differ by more than their rounds', () => {
    const noise = gaussian('between')
    const between = 0.02
    const calibration = { noise: 2.3263 * between, floor: 0.05 }
    const runs = 300
    const held = Array.from({ length: runs }, () => {
      const offset = between * noise()
      const answer = answerTo(12, () => ({ throughput: offset + 0.02 * noise() }), {
        calibration: { name: 'c', metrics: { throughput: calibration } },
      })
      const [low, high] = comparisonOf(answer, 'throughput').interval
      return low! <= 0 && 0 <= high!
    }).filter(Boolean).length
    expect(held / runs).toBeGreaterThan(0.92)
    expect(held / runs).toBeLessThan(0.99)
  })

  test('is part of the smallest effect that is found', () => {
    const [bare, noisy] = [saidOf(0, 0.05), saidOf(0, 0.05, 12, { noise: 0.03, floor: 0.02 })]
    expect(noisy.mde! - bare.mde!).toBeCloseTo(0.03, 5)
  })
})

describe('the comparisons of a run', () => {
  const shifted =
    (worse: number, metric: 'throughput' | 'p95' = 'throughput') =>
    (round: number): Effect => ({
      [metric]: worse + ripple(0.01)(round),
      ...(metric === 'p95' && { throughput: ripple(0.01)(round) }),
    })

  test("are held to Holm's levels over all that are gated", () => {
    const answer = decideTrace(
      tracedRounds(
        12,
        { 'policy:a': shifted(0.07), 'policy:b': shifted(0), 'policy:c': shifted(0.08) },
        { gate: ['a', 'b', 'c'].map((name) => [name, 'throughput'] as const) },
      ),
    )
    const levels = ['a', 'b', 'c'].map((policy) => comparisonOf(answer, 'throughput', policy).level)
    expect(levels).toEqual([0.00266667, 0.008, 0.004])
    expect(answer.comparisons.filter(({ verdict }) => verdict === 'fail').map(({ policy }) => policy)).toEqual([
      'a',
      'c',
    ])
  })

  test('hold a suspect to more, the more of them are gated', () => {
    const names = Array.from({ length: 21 }, (_, index) => `p${index}`)
    // One round of twelve is better, the least of all: p is 2 in 4096.
    const suspect = (round: number): Effect => ({ throughput: round === 0 ? -0.001 : 0.07 + round / 1000 })
    const arms = {
      'policy:p0': suspect,
      ...Object.fromEntries(names.slice(1).map((name) => [`policy:${name}`, () => ({})])),
    }
    const gateOf = (count: number) => names.slice(0, count).map((name) => [name, 'throughput'] as const)
    const verdictWith = (count: number) =>
      comparisonOf(decideTrace(tracedRounds(12, arms, { gate: gateOf(count) })), 'throughput', 'p0')
    expect(verdictWith(16)).toMatchObject({ p: 0.000488281, verdict: 'fail', level: 0.0005 })
    expect(verdictWith(17)).toMatchObject({ p: 0.000488281, verdict: 'inconclusive', level: 0.000470588 })
  })

  test('fail a run by what is gated alone, the others are notable at a false-discovery rate of 5 %', () => {
    const slowTail = (gate: 'throughput' | 'p95') => answerTo(12, shifted(0.3, 'p95'), { gate: [['a', gate]] })
    expect(slowTail('p95').verdict).toBe('fail')
    const others = slowTail('throughput')
    expect(others.verdict).toBe('pass')
    expect(comparisonOf(others, 'p95')).toMatchObject({
      gated: false,
      verdict: 'notable',
      level: 0.05,
      falseDiscoveryRate: 0.00146484,
    })
    expect(comparisonOf(others, 'p99')).toMatchObject({ gated: false, verdict: 'pass', falseDiscoveryRate: 1 })
  })

  test('are not notable by a p that one of so many has by chance', () => {
    // Of seven ungated metrics one has a p of 1 in 32, and the others none at all.
    const answer = answerTo(5, (round) => ({ p95: 0.3 + round / 100 }), { gate: [] })
    expect(comparisonOf(answer, 'p95')).toMatchObject({
      p: 0.03125,
      falseDiscoveryRate: 0.21875,
      verdict: 'inconclusive',
    })
  })

  test('say the same of rounds in another order', () => {
    const noise = gaussian('order of rounds')
    const effects = Array.from({ length: 13 }, () => ({ throughput: 0.02 + 0.03 * noise(), p50: 0.05 * noise() }))
    const said = (order: readonly Effect[]) =>
      decideTrace(tracedRounds(13, { 'policy:a': (round) => order[round]! })).comparisons.map(
        ({ perRound, ...others }) => ({ ...others, perRound: perRound.toSorted((a, b) => a - b) }),
      )
    expect(said(effects.toReversed())).toEqual(said(effects))
    expect(said([...effects.slice(5), ...effects.slice(0, 5)])).toEqual(said(effects))
  })
})

describe('the smallest effect that would have been found', () => {
  /** What is said of 300 runs of normal noise at a throughput that is worse by what such runs say they would have found. */
  function atSmallestEffect(name: string, rounds: number, deviation: number): readonly PairedComparison[] {
    const noise = gaussian(name)
    const samples = Array.from({ length: 300 }, () => Array.from({ length: rounds }, () => deviation * noise()))
    const said = (worse: number) => samples.map((sample) => saidOfValues(sample.map((value) => worse + value)))
    const sum = said(0).reduce((all, { mde }) => all + (mde ?? Number.NaN), 0)
    return said(sum / samples.length)
  }

  function saidOfValues(values: readonly number[]): PairedComparison {
    const pairing = { policy: 'a', against: 'baseline', arms: ['policy:a'], baseArms: ['baseline'] }
    const planned = { pairing, metric: 'throughput', gated: true } as const
    const differences = knownDifferences(values.map((value) => significant(value)))
    const look = { rounds: values.length, failAlpha: 0.01, passAlpha: 0.05 }
    return compareFound([{ planned, differences }], rulerOf(null), look)[0]!
  }

  // Noise so large that what is found lies above the floor, and is not surely less than the margin.
  test.each([
    [12, 0.04],
    [24, 0.06],
  ])('fails 19 times in 20 or nearly so, by %i rounds of normal noise', (rounds, deviation) => {
    const said = atSmallestEffect(`power of ${rounds}`, rounds, deviation)
    const found = said.filter(({ verdict }) => verdict === 'fail').length / said.length
    // 95 to 97 of 100 in the long run; three standard deviations of 300 runs are 4 of 100.
    expect(found).toBeGreaterThan(0.915)
    expect(found).toBeLessThan(0.995)
  })

  test('is no less than a margin, however quiet the rounds are: what is surely less does not fail', () => {
    const said = atSmallestEffect('quiet', 24, 0.004)
    expect(said.filter(({ verdict }) => verdict === 'fail').length / said.length).toBeGreaterThan(0.96)
    for (const { mde, margin } of said) expect(mde).toBeCloseTo(margin, 6)
  })

  test('is held to the level that a notable one has to reach first', () => {
    const answer = answerTo(12, (round) => ({ p95: ripple(0.05)(round) }))
    const alone = answerTo(12, (round) => ({ p95: ripple(0.05)(round) }), { gate: [['a', 'p95']] })
    expect(comparisonOf(answer, 'p95').level).toBe(0.05)
    // Of six that gate nothing the first has 1 in 120 to reach, and the one that gates 1 in 125.
    expect(comparisonOf(answer, 'p95').mde).toBeCloseTo(comparisonOf(alone, 'p95').mde!, 2)
  })
})

describe('what would have been found beside rounds that are set aside', () => {
  test('is more than without them, since what is left counts less', () => {
    const bare = answerTo(14, (round) => ({ throughput: ripple(0.05)(round) }))
    const disturbed = answerTo(16, (round) => ({ throughput: round < 14 ? ripple(0.05)(round) : 2 }))
    const [without, beside] = [bare, disturbed].map((answer) => comparisonOf(answer, 'throughput').mde!)
    expect(beside! - without!).toBeGreaterThan(0.001)
    expect(beside! - without!).toBeLessThan(0.03)
  })
})

describe('what passes', () => {
  test('has not lost more than the margin in the mean of its rounds either, of which none loses more than all', () => {
    const slowIn = (count: number) => (round: number) => ({
      throughput: round < count ? Math.LN2 : ripple(0.005)(round),
    })
    expect(saidOfRounds(24, slowIn(2))).toMatchObject({ verdict: 'pass', run: 'pass' })
    expect(saidOfRounds(24, slowIn(3))).toMatchObject({ verdict: 'inconclusive', run: 'inconclusive' })
    // The bound of the median of pairs excludes a margin there as well.
    expect(saidOfRounds(24, slowIn(3)).interval[1]).toBeLessThan(0.0512)
  })

  test('has not lost it in a slice of each round either, which the middle of the pairs of slices does not see', () => {
    const slicesOf = (stall: number) => (round: number) =>
      [0, 1, 2, 3].flatMap((turn) => [
        tracedSlice('baseline', 2 * turn),
        tracedSlice('policy:a', 2 * turn + 1, {
          p99: ripple(0.005)(round) + (turn === round % 4 ? Math.log(stall) : 0),
        }),
      ])
    const saidWith = (stall: number, tests = 1) => {
      const rounds = Array.from({ length: 12 }, (_, round) => ({ slices: slicesOf(stall)(round) }))
      const gate = (['p99', 'throughput', 'p50', 'cpu', 'p95', 'errors'] as const).slice(0, tests)
      const answer = decideTrace({ ...tracedRounds(0, {}), rounds, gate: gate.map((metric) => ['a', metric]) })
      return { ...comparisonOf(answer, 'p99'), run: answer.verdict }
    }
    expect(saidWith(1.3)).toMatchObject({ verdict: 'pass-minor', run: 'pass' })
    expect(saidWith(4)).toMatchObject({ verdict: 'fail', run: 'fail', p: 0.00244141 })
    expect(saidWith(4).estimate).toBeLessThan(0.05)
    expect(saidWith(4).overall).toBeCloseTo(Math.log(4) / 4, 1)
    // A tenth of the error goes to all slices together: of twelve rounds and six tests that is too little.
    expect(saidWith(4, 6)).toMatchObject({ verdict: 'inconclusive', run: 'inconclusive' })
  })

  function saidOfRounds(rounds: number, effect: (round: number) => Effect) {
    const answer = answerTo(rounds, effect)
    return { ...comparisonOf(answer, 'throughput'), run: answer.verdict }
  }
})

describe('two rounds that are worse still', () => {
  const names = ['a', 'b', 'c', 'd'] as const
  const gate = names.flatMap((name) => (['throughput', 'p50', 'p99'] as const).map((metric) => [name, metric] as const))

  test('keep nothing from failing that is worse in all the others, by as few rounds and as many tests as there may be', () => {
    const suspect = (round: number): Effect => ({
      throughput: 0.642 + ripple(0.01)(round) + (round === 2 || round === 5 ? 0.6 : 0),
    })
    const others = Object.fromEntries(names.slice(1).map((name) => [`policy:${name}`, () => ({})]))
    const answer = decideTrace(tracedRounds(12, { 'policy:a': suspect, ...others }, { gate }))
    expect(comparisonOf(answer, 'throughput')).toMatchObject({ verdict: 'fail', level: 0.000666667 })
  })
})
