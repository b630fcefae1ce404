import { describe, expect, test } from 'vitest'
import { falseDiscoveryRates, holm } from '../../../../harness/judge/stats/multiplicity.ts'
import { golden, relativeError } from '../../../support/golden.ts'

interface Vector {
  readonly ps: readonly number[]
  readonly rates: readonly number[]
  readonly holm: Readonly<Record<string, readonly boolean[]>>
}
const vectors = golden('multiplicity') as readonly Vector[]

describe("Holm's levels", () => {
  test.each(vectors)('reject of $ps.length tests those that the definition rejects', ({ ps, holm: rejected }) => {
    for (const [alpha, right] of Object.entries(rejected))
      expect(holm(ps, Number(alpha)).map((one) => one.rejected)).toEqual(right)
  })

  test('are alpha by the tests that are left, and stay where the first test is kept', () => {
    expect(holm([0.02, 0.001, 0.004, 0.9], 0.012)).toEqual([
      { level: 0.006, rejected: false },
      { level: 0.003, rejected: true },
      { level: 0.004, rejected: true },
      { level: 0.006, rejected: false },
    ])
  })

  test('are none of no tests, and reject nothing without any error to spend', () => {
    expect(holm([], 0.01)).toEqual([])
    expect(holm([1e-18, 0.5], 0).some(({ rejected }) => rejected)).toBe(false)
  })
})

describe('false-discovery rates', () => {
  test.each(vectors)('of $ps.length tests are those of scipy', ({ ps, rates }) => {
    for (const [index, rate] of falseDiscoveryRates(ps).entries())
      expect(relativeError(rate, rates[index]!)).toBeLessThan(1e-14)
  })

  test('are none of no tests', () => {
    expect(falseDiscoveryRates([])).toEqual([])
  })
})
