import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decide } from '../../../../harness/judge/paired/decide.ts'
import { rulerOf } from '../../../../harness/judge/paired/ruler.ts'
import type { PairedSlice } from '../../../../harness/judge/paired/slice.ts'
import { decideTrace, type TracedSlice } from '../../../../harness/judge/trace/paired-trace.ts'
import {
  answerTo,
  comparisonOf,
  type Effect,
  gaussian,
  ripple,
  tracedRounds,
  tracedSlice,
} from '../../../support/paired-traces.ts'

function pairedSlice(arm: string, effect: Effect): PairedSlice {
  return { slow: null, cpuMs: null, latencyMs: null, ...tracedSlice(arm, 0, effect), throughput: true }
}

const even = ripple(0.01)
const healthy = (round: number): Effect => ({ throughput: even(round) })
const slower = (round: number): Effect => ({ throughput: 0.2 + even(round) })

describe('a run that may end early', () => {
  const looks = [8, 16, 24]

  test('passes at its first look where nothing is worse', () => {
    const answer = answerTo(24, healthy, { looks })
    expect(answer).toMatchObject({ verdict: 'pass', rounds: 8 })
    expect(answer.comparisons[0]!.rounds).toBe(8)
  })

  test('passes by a part of the error at each look, so that what passes in one look may have to go on', () => {
    // The bounds of 8 rounds at 5 % and at 2.3 % lie on either side of the margin.
    const close = (round: number): Effect => ({
      throughput: [0, 0, 0, 0, 0, 0.03, 0.08, 0.08][round % 8]! + even(round) / 10,
    })
    expect(answerTo(8, close).verdict).toBe('pass')
    expect(answerTo(8, close, { looks }).verdict).toBe('inconclusive')
  })

  test('cannot fail at its first look, however much worse it is', () => {
    expect(answerTo(8, slower, { looks })).toMatchObject({ verdict: 'inconclusive', rounds: 8, catastrophes: [] })
    expect(comparisonOf(answerTo(8, slower, { looks }), 'throughput')).toMatchObject({ p: 0.00390625, mde: null })
  })

  test('fails at its second look where all rounds are worse', () => {
    expect(answerTo(24, slower, { looks })).toMatchObject({ verdict: 'fail', rounds: 16 })
  })

  test('ends at its first look by a catastrophe', () => {
    expect(answerTo(24, () => ({ throughput: 2 }), { looks })).toMatchObject({ verdict: 'fail', rounds: 8 })
  })

  test('goes on to its last look while nothing is sure, and is inconclusive then', () => {
    const unsure = ripple(0.3)
    expect(answerTo(24, (round) => ({ throughput: unsure(round) }), { looks })).toMatchObject({
      verdict: 'inconclusive',
      rounds: 24,
    })
  })

  test('is decided at the last look that its rounds reach', () => {
    expect(answerTo(20, slower, { looks })).toMatchObject({ verdict: 'fail', rounds: 16 })
    expect(answerTo(15, slower, { looks })).toMatchObject({ verdict: 'inconclusive', rounds: 8 })
    expect(answerTo(30, slower, { looks: [24] })).toMatchObject({ verdict: 'fail', rounds: 24 })
  })

  test('neither passes nor fails by a test where it is shorter than its first look', () => {
    for (const effect of [healthy, slower])
      expect(answerTo(7, effect, { looks })).toMatchObject({ verdict: 'inconclusive', rounds: 7 })
    expect(answerTo(7, () => ({ throughput: 2 }), { looks }).verdict).toBe('fail')
  })

  test('fails no more than once in a hundred by looking three times', () => {
    const noise = gaussian('three looks')
    const pairing = { policy: 'a', against: 'baseline', arms: ['policy:a'], baseArms: ['baseline'] }
    const planned = [{ pairing, metric: 'throughput', gated: true }] as const
    const noisy = (): Effect => ({ throughput: 0.1 * noise() })
    let failed = 0
    for (let run = 0; run < 300; run++) {
      const rounds = Array.from({ length: 24 }, () => ({
        slices: [pairedSlice('baseline', {}), pairedSlice('policy:a', noisy())],
      }))
      if (decide({ rounds, planned, controls: [], ruler: rulerOf(null), looks }).verdict === 'fail') failed++
    }
    // The largest count that a chance of one in a hundred comes to 19 times in 20.
    expect(failed).toBeLessThanOrEqual(6)
  })
})

describe('a gate that cannot do what it is for', () => {
  test('is inconclusive with too few rounds to fail, and says so', () => {
    const answer = answerTo(6, healthy)
    expect(answer.verdict).toBe('inconclusive')
    expect(answer.doubts[0]).toMatchObject({
      kind: 'gate-cannot-fail',
      detail: '6 rounds cannot make any of 1 gated comparisons fail',
    })
    expect(answerTo(7, healthy).verdict).toBe('pass')
  })

  test('is inconclusive where it looked at nothing', () => {
    expect(answerTo(12, healthy, { gate: [] }).verdict).toBe('inconclusive')
    expect(decideTrace(tracedRounds(12, {})).verdict).toBe('inconclusive')
  })

  test('is inconclusive where one of its metrics was never measured', () => {
    const trace = tracedRounds(
      12,
      { 'policy:a': healthy },
      {
        gate: [
          ['a', 'throughput'],
          ['a', 'cpu'],
        ],
      },
    )
    const bare = ({ cpuMs: _, ...slice }: TracedSlice): TracedSlice => slice
    const answer = decideTrace({ ...trace, rounds: trace.rounds.map(({ slices }) => ({ slices: slices.map(bare) })) })
    expect(answer.verdict).toBe('inconclusive')
    expect(comparisonOf(answer, 'cpu')).toMatchObject({
      verdict: 'inconclusive',
      rounds: 0,
      base: null,
      value: null,
      estimate: null,
      interval: [null, null],
      p: 1,
      mde: null,
    })
  })

  test('of no rounds is inconclusive', () => {
    const empty = { rounds: [], planned: [], controls: [], ruler: rulerOf(null), looks: [12] }
    expect(decide(empty)).toEqual({ verdict: 'inconclusive', rounds: 0, comparisons: [], doubts: [], catastrophes: [] })
  })
})

describe('rounds that a policy lacks', () => {
  const without = (missing: number) => (round: number) => (round < missing ? null : healthy(round))

  test('are borne up to one in twenty', () => {
    expect(answerTo(24, without(1)).verdict).toBe('pass')
    expect(answerTo(12, without(1))).toMatchObject({
      verdict: 'inconclusive',
      doubts: [{ kind: 'rounds-missing', detail: 'throughput of a was measured in 11 of 12 rounds' }, {}],
    })
  })

  test('keep no run from failing', () => {
    expect(answerTo(24, (round) => (round < 5 ? null : slower(round))).verdict).toBe('fail')
  })

  test('do not matter where it gates nothing', () => {
    const arms = { 'policy:a': healthy, 'policy:b': without(6) }
    expect(decideTrace(tracedRounds(12, arms, { gate: [['a', 'throughput']] })).verdict).toBe('pass')
  })
})

describe('an arm that got nothing done', () => {
  const dead = (slice: TracedSlice): TracedSlice => ({ ...slice, ok: 0, failed: 20, latencyMs: null })
  const answerWithDead = (arms: readonly string[]) => {
    const trace = tracedRounds(12, { 'policy:a': healthy })
    const slices = (all: readonly TracedSlice[]) => all.map((slice) => (arms.includes(slice.arm) ? dead(slice) : slice))
    return decideTrace({ ...trace, rounds: trace.rounds.map((round) => ({ slices: slices(round.slices) })) })
  }

  test('fails as a policy', () => {
    const answer = answerWithDead(['policy:a'])
    expect(answer.verdict).toBe('fail')
    expect(answer.catastrophes).toEqual([
      expect.stringContaining('throughput of a'),
      'a got nothing done in 12 of 12 rounds in which baseline did',
      expect.stringContaining('a fails in bursts'),
    ])
    expect(comparisonOf(answer, 'p50')).toMatchObject({ verdict: 'inconclusive', rounds: 0 })
  })

  test.each([[['baseline']], [['baseline', 'policy:a']]])('passes nobody as a baseline: %j', (arms) => {
    const answer = answerWithDead(arms)
    expect(answer.verdict).toBe('inconclusive')
    expect(comparisonOf(answer, 'throughput')).toMatchObject({ verdict: 'inconclusive', rounds: 0, estimate: null })
  })
})

describe('the answer', () => {
  const odd = fc.constantFrom(0, 1, 1e-6, 3, 1e12)
  const slice = fc.record({
    arm: fc.constantFrom('baseline', 'control', 'policy:a', 'policy:b'),
    order: fc.nat(5),
    startMs: fc.constantFrom(0, -1e308),
    durationMs: fc.constantFrom(1e-320, 1, 1750, 1e308),
    ok: fc.constantFrom(0, 1, 800, Number.MAX_SAFE_INTEGER),
    failed: fc.constantFrom(0, 1, 2 ** 40),
    latencyMs: fc.option(fc.record({ p50: odd, p95: odd, p99: odd })),
    slow: fc.option(fc.nat(9)),
    cpuMs: fc.option(odd),
  })
  const rounds = fc.array(fc.record({ slices: fc.array(slice, { minLength: 1, maxLength: 6 }) }), {
    minLength: 1,
    maxLength: 14,
  })

  test('of whatever a trace may hold is the same when it has been written down and read', () => {
    fc.assert(
      fc.property(rounds, (all) => {
        const answer = decideTrace({ schema: 'soakrig/trace@1', id: 'x', calibration: null, rounds: all })
        expect(JSON.parse(JSON.stringify(answer))).toEqual(answer)
      }),
      { numRuns: 150, seed: 6 },
    )
  })

  test('of 40 rounds with 20 comparisons takes less than 200 ms', () => {
    const noise = gaussian('speed')
    const effect = (): Effect => ({
      throughput: 0.05 * noise(),
      p50: 0.05 * noise(),
      p99: 0.1 * noise(),
      cpu: 0.02 * noise(),
    })
    const trace = tracedRounds(40, { control: effect, 'policy:a': effect, 'policy:b': effect, 'policy:c': effect })
    const times = Array.from({ length: 3 }, () => {
      const start = performance.now()
      expect(decideTrace(trace).comparisons).toHaveLength(21)
      return performance.now() - start
    })
    // The best of three, for the machine may be busy with other tests.
    expect(Math.min(...times)).toBeLessThan(200)
  })
})
