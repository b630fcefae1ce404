import { describe, expect, test } from 'vitest'
import { normalQuantile } from '../../../../harness/judge/stats/distributions.ts'
import { constantLevel } from '../../../../harness/judge/stats/group-sequential.ts'
import { createRng } from '../../../../harness/kernel/rng.ts'
import { golden, relativeError } from '../../../support/golden.ts'

interface Case {
  readonly counts: readonly number[]
  readonly alpha: number
  readonly level: number
}

describe('one level for all looks', () => {
  test.each(golden('group-sequential') as readonly Case[])(
    'after $counts with an error of $alpha is what scipy says: $level',
    ({ counts, alpha, level }) => {
      expect(relativeError(constantLevel(counts, alpha), level)).toBeLessThan(1e-5)
    },
  )

  test.each([
    [2, 1.875],
    [3, 1.992],
    [4, 2.067],
    [5, 2.122],
  ])('has at %i equal steps the published bound of %f deviations', (looks, bound) => {
    // Jennison and Turnbull 2000, Group Sequential Methods, table 2.1, two-sided 10 %.
    const counts = Array.from({ length: looks }, (_, index) => index + 1)
    expect(-normalQuantile(constantLevel(counts, 0.05))).toBeCloseTo(bound, 3)
  })

  test('is the whole error where there is one look', () => {
    expect(constantLevel([12], 0.05)).toBe(0.05)
  })

  test('is never less than its share, and never more than the whole', () => {
    const rng = createRng('looks')
    for (let run = 0; run < 20; run++) {
      const counts = [...new Set(Array.from({ length: 4 }, () => 1 + Math.floor(40 * rng.next())))].toSorted(
        (a, b) => a - b,
      )
      const level = constantLevel(counts, 0.05)
      expect(level).toBeGreaterThanOrEqual(0.05 / counts.length)
      expect(level).toBeLessThanOrEqual(0.05)
    }
  })
})
