import { describe, expect, test } from 'vitest'
import { theilSen } from '../../../../harness/judge/stats/theil-sen.ts'
import { createRng } from '../../../../harness/kernel/rng.ts'
import { golden, relativeError } from '../../../support/golden.ts'

interface Vector {
  readonly xs: readonly number[]
  readonly ys: readonly number[]
  readonly confidence: number
  readonly slope: number
  readonly lower: number
  readonly upper: number
}
const { slopes } = golden('theil-sen') as { readonly slopes: readonly Vector[] }

describe('the slope of Theil and Sen', () => {
  test('and its interval are those of scipy, with ties in x, ties in y and outliers', () => {
    expect(slopes.length).toBeGreaterThan(50)
    for (const { xs, ys, confidence, slope, lower, upper } of slopes) {
      const ours = theilSen(xs, ys, confidence)
      expect(relativeError(ours.slope, slope)).toBeLessThan(1e-13)
      expect(relativeError(ours.lower, lower)).toBeLessThan(1e-13)
      expect(relativeError(ours.upper, upper)).toBeLessThan(1e-13)
    }
  })

  test('is not moved by one step, nor by a quarter of outliers', () => {
    const noise = createRng(5)
    const step = Array.from({ length: 40 }, (_, index) => noise.next() + (index < 30 ? 0 : 100))
    expect(Math.abs(theilSen([...step.keys()], step).slope)).toBeLessThan(0.1)
    const spiked = Array.from({ length: 40 }, (_, index) => 2 * index + (index % 4 === 0 ? 500 * noise.next() : 0))
    expect(theilSen([...spiked.keys()], spiked).slope).toBeCloseTo(2, 0)
  })

  test('has no bounds where so few values have none', () => {
    expect(theilSen([], [])).toEqual({ slope: 0, lower: -Infinity, upper: Infinity })
    expect(theilSen([1], [5])).toEqual({ slope: 0, lower: -Infinity, upper: Infinity })
    expect(theilSen([1, 2, 3], [1, 2, 3])).toEqual({ slope: 1, lower: -Infinity, upper: Infinity })
    expect(theilSen([4, 4, 4], [1, 2, 3])).toEqual({ slope: 0, lower: -Infinity, upper: Infinity })
  })

  test('of independent values is in its 95 % interval 95 times of a hundred', () => {
    const rng = createRng('coverage')
    const within = Array.from({ length: 2000 }, () => {
      const ys = Array.from({ length: 20 }, () => rng.next())
      const { lower, upper } = theilSen([...ys.keys()], ys)
      return lower <= 0 && upper >= 0
    }).filter(Boolean).length
    expect(within / 2000).toBeGreaterThan(0.935)
    expect(within / 2000).toBeLessThan(0.965)
  })
})
