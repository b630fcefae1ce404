import { expect, test } from 'vitest'
import { compareResults } from '../../../harness/compare/compare.ts'
import { renderComparison, renderComparisonMarkdown } from '../../../harness/report/comparison-text.ts'
import { exampleResult } from '../../fixtures/results/example.ts'

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
  expect(lines[0]).toBe('inconclusive: one run of each cannot tell a difference from chance')
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
  expect(text).toContain('## soakrig compare default smoke: inconclusive')
  expect(text).toContain('<summary>absolute figures</summary>')
  expect(text).toContain('| baseline/baseline-direct | requestsPerSecond 1/s | 20,000 | 15,000 | x0.750 |')
})
