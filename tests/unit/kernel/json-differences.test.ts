import { expect, test } from 'vitest'
import { jsonDifferences } from '../../../harness/kernel/json-differences.ts'

test('values that are the same have no differences, in whatever order their keys are', () => {
  for (const value of [null, 0, 'x', [], {}, { a: [1, { b: null }] }])
    expect(jsonDifferences(value, structuredClone(value))).toEqual([])
  expect(jsonDifferences({ a: 1, b: 2 }, { b: 2, a: 1 })).toEqual([])
  expect(jsonDifferences({ a: 1 }, { a: 1, b: undefined })).toEqual([])
})

test('each place that differs is told by its pointer, with both values', () => {
  const left = { a: [1, { 'b/c': 2 }], d: null, e: 'x' }
  const right = { a: [1, { 'b/c': 3 }, 4], d: 0, f: false }
  expect(jsonDifferences(left, right, '/at')).toEqual([
    { where: '/at/a/1/b~1c', left: 2, right: 3 },
    { where: '/at/a/2', left: null, right: 4 },
    { where: '/at/d', left: null, right: 0 },
    { where: '/at/e', left: 'x', right: null },
    { where: '/at/f', left: null, right: false },
  ])
})

test('a list is no object, and neither is nothing', () => {
  expect(jsonDifferences([], {})).toEqual([{ where: '', left: [], right: {} }])
  expect(jsonDifferences({ a: {} }, { a: null })).toEqual([{ where: '/a', left: {}, right: null }])
  expect(jsonDifferences('1', 1)).toHaveLength(1)
})
