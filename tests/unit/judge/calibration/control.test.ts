import { expect, test } from 'vitest'
import { baselineP99Of, controlOf } from '../../../../harness/judge/calibration/control.ts'
import { gateOfBuilds, slicesOf } from '../../../support/gate-slices.ts'

const { gate, plan } = gateOfBuilds(8)

test('the control of builds is the mean of both, whatever the builds differ by', () => {
  const rates: Readonly<Record<string, number>> = { baseline: 1000, again: 900, base: 3000, twin: 3300 }
  const slices = slicesOf(gate, 2, ({ kind }) => rates[kind] ?? 1000)
  const { throughput, p50 } = controlOf(plan, 'build', slices)
  const [first, second] = [Math.log(1000 / 900), Math.log(3000 / 3300)]
  expect(throughput).toHaveLength(2)
  for (const difference of [...(throughput ?? []), ...(p50 ?? [])])
    expect(difference).toBeCloseTo((first + second) / 2, 5)
})

test('a round in which one of the two says nothing is left out', () => {
  const dead = slicesOf(gate, 4, ({ kind }, round) => (kind === 'base' && round === 1 ? 0 : 1000))
  expect(controlOf(plan, 'build', dead).throughput).toHaveLength(3)
  const missing = slicesOf(gate, 4, ({ kind }, round) => (kind === 'twin' && round === 2 ? null : 1000))
  // Complete rounds count, from the first on.
  expect(controlOf(plan, 'build', missing).throughput).toHaveLength(2)
})

test('of several groups of policies the first speaks for all', () => {
  expect(gate.groups).toHaveLength(3)
  const slices = slicesOf(gate, 3, ({ kind }, _, group) => (kind === 'control' ? 1000 * (1 + group) : 1000))
  for (const difference of controlOf(plan, 'process', slices).throughput ?? [])
    expect(difference).toBeCloseTo(-Math.LN2, 5)
  expect(controlOf(plan, 'process', slices).throughput).toHaveLength(3)
})

test('fewer than two rounds say nothing', () => {
  expect(
    controlOf(
      plan,
      'build',
      slicesOf(gate, 1, () => 1000),
    ),
  ).toEqual({})
})

test('the p99 of the baseline is the mean of both measurements, of builds that of the former one', () => {
  const rates: Readonly<Record<string, number>> = { baseline: 1000, control: 4000, base: 500, twin: 500 }
  const slices = slicesOf(gate, 2, ({ kind }) => rates[kind] ?? 100)
  // Of so many answers a second the slowest hundredth took 3 s divided by that.
  expect(baselineP99Of(plan, 'process', slices)).toEqual({ baselineP99Ms: 1.5 })
  expect(baselineP99Of(plan, 'build', slices)).toEqual({ baselineP99Ms: 6 })
  expect(baselineP99Of(plan, 'build', [])).toEqual({})
})
