import { expect, test } from 'vitest'
import { resultText, roundNumbers } from '../../../harness/archive/text.ts'
import { exampleResult } from '../../fixtures/results/example.ts'

test('fractions are rounded to six significant digits, whole numbers are kept', () => {
  const result = exampleResult()
  result.metrics.errorRate = 0.012345678
  result.metrics.rssDeltaKb = 123_456_789
  const { metrics } = roundNumbers(result)
  expect(metrics).toMatchObject({ errorRate: 0.0123457, rssDeltaKb: 123_456_789 })
})

test('what the user configured is not rounded', () => {
  const result = exampleResult()
  result.config.profile = { share: 0.123456789 }
  expect(roundNumbers(result).config.profile).toEqual({ share: 0.123456789 })
})

test('the order of keys is that of the schema, whatever the order in memory', () => {
  const result = exampleResult()
  const shuffled = Object.fromEntries(Object.entries(result).reverse()) as typeof result
  shuffled.run = Object.fromEntries(Object.entries(result.run).reverse()) as typeof result.run
  expect(resultText(shuffled)).toBe(resultText(result))
})

test('rounding twice changes nothing', () => {
  const text = resultText(exampleResult())
  expect(resultText(JSON.parse(text) as ReturnType<typeof exampleResult>)).toBe(text)
})
