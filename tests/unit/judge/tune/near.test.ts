import { expect, test } from 'vitest'
import { isNear } from '../../../../harness/judge/tune/near.ts'

const of = (failed: number, ended: number) => ({ failed, ended, degraded: 0 })
const errors = { metric: 'errors', aggregate: 'rate' } as const

test('a latency is near its limit where it differs by no more than a fifth, either way', () => {
  const p95 = { metric: 'latency', aggregate: 'p' } as const
  const near = [49, 51, 60, 71, 73].map((actual) => isNear(p95, { actual, limit: 60 }, of(0, 100)))
  expect(near).toEqual([false, true, true, true, false])
})

test('an error rate is near its limit as long as so few operations do not tell them apart', () => {
  const near = (failed: number, ended: number): boolean =>
    isNear(errors, { actual: failed / ended, limit: 0.01 }, of(failed, ended))
  expect(near(0, 200)).toBe(true)
  expect(near(0, 500)).toBe(false)
  expect(near(2, 100)).toBe(true)
  expect(near(20, 1000)).toBe(false)
})

test('a count is near its limit within two of its standard deviations', () => {
  const counted = { metric: 'errors', aggregate: 'count' } as const
  const near = [79, 81, 119, 121].map((actual) => isNear(counted, { actual, limit: 100 }, of(actual, 1000)))
  expect(near).toEqual([false, true, true, true])
})

test('what was not measured is near nothing', () => {
  expect(isNear(errors, { actual: null, limit: 0.01 }, of(0, 0))).toBe(false)
})
