import { expect, test } from 'vitest'
import { wantsColors } from '../../../harness/report/output.ts'

test('colours are for terminals', () => {
  expect(wantsColors({}, true)).toBe(true)
  expect(wantsColors({}, false)).toBe(false)
})

test.each([{ NO_COLOR: '1' }, { CI: 'true' }, { TERM: 'dumb' }])('%o takes them away', (environment) => {
  expect(wantsColors(environment, true)).toBe(false)
})
