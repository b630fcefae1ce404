import { expect, test } from 'vitest'
import { parseFraming } from '../../../../harness/target/builtin/framing.ts'

test.each([
  [undefined, { kind: 'line', delimiter: '\n' }],
  ['line' as const, { kind: 'line', delimiter: '\n' }],
  [{ line: '\r\n' }, { kind: 'line', delimiter: '\r\n' }],
  [{ lengthPrefixed: 4 as const }, { kind: 'length-prefixed', prefixBytes: 4 }],
  [{ fixed: '1kib' }, { kind: 'fixed', sizeBytes: 1024 }],
])('the framing %j is read', (raw, expected) => {
  expect(parseFraming(raw)).toEqual(expected)
})
