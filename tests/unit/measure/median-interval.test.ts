import { describe, expect, it } from 'vitest'
import { medianInterval } from '../../support/median-interval.ts'

describe('the interval of a median', () => {
  it.each([
    // Order statistics of the sign test: https://en.wikipedia.org/wiki/Sign_test, tables of its critical values.
    [6, 1, 6, 0.968_75],
    [8, 1, 8, 0.992_187_5],
    [9, 2, 8, 0.960_937_5],
    [20, 6, 15, 0.958_610_5],
  ])('of %i values reaches from the %ith to the %ith at 95 %%', (count, lo, hi, confidence) => {
    const values = Array.from({ length: count }, (_, index) => count - index)
    const interval = medianInterval(values, 0.95)
    expect(interval).toMatchObject({ lo, hi, median: (count + 1) / 2 })
    expect(interval.confidence).toBeCloseTo(confidence, 6)
  })

  it('of too few values is their range, and says what it has', () => {
    expect(medianInterval([3, 1, 2], 0.95)).toEqual({ median: 2, lo: 1, hi: 3, confidence: expect.closeTo(0.75, 9) })
    expect(medianInterval([5], 0.95)).toEqual({ median: 5, lo: 5, hi: 5, confidence: 0 })
  })
})
