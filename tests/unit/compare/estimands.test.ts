import { expect, test } from 'vitest'
import type { Result } from '../../../harness/archive/result.ts'
import { estimandsOf } from '../../../harness/compare/estimands.ts'
import { exampleResult, type Mutable } from '../../fixtures/results/example.ts'
import { gatedResult } from '../../fixtures/results/gated.ts'

const find = (result: Result, kind: string, metric: string, scope = '') =>
  estimandsOf(result).find((one) => one.kind === kind && one.metric === metric && one.scope.startsWith(scope))

test('a policy in the gate is what the gate says of its rounds', () => {
  const result = gatedResult(24, { client: { throughput: 0.12 } })
  const found = find(result, 'fragility', 'throughput', 'policy.retry/client')
  const { perRound = [], logRatio } = result.comparisons.find(
    ({ policy, metric }) => policy === 'policy.retry/client-direct' && metric === 'throughput',
  )!
  const mean = perRound.reduce((sum, value) => sum + value, 0) / perRound.length
  const variance = perRound.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (perRound.length - 1)
  expect(found).toMatchObject({
    value: logRatio,
    rounds: perRound.length,
    against: 'baseline/baseline-direct',
    tainted: [],
  })
  expect(found?.error).toBeCloseTo(Math.sqrt(variance / perRound.length), 7)
})

/** The example with the slices of its one round twice, in the second of which the policy did less. */
const twice = (less: number): Mutable<Result> => {
  const result = exampleResult()
  const again = result.slices.map((slice) => ({
    ...slice,
    round: 1,
    ok: slice.policy === null ? slice.ok : Math.round(slice.ok * less),
  }))
  result.slices.push(...again)
  return result
}

test('any other policy is what its slices say of each round, beside the baseline of its path', () => {
  const one = find(exampleResult(), 'fragility', 'throughput', 'policy.retry/policy-relay')
  expect(one).toMatchObject({ against: 'baseline/baseline-relay', rounds: 1, error: null })
  const two = find(twice(0.9), 'fragility', 'throughput', 'policy.retry/policy-relay')
  const [first, second] = [one?.value ?? 0, (one?.value ?? 0) - Math.log(0.9)]
  expect(two?.rounds).toBe(2)
  expect(two?.value).toBeCloseTo((first + second) / 2, 3)
  expect(two?.error).toBeCloseTo(Math.abs(second - first) / 2, 3)
})

test('of the throughput of a policy it is told too what that came to by itself', () => {
  const result = exampleResult()
  const arm = result.phases.find(({ id }) => id === 'policy.retry')!.arms.find((one) => one.arm === 'policy')!
  arm.operations.perSecond = 50
  expect(find(result, 'fragility', 'throughput', 'policy.retry/policy-relay')?.alone).toBe(-3.91202)
  expect(find(result, 'fragility', 'p50', 'policy.retry/policy-relay')).not.toHaveProperty('alone')
  arm.operations.perSecond = 0
  expect(find(result, 'fragility', 'throughput', 'policy.retry/policy-relay')).not.toHaveProperty('alone')
})

test('what a run takes of the machine is a logarithm, and nothing where it was not measured or is nothing', () => {
  const result = exampleResult()
  result.metrics.cpuUsPerRequest = 50
  expect(find(result, 'resources', 'cpu')).toMatchObject({ value: 3.91202, error: null, against: null })
  for (const value of [0, null]) {
    result.metrics.cpuUsPerRequest = value
    expect(find(result, 'resources', 'cpu')).toBeUndefined()
  }
})

test('speed is told beside the yardstick, under its name', () => {
  const result = gatedResult(12)
  expect(find(result, 'speed', 'throughput')).toBeUndefined()
  const pairing = { policy: 'baseline/baseline-direct', against: 'baseline/yardstick-direct', arms: [], baseArms: [] }
  result.gate!.yardstick = { name: 'yardstick@7', pairing }
  // Of the pairs' means 0.1, 0.15, 0.2, 0.35, 0.4 and 0.6 the median.
  result.comparisons.push({ ...result.comparisons[1]!, ...pairing, metric: 'p99', perRound: [0.1, 0.2, 0.6] })
  expect(find(result, 'speed', 'p99')).toMatchObject({ against: 'yardstick@7', value: 0.275, rounds: 3 })
})

test('what a doubt makes untrustworthy is told with it', () => {
  const result = exampleResult()
  result.doubts.push({ kind: 'generator-saturated', detail: '', taints: ['throughput'], effect: 'note' })
  expect(find(result, 'fragility', 'throughput')?.tainted).toEqual(['generator-saturated'])
  expect(find(result, 'fragility', 'p50')?.tainted).toEqual([])
})
