import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { trimmedMeanOf } from '../../../../harness/judge/stats/median.ts'

describe('the trimmed mean', () => {
  const evenly = (...values: readonly number[]) => values.map((value) => ({ value, weight: 1 }))

  test('of nothing is 0', () => {
    expect(trimmedMeanOf([], 0.3)).toBe(0)
  })

  test('is that of the middle, in whatever order, and what lies across a cut counts in part', () => {
    expect(trimmedMeanOf(evenly(100, 2, 1, 3, -50), 0.2)).toBeCloseTo(2, 12)
    expect(trimmedMeanOf(evenly(1, 2, 4, 100), 0.25)).toBeCloseTo(3, 12)
    // Of four, 0.3 cuts off the outer two and a fifth of either of the inner two.
    expect(trimmedMeanOf(evenly(0, 2, 4, 100), 0.3)).toBeCloseTo((0.8 * 2 + 0.8 * 4) / 1.6, 12)
    expect(trimmedMeanOf(evenly(0, 1, 100), 0.3)).toBeCloseTo((1 + 0.1 * 100) / 1.2, 12)
  })

  test('cuts off weight, not numbers', () => {
    const heavy = { value: 10, weight: 7 }
    expect(trimmedMeanOf([...evenly(0, 1, 2), heavy], 0.3)).toBeCloseTo(10, 12)
  })

  const weighted = fc.array(
    fc.record({ value: fc.integer({ min: -100, max: 100 }), weight: fc.integer({ min: 1, max: 9 }) }),
    { minLength: 1, maxLength: 20 },
  )

  test('with nothing cut off is the weighted mean', () => {
    fc.assert(
      fc.property(weighted, (values) => {
        const weights = values.reduce((sum, { weight }) => sum + weight, 0)
        const mean = values.reduce((sum, { value, weight }) => sum + value * weight, 0) / weights
        expect(trimmedMeanOf(values, 0)).toBeCloseTo(mean, 9)
      }),
      { numRuns: 100, seed: 6 },
    )
  })

  test('lies the other way round among values with the other sign', () => {
    fc.assert(
      fc.property(weighted, (values) => {
        const mirrored = values.map(({ value, weight }) => ({ value: -value, weight }))
        expect(trimmedMeanOf(mirrored, 0.3)).toBeCloseTo(-trimmedMeanOf(values, 0.3), 9)
      }),
      { numRuns: 100, seed: 6 },
    )
  })
})
