import { describe, expect, test } from 'vitest'
import { leastPersistence, slopeBound } from '../../../../harness/judge/memory/bound.ts'

describe('the bound of a slope', () => {
  test('is that of the length, and between two lengths lies between theirs', () => {
    expect(slopeBound('rss', 5, null)).toBe(8192)
    expect(slopeBound('rss', 20, null)).toBeCloseTo(573.44, 6)
    expect(slopeBound('rss', 15, null)).toBeLessThan(slopeBound('rss', 12, null))
    expect(slopeBound('rss', 15, null)).toBeGreaterThan(slopeBound('rss', 20, null))
  })

  test('never grows with the length, and in long runs falls as the slope of a rise that comes once', () => {
    for (const kind of ['rss', 'heap', 'fds', 'threads'] as const) {
      const bounds = Array.from({ length: 200 }, (_, index) => slopeBound(kind, 2 + index, null))
      expect(bounds).toEqual(bounds.toSorted((a, b) => b - a))
      expect(slopeBound(kind, 600, null)).toBeCloseTo(slopeBound(kind, 60, null) / 10, 9)
    }
  })

  test('is what a calibration says of its lengths, and keeps the standard course between and beyond them', () => {
    const calibration = {
      name: 'c',
      bounds: [
        [10, 900],
        [20, 500],
      ],
    } as const
    expect(slopeBound('rss', 10, calibration)).toBeCloseTo(900, 9)
    expect(slopeBound('rss', 20, calibration)).toBeCloseTo(500, 9)
    expect(slopeBound('rss', 5, calibration) / slopeBound('rss', 5, null)).toBeCloseTo(900 / 1843.2, 9)
    expect(slopeBound('rss', 40, calibration) / slopeBound('rss', 40, null)).toBeCloseTo(500 / 573.44, 9)
    expect(slopeBound('rss', 14, calibration)).toBeLessThan(900)
    expect(slopeBound('rss', 14, calibration)).toBeGreaterThan(500)
  })
})

test('the longer a run, the more sure that growth goes on: from 20 minutes on more likely than not, in 12 not surely the opposite', () => {
  expect([5, 12, 20, 600].map(leastPersistence)).toEqual([-0.3, -0.3, 0.2, 0.2])
  expect(leastPersistence(15)).toBeGreaterThan(-0.3)
  expect(leastPersistence(15)).toBeLessThan(0.2)
})
