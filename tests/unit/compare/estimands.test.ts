import { expect, test } from 'vitest'
import type { Result } from '../../../harness/archive/result.ts'
import { absentOf, estimandsOf, leftOutOf } from '../../../harness/compare/estimands.ts'
import { judgeArm } from '../../../harness/judge/arm-verdict.ts'
import { armDoubts } from '../../../harness/judge/doubts.ts'
import { emptyArm } from '../../../harness/measure/measurements.ts'
import { compilePlan } from '../../../harness/plan/plan.ts'
import { parseProfile } from '../../../harness/profile/parse.ts'
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

test('of a policy it is told too what it came to beside the yardstick', () => {
  const result = exampleResult()
  const [direct] = result.phases.find(({ id }) => id === 'baseline')!.arms
  const arm = result.phases.find(({ id }) => id === 'policy.retry')!.arms.find((one) => one.arm === 'policy')!
  arm.operations.perSecond = 50
  direct!.operations.perSecond = 100
  // The arm of any name stands for the yardstick.
  const against = `baseline/${direct!.arm}-${direct!.path}`
  const yardstick = { name: 'yardstick@7', pairing: { policy: '', against, arms: [], baseArms: [] } }
  result.gate = { ...gatedResult(12).gate!, yardstick }
  expect(find(result, 'fragility', 'throughput', 'policy.retry/policy-relay')).toMatchObject({
    alone: -3.91202,
    aloneBeside: { against: 'yardstick@7', value: 0.693147 },
  })
})

test('of memory without a peak it is told why there is none', () => {
  const result = exampleResult()
  expect(absentOf(result)).toEqual([])
  const memory = { notJudged: 'the sustained load took 20 s of at least 600 s', kinds: [] }
  Object.assign(result, { memory })
  expect(absentOf(result)).toMatchObject([
    { metric: 'memory', scope: 'stress', why: `its peak is kept where its growth is judged: ${memory.notJudged}` },
  ])
  result.memory!.kinds.push({ kind: 'rss', peak: 70_000 } as never)
  expect(absentOf(result)).toEqual([])
  expect(find(result, 'resources', 'memory')?.value).toBe(11.1563)
})

const doubtful = (kind: string, taints: string[], detail = '') => {
  const result = exampleResult()
  result.doubts.push({ kind, detail, taints, effect: 'note' })
  return (metric: string, scope = '') => find(result, 'fragility', metric, scope)?.tainted
}

test('what a doubt makes untrustworthy is told with it', () => {
  const of = doubtful('generator-saturated', ['throughput'])
  expect([of('throughput'), of('p50')]).toEqual([['generator-saturated'], []])
})

test('what is wrong with one arm is nothing against the others, but against those relative to it', () => {
  const own = doubtful('cut-off', ['latency'], 'policy.retry/policy-relay: 3 of 100 operations still ran')
  expect([own('p50', 'policy.retry/policy-relay'), own('p50', 'policy.retry/fault-relay')]).toEqual([['cut-off'], []])
  const base = doubtful('cut-off', ['latency'], 'baseline/baseline-relay: 3 of 100 operations still ran')
  expect([base('p50', 'policy.retry/policy-relay'), base('p50', 'policy.retry/client-direct')]).toEqual([
    ['cut-off'],
    [],
  ])
  // Outside of the gate the second baseline is taken together with nothing.
  const control = doubtful('cut-off', ['latency'], 'baseline/control-direct: 3 of 100 operations still ran')
  expect(control('p50', 'policy.retry/client-direct')).toEqual([])
  const unclear = doubtful('effect-unclear', ['policy.retry/policy-relay'])
  expect(unclear('throughput', 'policy.retry/policy-relay')).toEqual(['effect-unclear'])
})

const planned = (budget: string) => {
  const document = {
    name: 'p',
    target: { builtin: 'http' },
    policies: Object.fromEntries(['a', 'b', 'c', 'd'].map((name) => [name, { fault: { latency: { delay: '10ms' } } }])),
    modes: { smoke: { budget } },
  }
  const profile = parseProfile(document, { mode: 'smoke', flags: {}, env: {} })
  return { profile, plan: compilePlan(profile, { baseline: true, policies: true, stress: false }) }
}

/** The doubts of an arm of which so many operations were cut off, as a run tells them. */
const cutOffDoubts = (id: string) => {
  const { profile, plan } = planned('10m')
  const arm = plan.lives[0]!.arms.find((one) => one.id === id)!
  const measurement = emptyArm(arm, ['hi'])
  for (const { operations } of [measurement.all, measurement.measured])
    Object.assign(operations, { count: 1000, ok: 700, cutOff: 300 })
  const doubts = armDoubts([judgeArm(arm, measurement, null, profile)])
  return doubts.filter(({ kind }) => kind === 'cut-off')
}

/** What taints the latency of the figures of a gated run in which an arm of the baseline was cut off. */
const taintedBy = (id: string) => {
  const result = gatedResult(12)
  result.doubts.push(...(cutOffDoubts(id) as typeof result.doubts))
  // Of the gate's second group, as policies have one.
  const names = ['baseline/baseline-direct', 'baseline/control-direct']
  const pairing = { policy: names[0]!, against: 'baseline/yardstick-direct', arms: names.map((name) => `${name}#1`) }
  const baseArms = ['baseline/yardstick-direct#1']
  result.gate!.yardstick = { name: 'yardstick@7', pairing: { ...pairing, baseArms } }
  result.comparisons.push({ ...result.comparisons[1]!, ...pairing, metric: 'p50', perRound: [0.1, 0.2, 0.6] })
  return {
    speed: find(result, 'speed', 'p50')?.tainted,
    client: find(result, 'fragility', 'p50', 'policy.retry/client-direct')?.tainted,
  }
}

test('what is wrong with the second baseline, as a run tells it, is wrong with all that the two are taken together for', () => {
  expect(cutOffDoubts('baseline/control-direct')).toMatchObject([
    { detail: 'baseline/control-direct: 300 of 1000 operations still ran when the drain ended' },
  ])
  for (const id of ['baseline/control-direct', 'baseline/baseline-direct'])
    expect(taintedBy(id)).toEqual({ speed: ['cut-off'], client: ['cut-off'] })
  expect(taintedBy('baseline/baseline-relay')).toEqual({ speed: [], client: [] })
})

test('a policy that did not fit into the budget is known as left out, by the phase of its arms', () => {
  const result = exampleResult()
  const { plan } = planned('1s')
  const { plan: whole } = planned('10m')
  result.plan.notMeasured = [...plan.notMeasured, { what: 'policy.z/policy-relay', why: 'the run was ended by SIGINT' }]
  const left = leftOutOf(result)
  expect(left.map(({ why }) => why)).toEqual(Array.from({ length: 3 }, () => 'does not fit into the budget of 1 s'))
  const phases = (of: typeof plan) => new Set(of.lives.flatMap(({ arms }) => arms.map(({ phase }) => phase)))
  expect(new Set([...phases(plan), ...left.map(({ phase }) => phase)])).toEqual(phases(whole))
})

test('a doubt of a ruler, or that something came to no answer, is nothing against a figure', () => {
  for (const kind of ['calibration-drifted', 'gate-blind', 'gate-unclear', 'reference-unclear'])
    expect(doubtful(kind, ['throughput'])('throughput')).toEqual([])
})
