import { expect, test } from 'vitest'
import { table } from '../../../harness/report/table.ts'

const cells = (...texts: string[]) => texts.map((text) => ({ text }))

test('columns are as wide as they must be, numbers to the right', () => {
  const text = table(cells('arm', 'ok/s'), [cells('a', '5'), cells('bcd', '1,000')], { width: 80, numeric: [1] })
  expect(text).toBe(['arm   ok/s', 'a        5', 'bcd  1,000'].join('\n'))
})

test('what does not fit is wrapped, and nothing is left out', () => {
  const long = 'policy.latency/policy-relay / baseline/baseline-relay'
  const text = table(cells('arm', 'ratio'), [cells(long, '1.000')], { width: 30 })
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(30)
  expect(text.replaceAll(/\s|arm|ratio|1\.000/gu, '')).toBe(long.replaceAll(' ', '').replaceAll('arm', ''))
})

test('paint covers each line of a cell by itself', () => {
  const paint = (line: string): string => `<${line}>`
  const text = table(cells('a', 'b'), [[{ text: 'one two three', paint }, { text: 'x' }]], { width: 11 })
  expect(text).toContain('<one two>')
  expect(text).toContain('<three>')
})
