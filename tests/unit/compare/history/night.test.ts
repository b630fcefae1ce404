import { expect, test } from 'vitest'
import { nightOf } from '../../../../harness/compare/history/night.ts'
import { exampleResult, type Mutable, scheduledResult } from '../../../fixtures/results/example.ts'
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

test('a failed run was measured all the same', () => {
  const result = exampleResult()
  result.run.verdict = 'fail'
  expect(figuresOf(result).length).toBeGreaterThan(10)
})
