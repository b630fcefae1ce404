import { expect, test } from 'vitest'
import { decideSeries, seriesProblems, type SeriesTrace } from '../../../../harness/judge/trace/series.ts'

const series = (more: Partial<SeriesTrace> = {}): SeriesTrace => ({
  schema: 'soakrig/series@1',
  id: 's',
  values: [1, 1.1, 0.9, 1, 1.05, 2, 2.1, 1.9, 2, 2.05],
  ...more,
})

test('a series has its change points with six digits', () => {
  expect(seriesProblems(series())).toEqual([])
  expect(decideSeries(series())).toEqual({
    id: 's',
    changePoints: [{ index: 5, before: 1.01, after: 2.01, p: 1.021_89e-8 }],
  })
})

test('the settings of a series hold', () => {
  expect(decideSeries(series({ maxPValue: 1e-8 })).changePoints).toEqual([])
  expect(decideSeries(series({ minMagnitude: 1 })).changePoints).toEqual([])
  expect(decideSeries(series({ minMagnitude: 0.98 })).changePoints).toHaveLength(1)
  // Two values never tell a difference.
  expect(decideSeries(series({ window: 2 })).changePoints).toEqual([])
})

test('a series without values has no change points', () => {
  expect(seriesProblems(series({ values: [] }))).toEqual([])
  expect(decideSeries(series({ values: [] })).changePoints).toEqual([])
})

test('what is wrong with a series is named by its place', () => {
  const wrong = { schema: 'soakrig/series@1', values: [1, null], window: 1, maxPValue: 0, colour: 'red' }
  const problems = seriesProblems(wrong)
  expect(problems.map(({ where }) => where).toSorted()).toEqual([
    '/colour',
    '/id',
    '/maxPValue',
    '/values/1',
    '/window',
  ])
  for (const { message } of problems) expect(message).toMatch(/found|allowed|required/u)
})
