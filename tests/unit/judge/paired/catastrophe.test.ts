import { describe, expect, test } from 'vitest'
import { catastrophes } from '../../../../harness/judge/paired/catastrophe.ts'
import { decideTrace, type TracedSlice } from '../../../../harness/judge/trace/paired-trace.ts'
import { createRng } from '../../../../harness/kernel/rng.ts'
import { answerTo, type Effect, ripple, tracedRounds, tracedSlice } from '../../../support/paired-traces.ts'

/** An arm that is so much worse in these rounds, and as good as its baseline in the others. */
const worseIn =
  (rounds: readonly number[], effect: Effect) =>
  (round: number): Effect =>
    rounds.includes(round) ? effect : { throughput: ripple(0.01)(round), p50: ripple(0.01)(round) }

const all = (count: number): readonly number[] => Array.from({ length: count }, (_, round) => round)

describe('a catastrophe', () => {
  test.each([
    ['throughput', { throughput: 0.8 }, 'throughput of a is 2.23 times worse than of baseline'],
    ['p50', { p50: 0.8 }, 'p50 of a is 2.23 times worse than of baseline'],
  ] as const)('of %s fails in fewer rounds than a test needs', (_, effect, told) => {
    const answer = answerTo(4, () => effect)
    expect(answer.catastrophes).toContain(told)
    expect(answer.verdict).toBe('fail')
  })

  test('is told once, however many metrics are gated', () => {
    const gate = [
      ['a', 'throughput'],
      ['a', 'p50'],
      ['a', 'p99'],
    ] as const
    expect(answerTo(4, () => ({ throughput: 0.8 }), { gate }).catastrophes).toHaveLength(1)
  })

  test('is none of a policy that gates nothing', () => {
    expect(answerTo(12, () => ({ throughput: 3, p50: 3, errors: 0.5 }), { gate: [] }).catastrophes).toEqual([])
  })

  test('is no loss of exactly a half, and no gain of any size', () => {
    expect(answerTo(12, () => ({ throughput: Math.LN2, p50: Math.LN2 })).catastrophes).toEqual([])
    expect(answerTo(12, () => ({ throughput: -3, p50: -3 })).catastrophes).toEqual([])
  })

  const loss: Effect = { throughput: 3, p50: 3, p95: 3, p99: 3 }

  test.each([
    [1, [0]],
    [2, [0, 1]],
    [3, [1, 2]],
    [4, [0, 1]],
    [4, [0, 3]],
    [12, [3, 4]],
    [12, [3, 9]],
    [12, [0, 1, 2, 3, 4, 5]],
  ] as const)('is no loss that in %i rounds only those %j have', (rounds, disturbed) => {
    expect(answerTo(rounds, worseIn(disturbed, loss)).catastrophes).toEqual([])
  })

  test('is a loss in most rounds', () => {
    expect(answerTo(12, worseIn([0, 2, 4, 6, 8, 10, 11], loss)).catastrophes).toHaveLength(2)
  })

  test('is no loss of the few rounds that could be measured', () => {
    const answer = answerTo(12, (round) => (round < 4 ? loss : null))
    expect(answer).toMatchObject({ catastrophes: [], verdict: 'inconclusive' })
  })

  const burst: Effect = { errors: 0.02 }

  test.each([
    [4, [0, 1, 2, 3]],
    [12, [5]],
    [12, [5, 9]],
    [12, [1, 3, 5, 6, 7, 8, 10, 11]],
    [24, [2, 9, 15]],
  ] as const)('is no burst of errors that in %i rounds only those %j have', (rounds, disturbed) => {
    expect(answerTo(rounds, worseIn(disturbed, burst)).catastrophes).toEqual([])
  })

  test.each([
    [12, [0, 1, 2, 3, 4, 6, 8, 9, 11]],
    [24, [2, 3, 5, 7, 9, 11, 15, 16, 20]],
  ] as const)('is a burst of errors that in %i rounds those %j have', (rounds, disturbed) => {
    expect(answerTo(rounds, worseIn(disturbed, burst))).toMatchObject({
      verdict: 'fail',
      catastrophes: [`a fails in bursts: at least 1 % more than baseline in 9 of ${rounds} rounds`],
    })
  })

  test('is none of bursts that its baseline has as well, in whichever of its measurements', () => {
    const bursts = (own: readonly number[], base: readonly number[], control: readonly number[]) => {
      const trace = tracedRounds(24, { control: worseIn(control, burst), 'policy:a': worseIn(own, burst) })
      const rounds = trace.rounds.map(({ slices }, round) => ({
        slices: slices.map((slice) =>
          slice.arm === 'baseline' && base.includes(round) ? { ...slice, ok: 980, failed: 20 } : slice,
        ),
      }))
      return decideTrace({ ...trace, rounds, gate: [['a', 'throughput']] }).catastrophes
    }
    const own = [2, 3, 5, 7, 9, 11, 15, 16, 20]
    expect(bursts(own, [], [])).toHaveLength(1)
    expect(bursts(own, [22], [])).toEqual([])
    expect(bursts(own, [], [23])).toEqual([])
    expect(bursts(own, [2], [])).toEqual([])
    expect(bursts([...own, 0, 1, 4, 6], [22], [])[0]).toMatch(/in 13 of 24 rounds, and less in 1$/u)
  })

  test('fails no more than one in five hundred healthy runs by bursts', () => {
    const rng = createRng('bursts')
    const arms = { arms: ['policy:a'], baseArms: ['baseline', 'control'] }
    const suspects = [{ pairing: { policy: 'a', against: 'baseline', ...arms }, accepted: {} }]
    const failing = (arm: string) => {
      const failed = rng.next() < 0.3 ? 15 : 0
      return {
        arm,
        durationMs: 1,
        ok: 1000 - failed,
        failed,
        latencyMs: null,
        slow: null,
        cpuMs: null,
        throughput: false,
      }
    }
    const runs = 500
    let failed = 0
    for (let run = 0; run < runs; run++) {
      const rounds = Array.from({ length: 120 }, () => ({ slices: ['baseline', 'control', 'policy:a'].map(failing) }))
      if (catastrophes(rounds, suspects, 0.002).length > 0) failed++
    }
    // What one in five hundred comes to in 999 of 1,000 such tests at most. Held against both measurements of the baseline
    // together, of which one fails alone in half as many operations, an eighth of the runs would.
    expect(failed).toBeLessThanOrEqual(5)
  })
})

describe('an arm that is dead', () => {
  const deadIn = (rounds: number, dead: readonly number[], failed = 0) => {
    const trace = tracedRounds(rounds, { 'policy:a': worseIn([], {}) }, { gate: [['a', 'throughput']] })
    const deadAt = (slice: TracedSlice, round: number): TracedSlice =>
      slice.arm === 'policy:a' && dead.includes(round) ? { ...slice, ok: 0, failed, latencyMs: null } : slice
    const all = trace.rounds.map(({ slices }, round) => ({ slices: slices.map((slice) => deadAt(slice, round)) }))
    return decideTrace({ ...trace, rounds: all })
  }

  test.each([
    [12, [1, 3, 5, 7, 9, 11]],
    [12, [2, 6, 7]],
    [24, [1, 2, 3, 10, 15, 20]],
  ] as const)('in a quarter of %i rounds, %j, fails', (rounds, dead) => {
    const told = `a got nothing done in ${dead.length} of ${rounds} rounds in which baseline did`
    expect(deadIn(rounds, dead)).toMatchObject({ verdict: 'fail', catastrophes: [told] })
    expect(deadIn(rounds, dead, 50).catastrophes).toContain(told)
  })

  test.each([
    [24, [4, 12, 20]],
    [24, [4, 5]],
    [12, [4]],
  ] as const)('in fewer of %i rounds, %j, does not pass', (rounds, dead) => {
    expect(deadIn(rounds, dead)).toMatchObject({ verdict: 'inconclusive', catastrophes: [] })
  })
})

describe('bursts of few operations', () => {
  /** A run in whose rounds 100 operations of a policy end, of which so many fail, and so many of its baseline's. */
  const runOf = (failed: readonly number[], base = 0) => {
    const slices = (round: number) => [slice('baseline', base), slice('policy:a', failed[round] ?? 0)]
    const trace = tracedRounds(12, {}, { gate: [['a', 'errors']] })
    return decideTrace({ ...trace, rounds: trace.rounds.map((_, round) => ({ slices: slices(round) })) }).catastrophes
  }
  const slice = (arm: string, failed: number) => ({ ...tracedSlice(arm, 0), ok: 100 - failed, failed })

  test('are none where one or two failed in some of the rounds', () => {
    expect(runOf([1, 0, 0, 1, 0, 2, 0, 1, 0, 0, 2])).toEqual([])
  })

  test('are none where some more failed of many', () => {
    expect(runOf([14, 10, 12, 8, 15, 9, 13, 11, 14, 7, 12, 16], 10)).toEqual([])
  })

  test('are such where a tenth failed of an arm whose baseline had no failure', () => {
    expect(runOf([0, 10, 0, 10, 10, 10, 10, 10, 10, 10, 10, 10])).toEqual([
      expect.stringContaining('in 10 of 12 rounds'),
    ])
    // Two of a hundred are over 1 %, and chance.
    expect(runOf([0, 2, 0, 2, 2, 2, 2, 2, 2, 2, 2, 2])).toEqual([])
  })
})

/** What an arm is like while something else takes the processor. */
const hog: Effect = { throughput: 1.5, p50: 1.5, p95: 1.5, p99: 1.5, cpu: 0.2, slow: 0.5 }

test('one disturbed arm in one or two rounds never fails a run, wherever they lie', () => {
  for (const length of [8, 12, 24]) {
    for (const disturbed of all(length).flatMap((one) => [
      [one],
      [one, (one + 1) % length],
      [one, (one + 5) % length],
    ])) {
      expect(answerTo(length, worseIn(disturbed, hog)).verdict, `${disturbed.join()} of ${length}`).not.toBe('fail')
    }
  }
})
