import { expect, test } from 'vitest'
import { errorsSection } from '../../../harness/report/errors.ts'
import { exampleResult, loadResult } from '../../fixtures/results/example.ts'

const loaded = (change: Partial<ReturnType<typeof exampleResult>['phases'][number]['arms'][number]>) => {
  const result = loadResult()
  Object.assign(result.phases[0]!.arms[0]!, change)
  return errorsSection(result).lines
}

test('where nothing went wrong there is nothing to tell', () => {
  expect(loaded({ errors: {}, attemptErrors: {}, errorTexts: {} })).toEqual([])
})

test('failures are told by class and in words, the commonest first', () => {
  const errorTexts = { 'reset: read ECONNRESET': 3, 'timeout: no answer within 5s': 7 }
  expect(loaded({ errors: { reset: 3, timeout: 7 }, errorTexts })).toEqual([
    'failed operations: timeout 7, reset 3',
    '7 × timeout: no answer within 5s',
    '3 × reset: read ECONNRESET',
  ])
})

test('attempts have a line of their own where a policy makes them differ', () => {
  const lines = loaded({ errors: { timeout: 10 }, attemptErrors: { timeout: 30, status: 2 }, errorTexts: {} })
  expect(lines).toEqual(['failed operations: timeout 10', 'failed attempts: timeout 30, status 2'])
})

test('attempts that a limit of the client ended are told beside those that failed', () => {
  const all = (cancelled: number) => ({
    ...loadResult().phases[0]!.arms[0]!.all,
    attempts: { count: 90, failed: 0, cancelled },
  })
  const [own, more] = [{ timeout: 10 }, { status: 2 }]
  expect(loaded({ errors: own, attemptErrors: more, errorTexts: {}, all: all(30) })).toEqual([
    'failed operations: timeout 10',
    'failed attempts: status 2; cancelled attempts: 30',
  ])
  expect(loaded({ errors: own, attemptErrors: {}, errorTexts: {}, all: all(30) })[1]).toBe('cancelled attempts: 30')
})

test('classes that count more than the measured time say so', () => {
  expect(loaded({ errors: { timeout: 12 }, attemptErrors: { timeout: 12 }, errorTexts: {} })).toEqual([
    'failed operations, with those before and after the measured time: timeout 12',
  ])
})

test('what a target says stays on its line and cannot move the cursor', () => {
  const lines = loaded({ errors: {}, attemptErrors: {}, errorTexts: { 'check: \u001B[2J\r\nfound "x"': 1 } })
  expect(lines).toEqual(['1 × check: [2J found "x"'])
})

test('ten texts are shown of the arm that the figures are of, two of any other', () => {
  const errorTexts = Object.fromEntries(Array.from({ length: 13 }, (_, index) => [`status: found ${500 + index}`, 1]))
  const lines = loaded({ errors: {}, attemptErrors: {}, errorTexts })
  expect(lines).toHaveLength(11)
  expect(lines.at(-1)).toBe('further texts in the result file: 3')
  const result = exampleResult()
  result.phases[0]!.arms[0]!.errorTexts = { 'reset: a': 5, 'reset: b': 6, 'reset: c': 7 }
  expect(errorsSection(result).lines).toEqual([
    'baseline/baseline-direct: 7 × reset: c',
    'baseline/baseline-direct: 6 × reset: b',
    'baseline/baseline-direct: further texts in the result file: 1',
  ])
})
