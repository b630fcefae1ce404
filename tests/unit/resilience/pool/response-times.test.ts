import { expect, test } from 'vitest'
import { createRng } from '../../../../harness/kernel/rng.ts'
import { ResponseTimes } from '../../../../harness/resilience/pool/response-times.ts'
import { ms } from '../../../support/fake-attempts.ts'

/** Linear interpolation at p (n - 1), of the values themselves. */
function exact(sorted: readonly number[], p: number): number {
  const place = Math.min(1, Math.max(0, p)) * (sorted.length - 1)
  const [lower = 0, upper = lower] = sorted.slice(Math.floor(place))
  return lower + (upper - lower) * (place - Math.floor(place))
}

function timesOf(values: readonly number[]): ResponseTimes {
  const times = new ResponseTimes()
  for (const value of values) times.record(value * ms)
  return times
}

test.each([
  [[10, 20, 30, 40], 0, 10],
  [[10, 20, 30, 40], -1, 10],
  [[10, 20, 30, 40], 1, 40],
  [[10, 20, 30, 40], 2, 40],
  [[10, 20, 30, 40], 0.5, 25],
  [[10, 20, 30, 40], 0.25, 17.5],
  [[7], 0.9, 7],
  [[], 0.5, 0],
])('of %j the percentile %d is %d ms (H4)', (values, p, expected) => {
  const times = timesOf(values)
  expect(Math.abs(times.percentileMs(p) - expected)).toBeLessThanOrEqual(0.001 * expected)
  times.close()
})

test('percentiles of ten thousand values are within 0.1 % of those of the values, in constant memory (H4, P52)', () => {
  const rng = createRng(1)
  const values = Array.from({ length: 10_000 }, () => -100 * Math.log(1 - rng.next()) + 0.1)
  const times = timesOf(values)
  const sorted = values.toSorted((a, b) => a - b)
  for (const p of [0, 0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 1]) {
    const expected = exact(sorted, p)
    expect(Math.abs(times.percentileMs(p) - expected)).toBeLessThan(0.001 * expected + 0.0006)
  }
  expect(times.meanMs).toBeCloseTo(values.reduce((a, b) => a + b, 0) / values.length, 6)
  times.close()
})

test('there are none once they are closed', () => {
  const times = timesOf([1, 2])
  times.close()
  times.close()
  times.record(1)
  expect([times.count, times.meanMs, times.percentileMs(0.5)]).toEqual([0, 0, 0])
})
