import { expect, test } from 'vitest'
import { expiryOf, freshRuns } from '../../../../harness/judge/calibration/expiry.ts'

/** Runs of the noon of each of these days of January, oldest first. */
const runsOf = (...days: readonly number[]) =>
  days.map((day) => ({ id: String(day), at: new Date(Date.UTC(2026, 0, day, 12)).toISOString(), metrics: {} }))

test('a run counts for 30 days', () => {
  const runs = runsOf(1, 2, 3)
  const on = (day: number, hour: number) => freshRuns(runs, new Date(Date.UTC(2026, 0, day, hour))).map(({ id }) => id)
  expect(on(31, 12)).toEqual(['3', '2', '1'])
  expect(on(31, 13)).toEqual(['3', '2'])
  expect(on(40, 0)).toEqual([])
})

test('a calibration lasts until fewer than ten of its runs are left', () => {
  const days = Array.from({ length: 12 }, (_, index) => index + 1)
  // The tenth newest is of the third.
  expect(expiryOf(freshRuns(runsOf(...days), new Date(Date.UTC(2026, 0, 13))))).toBe('2026-02-02T12:00:00.000Z')
  expect(expiryOf(runsOf(...days.slice(3)))).toBeNull()
})
