import { expect, test } from 'vitest'
import { nightOf } from '../../../../harness/compare/history/night.ts'
import { doubt } from '../../../../harness/measure/doubts.ts'
import { exampleResult, type Mutable, scheduledResult } from '../../../fixtures/results/example.ts'
import { gatedResult } from '../../../fixtures/results/gated.ts'
import type { Result } from '../../../../harness/archive/result.ts'

const figuresOf = (result: Mutable<Result>) => {
  const night = nightOf(result, 'a.json')
  return 'why' in night ? [] : night.figures
}

test('a result tells its policies relative to their baselines, and the figures of its run', () => {
  const figures = figuresOf(exampleResult())
  expect(figures).toContainEqual({
    scope: 'stress/baseline-direct',
    metric: 'requestsPerSecond',
    unit: '1/s',
    better: 'more',
    value: 20_000,
  })
  const [comparison] = exampleResult().comparisons.filter(({ policy }) => policy === 'policy.retry/policy-relay')
  expect(figures).toContainEqual({
    scope: 'policy.retry/policy-relay / baseline/baseline-relay',
    metric: 'throughput',
    unit: 'log ratio',
    better: 'less',
    value: comparison?.logRatio,
  })
})

test('what the baseline differs from itself by, and from its reference, are no figures', () => {
  const result = exampleResult()
  result.comparisons.push({ ...result.comparisons[3]!, policy: 'stress/baseline-direct', against: 'reference former' })
  const scopes = figuresOf(result).map(({ scope }) => scope)
  expect(scopes.filter((scope) => /control|former/u.test(scope))).toEqual([])
  expect(scopes.filter((scope) => scope.includes('policy'))).not.toEqual([])
})

test('a difference of shares is no logarithm of a ratio', () => {
  const figures = figuresOf(gatedResult(12)).filter(({ scope }) => scope.startsWith('policy.retry/client-direct /'))
  const units = new Map(figures.map(({ metric, unit }) => [metric, unit]))
  expect(units.get('errors')).toBe('difference of shares')
  expect([units.get('throughput'), units.get('p50'), units.get('cpu')]).toEqual(Array(3).fill('log ratio'))
})

test('the target beside another yardstick is another figure', () => {
  const pairing = {
    policy: 'baseline/baseline-direct',
    against: 'baseline/yardstick-direct',
    arms: ['baseline/baseline-direct#1'],
    baseArms: ['baseline/yardstick-direct#1'],
  }
  const scopesBeside = (name: string): readonly string[] => {
    const result = gatedResult(12)
    const { policy, against } = pairing
    Object.assign(result.gate!, { yardstick: { name, pairing } })
    result.comparisons.push({ ...result.comparisons.at(-1)!, policy, against, metric: 'throughput', logRatio: 0.5 })
    return figuresOf(result)
      .filter(({ value, metric }) => metric === 'throughput' && value === 0.5)
      .map(({ scope }) => scope)
  }
  expect(scopesBeside('yardstick@1')).toEqual(['baseline/baseline-direct / yardstick@1'])
  expect(scopesBeside('yardstick@2')).toEqual(['baseline/baseline-direct / yardstick@2'])
})

test('latency of a schedule is another figure than service time', () => {
  const names = (result: Mutable<Result>) => figuresOf(result).map(({ metric }) => metric)
  expect(names(exampleResult())).toContain('p99')
  expect(names(scheduledResult())).toContain('correctedP99')
  expect(names(scheduledResult()).filter((name) => name === 'p99').length).toBeLessThan(
    names(exampleResult()).filter((name) => name === 'p99').length,
  )
})

test('a figure that was not measured is none', () => {
  const result = exampleResult()
  result.metrics.rssDeltaKb = null
  result.comparisons.forEach((comparison) => (comparison.logRatio = null))
  expect(figuresOf(result).map(({ metric }) => metric)).not.toContain('rssDeltaKb')
  expect(figuresOf(result).map(({ unit }) => unit)).not.toContain('log ratio')
})

test.each([
  ['void', (result: Mutable<Result>) => (result.run.verdict = 'void')],
  [
    'ended early by SIGINT',
    ({ run }: Mutable<Result>) => Object.assign(run, { status: 'aborted', abortedBy: 'SIGINT' }),
  ],
  ['sabotaged by lost-pid', (result: Mutable<Result>) => (result.sabotage = 'lost-pid')],
  ['simulated', (result: Mutable<Result>) => (result.simulated = true)],
])('a run that is %s tells nothing', (why, change) => {
  const result = exampleResult()
  change(result)
  expect(nightOf(result, 'a.json')).toEqual({ why })
})

test('a run that is void only since a comparison came to no answer was measured all the same', () => {
  const voidBy = (...doubts: readonly ReturnType<typeof doubt>[]): Mutable<Result> => {
    const result = exampleResult()
    result.run.verdict = 'void'
    result.doubts = doubts.map((one) => ({ ...one, taints: [...one.taints] }))
    return result
  }
  const blind = doubt('gate-blind', 'p99: too noisy', ['p99'])
  expect(figuresOf(voidBy(blind)).length).toBeGreaterThan(10)
  const differs = doubt('baseline-differs', 'the baseline differs from itself', ['everything'])
  expect(nightOf(voidBy(blind, differs), 'a.json')).toEqual({ why: 'void' })
})

test('a failed run was measured all the same', () => {
  const result = exampleResult()
  result.run.verdict = 'fail'
  expect(figuresOf(result).length).toBeGreaterThan(10)
})
