import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { boundIndices, signedRankP, smallestP } from '../../../../harness/judge/stats/signed-rank.ts'
import { golden, relativeError } from '../../../support/golden.ts'

interface Vector {
  readonly differences: readonly number[]
  readonly p: number
}
const { exact, enumerated } = golden('signed-rank') as Readonly<Record<'exact' | 'enumerated', readonly Vector[]>>
const { alphas, indices } = golden('walsh') as {
  readonly alphas: readonly number[]
  readonly indices: readonly { readonly count: number; readonly k: readonly number[] }[]
}

describe("the p of Wilcoxon's signed-rank test", () => {
  test('is the exact one for 1 to 60 differences', () => {
    expect(exact.map(({ differences }) => differences.length)).toEqual(Array.from({ length: 60 }, (_, i) => i + 1))
    for (const { differences, p } of exact) expect(relativeError(signedRankP(differences), p)).toBeLessThan(1e-14)
  })

  test.each(enumerated)('is the share of all signs of $differences, ties and zeros included', ({ differences, p }) => {
    expect(signedRankP(differences)).toBe(p)
  })

  test('is 1 of no differences, and of differences that are all nothing', () => {
    expect(signedRankP([])).toBe(1)
    expect(signedRankP([0, 0, -0])).toBe(1)
  })

  test('comes down to the smallest that so many differences allow, and no further', () => {
    for (const count of [1, 8, 12, 60]) {
      const worse = Array.from({ length: count }, (_, index) => index + 1)
      expect(signedRankP(worse)).toBe(smallestP(count))
    }
    expect(smallestP(12)).toBeCloseTo(0.000_24, 5)
  })

  test('asks for the order of sizes only, and the other side has what is left of the signs', () => {
    const sizes = fc.array(fc.integer({ min: -6, max: 6 }), { minLength: 1, maxLength: 14 })
    fc.assert(
      fc.property(sizes, fc.double({ min: 1e-6, max: 1e6, noNaN: true }), (differences, scale) => {
        const p = signedRankP(differences)
        expect(signedRankP(differences.map((value) => value * scale))).toBe(p)
        expect(signedRankP(differences.toReversed())).toBe(p)
        expect(p + signedRankP(differences.map((value) => -value))).toBeGreaterThanOrEqual(1)
      }),
      { numRuns: 200, seed: 6 },
    )
  })

  test('falls when a difference gets worse, among differences of sizes of their own', () => {
    const sizes = fc.uniqueArray(fc.integer({ min: -40, max: 40 }), { minLength: 1, maxLength: 12, selector: Math.abs })
    fc.assert(
      fc.property(sizes, fc.nat(), fc.integer({ min: 1, max: 81 }), (differences, which, more) => {
        const at = which % differences.length
        const worse = differences.map((value, index) => (index === at ? value + more : value))
        // A zero has no sign to throw for, and equal ones share ranks: both change what is counted.
        fc.pre(!differences.includes(0) && !worse.includes(0) && new Set(worse.map(Math.abs)).size === worse.length)
        expect(signedRankP(worse)).toBeLessThanOrEqual(signedRankP(differences))
      }),
      { numRuns: 200, seed: 6 },
    )
  })
})

describe('the index of a bound among the averages of pairs', () => {
  test('is the exact one for 1 to 60 values', () => {
    expect(indices).toHaveLength(60)
    for (const { count, k } of indices) expect(alphas.map(boundIndices(count))).toEqual(k)
  })

  test.each([
    [12, [18, 10, 3, 2]],
    [16, [36, 24, 12, 9]],
    [24, [92, 70, 46, 41]],
  ])('is that of the published table for %i values', (count, published) => {
    expect([0.05, 0.01, 0.001, 0.0005].map(boundIndices(count))).toEqual(published)
  })

  test('is none where so few values have no bound, and none without any error', () => {
    expect(boundIndices(4)(0.05)).toBe(0)
    expect(boundIndices(5)(0.05)).toBe(1)
    expect(boundIndices(12)(smallestP(12))).toBe(1)
    expect(boundIndices(60)(0)).toBe(0)
  })
})
