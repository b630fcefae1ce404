import { expect, test } from 'vitest'
import { compareResults } from '../../../harness/compare/compare.ts'
import { renderComparison, renderComparisonMarkdown } from '../../../harness/report/comparison-text.ts'
import { exampleResult } from '../../fixtures/results/example.ts'
import { gatedResult } from '../../fixtures/results/gated.ts'

const comparison = (change: (result: ReturnType<typeof exampleResult>) => void) => {
  const next = exampleResult()
  change(next)
  return compareResults(
    { result: exampleResult(), sha256: 'aa', file: 'a.json' },
    { result: next, sha256: 'bb', file: 'b.json' },
  )
}

const slower = comparison(({ phases }) => {
  phases[0]!.arms[0]!.operations.perSecond = 15_000
})

test('rows show both figures, their ratio, difference, spread and direction', () => {
  const lines = renderComparison(slower, { color: false, width: 140 }).split('\n')
  expect(lines[0]).toBe('undecided: one round tells no difference from chance')
  expect(lines.at(-1)).toBe(lines[0])
  const row = lines.find((line) => line.startsWith('baseline/baseline-direct     requestsPerSecond'))
  expect(row?.split(/ {2,}/u)).toEqual([
    'baseline/baseline-direct',
    'requestsPerSecond 1/s',
    '20,000',
    '15,000',
    'x0.750',
    '-5,000',
    '±4.08% ±4.08%',
    'worse',
  ])
})

test('between hosts only ratios within a run are shown', () => {
  const text = renderComparison(
    comparison(({ env }) => {
      env.hostFingerprint = 'another'
    }),
    { color: false },
  )
  expect(text).not.toContain('absolute figures')
  expect(text).toContain('policies relative to their baselines')
  expect(text).toContain('measured on different hosts: only ratios within a run are compared')
})

test('markdown folds the rows', () => {
  const text = renderComparisonMarkdown(slower)
  expect(text).toContain('## soakrig compare default smoke: undecided')
  expect(text).toContain('<summary>absolute figures</summary>')
  expect(text).toContain('| baseline/baseline-direct | requestsPerSecond 1/s | 20,000 | 15,000 | x0.750 |')
})

test('what decides stands first, with its interval and what would have been found', () => {
  const noise = { runs: 20, bias: 0, deviation: 0.01, between: 0.01, perRound: 0.02, noise: 0.02, floor: 0.03 }
  const [base, next] = [0.02, 0.12].map((throughput) => {
    const result = gatedResult(24, { client: { throughput } })
    result.gate!.calibration = { process: { name: 'c', runs: 20, metrics: { throughput: noise } }, build: null }
    Object.assign(result.run, { verdict: 'pass', exitCode: 0, reasons: [] })
    return { result, sha256: `${throughput}` }
  })
  const text = renderComparison(compareResults(base!, next!), { color: false, width: 200 })
  expect(text.split('\n')[0]).toMatch(/^fail: throughput of policy\.retry\/client-direct .* \[exit 111\]$/u)
  const row = text.split('\n').find((line) => /^policy\.retry\/client-direct .* throughput /u.test(line))
  expect(row?.split(/ {2,}/u)).toEqual([
    'policy.retry/client-direct',
    'baseline/baseline-direct',
    'throughput',
    expect.stringMatching(/^9\.\d+ %$/u),
    expect.stringMatching(/^6\.\d+ % to 12\.\d %$/u),
    '1',
    'fail',
    expect.stringMatching(/^\d\.\d+ %$/u),
  ])
  expect(text).toContain('exact: the target beside its former build, in the rounds of the new run')
})
