import { expect, test } from 'vitest'
import { trendOf } from '../../../../harness/judge/metastable/trend.ts'
import { createRng } from '../../../../harness/kernel/rng.ts'

test('the slope of a line is found, and an outlier does not move it', () => {
  expect(trendOf([1, 3, 5, 7, 9, 11])).toEqual({ slope: 2, falls: false })
  expect(trendOf([9, 8, 7, 6, 500, 4, 3, 2])).toEqual({ slope: -1, falls: true })
})

test('what stands still, rises, or is too short does not fall', () => {
  expect(trendOf([4, 4, 4, 4, 4, 4, 4])).toEqual({ slope: 0, falls: false })
  expect(trendOf([1, 2, 3, 4, 5, 6, 7]).falls).toBe(false)
  expect(trendOf([5, 4, 3, 2, 1]).falls).toBe(false)
  expect(trendOf([])).toEqual({ slope: 0, falls: false })
})

test('what only wavers is called falling once in a hundred times', () => {
  const rng = createRng(1)
  const trends = Array.from({ length: 2000 }, () => trendOf(Array.from({ length: 30 }, () => rng.next())))
  const falling = trends.filter(({ falls }) => falls).length
  expect(falling).toBeGreaterThan(4)
  expect(falling).toBeLessThan(40)
})
