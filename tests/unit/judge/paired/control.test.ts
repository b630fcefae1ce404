import { describe, expect, test } from 'vitest'
import type { MetricName } from '../../../../harness/judge/paired/metrics.ts'
import { decideTrace, type PairedTrace } from '../../../../harness/judge/trace/paired-trace.ts'
import { type Effect, gaussian, ripple, tracedRounds } from '../../../support/paired-traces.ts'

const healthy = (round: number): Effect => ({ throughput: ripple(0.01)(round), p50: ripple(0.01)(round + 3) })

function answerTo(
  rounds: number,
  control: (round: number) => Effect | null,
  policy: (round: number) => Effect = healthy,
  more: Partial<PairedTrace> = {},
) {
  const gate = [
    ['a', 'throughput'],
    ['a', 'p50'],
  ] as const
  return decideTrace(tracedRounds(rounds, { control, 'policy:a': policy }, { gate, ...more }))
}

describe('a baseline measured twice in the same rounds', () => {
  test('is no reason for doubt where both are the same', () => {
    expect(answerTo(12, healthy)).toMatchObject({ verdict: 'pass', doubts: [{ kind: 'uncalibrated' }] })
  })

  test.each([
    ['worse', 0.1],
    ['better', -0.1],
  ])('makes the run void where the second is %s', (_, difference) => {
    const answer = answerTo(12, (round) => ({ throughput: difference + ripple(0.01)(round) }))
    expect(answer.verdict).toBe('void')
    expect(answer.doubts[0]).toMatchObject({ kind: 'baseline-differs', effect: 'void', taints: ['everything'] })
    expect(answer.doubts[0]!.detail).toMatch(
      /^the baseline differs from itself in throughput by -?0\.\d+ \(p 0\.00049\)$/,
    )
  })

  test('makes the run void and never a failure, whatever the policy did', () => {
    const apart = (round: number): Effect => ({ p50: 0.1 + ripple(0.01)(round) })
    for (const worse of [0.06, 0.3, 3]) {
      const policy = (): Effect => ({ throughput: worse, p50: worse, errors: worse / 10 })
      expect(answerTo(12, apart, policy).verdict).toBe('void')
    }
  })

  test('makes a run void in fewer rounds than a test needs, where one of the two is a catastrophe beside the other', () => {
    const catastrophe = (): Effect => ({ throughput: 3 })
    for (const torn of [{ p50: 1 }, { throughput: -1 }]) {
      const answer = answerTo(4, () => torn, catastrophe)
      expect(answer).toMatchObject({ verdict: 'void', catastrophes: [expect.stringContaining('throughput of a')] })
      expect(answerTo(24, () => torn, catastrophe, { looks: [8, 16, 24] }).verdict).toBe('void')
    }
  })

  test('makes the run void where one of the two fails in bursts', () => {
    for (const sides of [
      { control: { errors: 0.1 }, base: 0 },
      { control: {}, base: 100 },
    ]) {
      const trace = tracedRounds(12, { control: () => sides.control, 'policy:a': healthy }, { gate: [['a', 'p50']] })
      const rounds = trace.rounds.map(({ slices: [first, ...others] }) => ({
        slices: [{ ...first!, ok: first!.ok - sides.base, failed: sides.base }, ...others],
      }))
      const answer = decideTrace({ ...trace, rounds })
      expect(answer).toMatchObject({ verdict: 'void', doubts: [{ kind: 'baseline-differs' }, {}] })
    }
  })

  test('is no reason for doubt where the two surely differ by less than would count of a policy', () => {
    const answer = answerTo(24, (round) => ({ throughput: 0.015 + ripple(0.002)(round) }))
    expect(answer.doubts.map(({ kind }) => kind)).toEqual(['uncalibrated'])
  })

  test('counts what would count on this machine', () => {
    const apart = (round: number): Effect => ({ throughput: 0.06 + ripple(0.01)(round) })
    const calibration = { name: 'c', metrics: { throughput: { noise: 0.03, floor: 0.08 } } }
    expect(answerTo(12, apart).verdict).toBe('void')
    expect(answerTo(12, apart, healthy, { calibration }).verdict).not.toBe('void')
  })

  test('is asked in the metrics that gate alone', () => {
    const apart = (metric: MetricName) => (): Effect => ({ [metric]: 0.4 })
    expect(answerTo(12, apart('p99')).verdict).toBe('pass')
    expect(answerTo(12, apart('p50')).verdict).toBe('void')
  })

  test('needs more than one disturbed round to be doubted', () => {
    const once = (round: number): Effect => (round === 4 ? { throughput: 3, p50: 3 } : healthy(round))
    expect(answerTo(12, once).verdict).toBe('pass')
  })

  test('says nothing where the second one was never measured', () => {
    expect(answerTo(12, (round) => (round === 0 ? {} : null)).verdict).toBe('pass')
  })

  test('doubts at most one healthy run in a hundred', () => {
    const noise = gaussian('healthy baselines')
    const runs = 400
    let doubted = 0
    for (let run = 0; run < runs; run++) {
      const noisy = (): Effect => ({ throughput: 0.04 * noise(), p50: 0.04 * noise() })
      if (answerTo(12, noisy).verdict === 'void') doubted++
    }
    // The largest count that a chance of one in a hundred comes to 19 times in 20.
    expect(doubted).toBeLessThanOrEqual(8)
  })
})
