import { describe, expect, test } from 'vitest'
import { type GatePlan, type GateSlice, plannedOf, roundsOf } from '../../../harness/judge/gate.ts'
import { canFail } from '../../../harness/judge/paired/decide.ts'
import { metricNames } from '../../../harness/judge/paired/metrics.ts'
import { gateOfBuilds, gateOfYardstick } from '../../support/gate-slices.ts'

describe('the plan of a gate', () => {
  test('holds both processes of the target against both of its former build', () => {
    const { plan } = gateOfBuilds(0)
    expect(plan).toEqual({
      looks: [12],
      pairings: [
        {
          policy: 'baseline/baseline-direct',
          against: 'baseline/base-direct',
          arms: ['baseline/baseline-direct#0', 'baseline/again-direct#0'],
          baseArms: ['baseline/base-direct#0', 'baseline/twin-direct#0'],
          gated: ['throughput', 'p50', 'p99', 'cpu', 'rss'],
        },
      ],
      controls: [
        {
          policy: 'baseline/again-direct',
          against: 'baseline/baseline-direct',
          arms: ['baseline/again-direct#0'],
          baseArms: ['baseline/baseline-direct#0'],
        },
        {
          policy: 'baseline/twin-direct',
          against: 'baseline/base-direct',
          arms: ['baseline/twin-direct#0'],
          baseArms: ['baseline/base-direct#0'],
        },
      ],
      yardstick: null,
    })
  })

  test('holds a policy against both measurements of the baseline of its own lives', () => {
    const { plan } = gateOfBuilds(5)
    const costs = plan.pairings.slice(1)
    expect(costs).toHaveLength(5)
    for (const { policy, arms, baseArms, gated } of costs) {
      const group = arms[0]?.at(-1)
      expect(arms).toEqual([`${policy}#${group}`])
      expect(baseArms).toEqual([`baseline/baseline-direct#${group}`, `baseline/control-direct#${group}`])
      expect(gated).toEqual(['throughput'])
    }
    expect(Map.groupBy(costs, ({ arms }) => arms[0]?.at(-1) ?? '').get('1')).toHaveLength(3)
  })

  test('holds the target against the yardstick of the group that has one, by which nothing fails', () => {
    const { plan } = gateOfYardstick({ base: { builtin: 'http' } })
    expect(plan.yardstick).toEqual({
      name: 'yardstick@1',
      pairing: {
        policy: 'baseline/baseline-direct',
        against: 'baseline/yardstick-direct',
        arms: ['baseline/baseline-direct#1', 'baseline/control-direct#1'],
        baseArms: ['baseline/yardstick-direct#1'],
      },
    })
    // It is not the former build of anything.
    expect(plan.pairings.map(({ against }) => against)).toEqual(['baseline/base-direct'])
    expect(plan.controls.flatMap(({ arms, baseArms }) => [...arms, ...baseArms]).join()).not.toContain('yardstick')
    const speed = plannedOf(plan, []).filter(({ pairing }) => pairing === plan.yardstick?.pairing)
    expect(speed.map(({ metric, gated, reported }) => [metric, gated, reported])).toEqual(
      ['throughput', 'p50', 'p99', 'cpu'].map((metric) => [metric, false, true]),
    )
  })

  test('has the controls of every group', () => {
    const { controls } = gateOfBuilds(5).plan
    expect(controls.map(({ arms, baseArms }) => [...arms, ...baseArms])).toEqual([
      ['baseline/again-direct#0', 'baseline/baseline-direct#0'],
      ['baseline/twin-direct#0', 'baseline/base-direct#0'],
      ['baseline/control-direct#1', 'baseline/baseline-direct#1'],
      ['baseline/control-direct#2', 'baseline/baseline-direct#2'],
    ])
  })

  test.each([0, 1, 7, 8, 9, 12, 20])(
    'lets no more than twelve comparisons fail the run, with %i policies',
    (policies) => {
      const { plan } = gateOfBuilds(policies)
      const tests = plan.pairings.reduce((sum, { gated }) => sum + gated.length, 0)
      expect(tests).toBe(Math.min(12, 5 + policies))
      // Those that come first, which the build is.
      expect(plan.pairings[0]?.gated).toHaveLength(5)
      expect(plannedOf(plan, []).filter(({ gated }) => gated)).toHaveLength(tests)
      // What processes hold is told of builds alone, whose rounds are gated by it whether they tell it or not.
      expect(plannedOf(plan, [])).toHaveLength((1 + policies) * (metricNames.length - 2) + 1)
      expect(canFail(plan.looks, tests)).toBe(true)
    },
  )
})

const plan: Pick<GatePlan, 'pairings' | 'controls' | 'yardstick'> = {
  yardstick: null,
  pairings: [
    { policy: 'p', against: 'b', arms: ['p#0'], baseArms: ['b#0', 'c#0'], gated: ['throughput'] },
    { policy: 'q', against: 'b', arms: ['q#1'], baseArms: ['b#1'], gated: [] },
  ],
  controls: [{ policy: 'c', against: 'b', arms: ['c#0'], baseArms: ['b#0'] }],
}

const slice = (round: number, group: number, arm: string, changes: Partial<GateSlice> = {}): GateSlice => ({
  round,
  group,
  arm,
  use: 'both',
  durationMs: 1000,
  ok: 100,
  failed: 1,
  p50: 1,
  p95: 2,
  p99: 3,
  slow: null,
  cpuMs: 40,
  rssKb: null,
  heapKb: null,
  ...changes,
})
const whole = (round: number): GateSlice[] => [
  ...['p', 'b', 'c'].map((arm) => slice(round, 0, arm)),
  ...['b', 'q'].map((arm) => slice(round, 1, arm)),
]

describe('the rounds of a gate', () => {
  test('are those in which every arm of every group has a slice, in the order of the slices', () => {
    const rounds = roundsOf([...whole(0), ...whole(1)], plan)
    expect(rounds).toHaveLength(2)
    expect(rounds[1]?.slices.map(({ arm }) => arm)).toEqual(['p#0', 'b#0', 'c#0', 'b#1', 'q#1'])
  })

  test.each([
    ['an arm of the first group', [0, 1, 3, 4]],
    ['the control', [0, 1, 3, 4]],
    ['a group', [0, 1, 2]],
    ['all but one slice', [0]],
  ])('do not hold one that was ended before %s was measured', (_, kept) => {
    const part = kept.map((index) => whole(1)[index]!)
    expect(roundsOf([...whole(0), ...part], plan)).toHaveLength(1)
  })

  test('end at the first that is not complete: what comes after it was not planned so', () => {
    expect(roundsOf([...whole(0), ...whole(2), ...whole(3)], plan)).toHaveLength(1)
    expect(roundsOf([...whole(1), ...whole(2)], plan)).toEqual([])
    expect(roundsOf([], plan)).toEqual([])
  })

  test('have the yardstick in them, where there is one', () => {
    const pairing = { policy: 'b', against: 'y', arms: ['b#0'], baseArms: ['y#0'] }
    const beside = { ...plan, yardstick: { name: 'y', pairing } }
    expect(roundsOf([...whole(0), slice(0, 0, 'y'), ...whole(1)], beside)).toHaveLength(1)
  })

  test('do not mistake the baseline of one group for that of another', () => {
    const other = [...whole(0).slice(0, 3), slice(0, 1, 'q'), slice(0, 0, 'b')]
    expect(roundsOf(other, plan)).toEqual([])
  })

  test('take throughput from no slice at a fixed rate, and latency from none that seeks all there is', () => {
    const [{ slices } = { slices: [] }] = roundsOf(
      [slice(0, 0, 'b', { use: 'latency' }), slice(0, 0, 'p', { use: 'throughput' }), slice(0, 0, 'c')],
      { ...plan, pairings: plan.pairings.slice(0, 1) },
    )
    const latencyMs = { p50: 1, p95: 2, p99: 3 }
    expect(slices).toMatchObject([
      { arm: 'b#0', throughput: false, latencyMs },
      { arm: 'p#0', throughput: true, latencyMs: null },
      { arm: 'c#0', throughput: true, latencyMs },
    ])
  })

  test('have no latency of a slice in which nothing succeeded', () => {
    const dead = { ok: 0, failed: 100, p50: null, p95: null, p99: null }
    const [{ slices } = { slices: [] }] = roundsOf(
      whole(0).map((one) => ({ ...one, ...dead })),
      plan,
    )
    expect(slices.map(({ latencyMs }) => latencyMs)).toEqual([null, null, null, null, null])
  })

  test('have figures with the digits that a result keeps', () => {
    const odd = { durationMs: 1749.123456, p50: 1.23456789, p95: 1234567.8, p99: 0.00012345678, cpuMs: 610.4999999 }
    const [{ slices } = { slices: [] }] = roundsOf(
      whole(0).map((one) => ({ ...one, ...odd })),
      plan,
    )
    expect(slices[0]).toMatchObject({
      durationMs: 1749.12,
      latencyMs: { p50: 1.23457, p95: 1234570, p99: 0.000123457 },
      cpuMs: 610.5,
    })
    // Whole numbers are kept whole.
    const [long] = roundsOf(
      whole(0).map((one) => ({ ...one, durationMs: 12345678 })),
      plan,
    )
    expect(long?.slices[0]?.durationMs).toBe(12345678)
  })
})
