import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { medianOf } from '../../../../harness/judge/stats/median.ts'
import { signedRankP } from '../../../../harness/judge/stats/signed-rank.ts'
import { locate } from '../../../../harness/judge/stats/walsh.ts'
import { golden } from '../../../support/golden.ts'

interface Vector {
  readonly values: readonly number[]
  readonly estimate: number
  readonly bounds: readonly (readonly [alpha: number, lower: number | null, upper: number | null])[]
}
const { locations } = golden('walsh') as { readonly locations: readonly Vector[] }

describe('where values lie, by their averages of pairs', () => {
  test.each(locations)('is the very estimate and bounds of numpy for $values.length values', (vector) => {
    const location = locate(vector.values)
    expect(location.estimate).toBe(vector.estimate)
    for (const [alpha, lower, upper] of vector.bounds) {
      expect(location.lower(alpha)).toBe(lower ?? -Infinity)
      expect(location.upper(alpha)).toBe(upper ?? Infinity)
    }
  })

  test('is not moved by one value out of any proportion', () => {
    const values = [0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07]
    expect(Math.abs(locate([...values, 1e9]).estimate - locate(values).estimate)).toBeLessThan(0.011)
  })

  test('moves by what is added to all values', () => {
    const values = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1, maxLength: 25 })
    fc.assert(
      fc.property(values, fc.integer({ min: -1000, max: 1000 }), (all, more) => {
        const [before, after] = [locate(all), locate(all.map((value) => value + more))]
        expect(after.estimate).toBe(before.estimate + more)
        expect(after.lower(0.05)).toBe(before.lower(0.05) + more)
        expect(after.upper(0.05)).toBe(before.upper(0.05) + more)
      }),
      { numRuns: 100, seed: 6 },
    )
  })

  test('has bounds on either side of the estimate, and mirrored ones for mirrored values', () => {
    const values = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 1, maxLength: 25 })
    fc.assert(
      fc.property(values, fc.constantFrom(0.05, 0.01, 0.001), (all, alpha) => {
        const [one, mirrored] = [locate(all), locate(all.map((value) => -value))]
        expect(one.lower(alpha)).toBeLessThanOrEqual(one.estimate)
        expect(one.upper(alpha)).toBeGreaterThanOrEqual(one.estimate)
        expect(mirrored.upper(alpha)).toBe(0 - one.lower(alpha))
        expect(mirrored.estimate + one.estimate).toBe(0)
      }),
      { numRuns: 100, seed: 6 },
    )
  })

  test('is bounded above nothing exactly where the test rejects nothing', () => {
    const distinct = fc.uniqueArray(
      fc.integer({ min: -500, max: 700 }).filter((value) => value !== 0),
      {
        minLength: 5,
        maxLength: 20,
        selector: Math.abs,
      },
    )
    fc.assert(
      fc.property(distinct, fc.constantFrom(0.05, 0.01, 0.002), (values, alpha) => {
        const averages = locate(values)
        // At 0 itself an average counts for both sides.
        fc.pre(averages.lower(alpha) !== 0)
        expect(averages.lower(alpha) > 0).toBe(signedRankP(values) <= alpha)
      }),
      { numRuns: 300, seed: 6 },
    )
  })
})

test('the median of values in any order is the middle one, the mean of the middle two, or 0 of none', () => {
  expect(medianOf([9, 1, 5])).toBe(5)
  expect(medianOf([9, 1, 5, 6])).toBe(5.5)
  expect(medianOf([])).toBe(0)
})
