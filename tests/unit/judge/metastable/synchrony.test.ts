import { expect, test } from 'vitest'
import { synchronyOf } from '../../../../harness/judge/metastable/synchrony.ts'
import { createRng } from '../../../../harness/kernel/rng.ts'

const binNs = 100e6

test('even attempts have no peak and nothing that repeats', () => {
  expect(synchronyOf([5, 5, 5, 5, 5, 5, 5, 5], binNs, null)).toEqual({
    peakToMean: 1,
    autocorrelation: null,
    lagNs: null,
  })
})

test('waves are found at their period, also where only a range is looked at', () => {
  const bins = Array.from({ length: 200 }, (_, at) => (at % 10 === 0 ? 100 : 2))
  const any = synchronyOf(bins, binNs, null)
  expect(any).toMatchObject({ lagNs: 1e9 })
  expect(any?.peakToMean).toBeCloseTo(100 / 11.8)
  expect(any?.autocorrelation).toBeGreaterThan(0.9)
  expect(synchronyOf(bins, binNs, 2e9)).toMatchObject({ lagNs: 1e9 })
  expect(synchronyOf(bins, binNs, 0.4e9)?.autocorrelation).toBeLessThan(0)
})

test('attempts at random times hardly correlate', () => {
  const rng = createRng(1)
  const bins = Array.from({ length: 400 }, () => Math.floor(rng.next() * 20))
  const found = synchronyOf(bins, binNs, 1e9)
  expect(Math.abs(found?.autocorrelation ?? 1)).toBeLessThan(0.2)
})

test('of nothing nothing is said', () => {
  expect(synchronyOf([], binNs, null)).toBeNull()
  expect(synchronyOf([0, 0, 0], binNs, null)).toBeNull()
})
