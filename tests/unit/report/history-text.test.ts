import { expect, test } from 'vitest'
import { historyOf } from '../../../harness/compare/history.ts'
import { renderHistory } from '../../../harness/report/history-text.ts'
import { nightly, type NightChange } from '../../support/nights.ts'

const textOf = (count: number, change?: NightChange): string => {
  const nights = nightly(count, 'text', change).map((night) => ({
    ...night,
    figures: night.figures.filter(({ metric }) => metric === 'cpuUsPerRequest'),
  }))
  const leftOut = [1, 2].map((at) => ({ file: `${at}.json`, why: 'void' }))
  return renderHistory(historyOf({ profile: 'default', mode: 'smoke', since: null }, nights, leftOut), {
    color: false,
    width: 150,
  })
}

test('an alarm is told first, and then where it began', () => {
  const text = textOf(30, ({ metrics }, night) => {
    if (night >= 20) metrics.cpuUsPerRequest! *= 1.2
    if (night === 7) metrics.cpuUsPerRequest! *= 3
  })
  const [first, span, left] = text.split('\n')
  expect(first).toBe('1 alarm in 1 figures of smoke of default')
  expect(span).toBe('30 results, 2026-01-01T03:00:00.000Z to 2026-01-30T03:00:00.000Z')
  expect(left).toBe('2 left out: void')
  expect(text).toMatch(
    /^2026-01-21T03:00 0123456789ab {2}stress\/baseline-direct cpuUsPerRequest µs +50\S* .* x1\.\d+ +10 .* alarm$/mu,
  )
  expect(text).toMatch(
    /^away from their level for a time\n {2}stress\/baseline-direct cpuUsPerRequest µs: 1\d\d \(2026-01-08T03:00\)$/mu,
  )
})

test('a quiet history says so, and a short one that it tells nothing', () => {
  expect(textOf(30).split('\n')[0]).toBe('no alarm in 1 figures of smoke of default')
  expect(textOf(3).split('\n')[0]).toBe('too few results of smoke of default to tell: 3 of 6')
})
