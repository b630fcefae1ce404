import { expect, test } from 'vitest'
import { studentTest } from '../../../../harness/judge/stats/student.ts'

test("Student's test gives scipy's p of two samples", () => {
  // scipy.stats.ttest_ind([1, 2, 3, 4.5], [3, 5, 4.25, 6, 7]).pvalue
  const { before, after, p } = studentTest([1, 2, 3, 4.5], [3, 5, 4.25, 6, 7], 1)
  expect([before, after]).toEqual([2.625, 5.05])
  expect(p).toBeCloseTo(0.049_349_284_654_892_91, 14)
})

test('values without deviation are surely different when they differ, and never when they do not', () => {
  expect(studentTest([1, 1], [2, 2], 1).p).toBe(0)
  expect(studentTest([0.1, 0.1, 0.1], [0.1], 1).p).toBe(1)
})

test('two values tell nothing', () => {
  expect(studentTest([1], [2], 0).p).toBe(1)
})
