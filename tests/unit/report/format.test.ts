import { expect, test } from 'vitest'
import { bytes, printable, signed } from '../../../harness/report/format.ts'

test.each([
  [0, '0 B'],
  [0.4, '0.4 B'],
  [999, '999 B'],
  [999.9, '1 kB'],
  [1000, '1 kB'],
  [999_950, '1 MB'],
  [1_234_567, '1.23 MB'],
  [5e15, '5,000 TB'],
])('%d bytes are %s', (count, text) => {
  expect(bytes(count)).toBe(text)
})

test('a positive difference has its sign', () => {
  expect([signed(1), signed(0), signed(-1500), signed(null)]).toEqual(['+1', '0', '-1,500', '-'])
})

test('control characters and line ends become a space', () => {
  expect(printable('\u001B[31mred\u0000\r\n  two\u009B')).toBe('[31mred two')
})
