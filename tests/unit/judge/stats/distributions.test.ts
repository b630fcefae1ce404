import { describe, expect, test } from 'vitest'
import {
  normalCdf,
  normalQuantile,
  studentCdf,
  studentTwoSided,
  toleranceFactor,
} from '../../../../harness/judge/stats/distributions.ts'
import { golden, relativeError } from '../../../support/golden.ts'

type Rows = readonly (readonly number[])[]
const vectors = golden('distributions') as Readonly<Record<'normal' | 'normalQuantile' | 'student', Rows>>
const tolerance = golden('tolerance') as readonly (readonly [number, number, number, number])[]

describe('the standard normal distribution', () => {
  test('is that of scipy down to a tail of 1e-300', () => {
    for (const [z, p] of vectors.normal as readonly (readonly [number, number])[])
      expect(relativeError(normalCdf(z), p), `at ${z}`).toBeLessThan(3e-13)
    expect([normalCdf(-Infinity), normalCdf(Infinity)]).toEqual([0, 1])
  })

  test('has the quantiles of scipy in both tails', () => {
    for (const [p, z] of vectors.normalQuantile as readonly (readonly [number, number])[])
      expect(Math.abs(normalQuantile(p) - z), `at ${p}`).toBeLessThan(1e-14 * Math.max(1, Math.abs(z)))
  })
})

describe("Student's distribution", () => {
  // What the logarithm of the gamma function loses grows with the degrees of freedom.
  const withIn = (freedom: number): number => (freedom > 1000 ? 1e-10 : 2e-12)

  test('is that of scipy on one side and on both', () => {
    for (const [t, freedom, p, twoSided] of vectors.student as readonly (readonly [number, number, number, number])[]) {
      expect(relativeError(studentCdf(t, freedom), p), `P(T <= ${t}), ${freedom}`).toBeLessThan(withIn(freedom))
      expect(relativeError(studentTwoSided(t, freedom), twoSided), `${t}, ${freedom}`).toBeLessThan(withIn(freedom))
    }
  })
})

describe('tolerance factors', () => {
  test.each(tolerance)(
    'of %i values for %f of all at a confidence of %f are those of scipy',
    (count, content, confidence, factor) => {
      // Of two values the distribution has so long a tail that few points of the integral lie in what matters.
      expect(relativeError(toleranceFactor(count, content, confidence), factor)).toBeLessThan(count === 2 ? 1e-6 : 1e-9)
    },
  )

  test.each([
    [10, 3.98],
    [15, 3.52],
    [20, 3.3],
    [30, 3.06],
    [50, 2.86],
    [100, 2.68],
  ])('of %i values are the published %f where nothing else is said', (count, published) => {
    expect(toleranceFactor(count)).toBeCloseTo(published, 2)
  })
})
