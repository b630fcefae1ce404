import { describe, expect, it } from 'vitest'
import {
  binomialBand,
  binomialCdf,
  clopperPearsonLower,
  clopperPearsonUpper,
  incompleteBeta,
} from '../../../harness/measure/binomial.ts'
import { exactProbability } from '../../support/exact-binomial.ts'
import { golden } from '../../support/golden.ts'

describe('the bounds of Clopper and Pearson', () => {
  it.each([
    [0, 10, 0.01, 1 - 0.01 ** (1 / 10)],
    [0, 299, 0.05, 1 - 0.05 ** (1 / 299)],
    [0, 1, 0.5, 0.5],
  ])('bound %i of %i from above at alpha %f in closed form', (hits, trials, alpha, known) => {
    expect(clopperPearsonUpper(hits, trials, alpha)).toBeCloseTo(known, 12)
  })

  it.each([
    [10, 10, 0.01, 0.01 ** (1 / 10)],
    [1, 10, 0.01, 1 - 0.99 ** (1 / 10)],
    [1, 1, 0.05, 0.05],
  ])('bound %i of %i from below at alpha %f in closed form', (hits, trials, alpha, known) => {
    expect(clopperPearsonLower(hits, trials, alpha)).toBeCloseTo(known, 12)
  })

  it('give the tabulated 36.90 % for none of ten at 99 %', () => {
    expect(clopperPearsonUpper(0, 10, 0.01)).toBeCloseTo(0.369_042_6, 6)
  })

  it('give the tabulated two-sided 95 % interval of 5 in 100', () => {
    expect(clopperPearsonLower(5, 100, 0.025)).toBeCloseTo(0.016_43, 5)
    expect(clopperPearsonUpper(5, 100, 0.025)).toBeCloseTo(0.112_83, 5)
  })

  it('are those of scipy, to what bisection and the logarithm of the gamma function leave', () => {
    const rows = golden('binomial') as readonly (readonly [number, number, number, number, number])[]
    for (const [hits, trials, alpha, lower, upper] of rows) {
      expect(Math.abs(clopperPearsonLower(hits, trials, alpha) - lower)).toBeLessThan(1e-9 * lower + 2e-15)
      expect(Math.abs(clopperPearsonUpper(hits, trials, alpha) - upper)).toBeLessThan(1e-9 * upper + 2e-15)
    }
  })

  it.each([
    [5, 100, 0.01],
    [1, 50, 1e-4],
    [49, 50, 0.01],
    [30, 1000, 0.005],
    [500, 1000, 1e-4],
    [1999, 2000, 0.01],
  ])('solve their defining equations for %i of %i at alpha %f', (hits, trials, alpha) => {
    const upper = clopperPearsonUpper(hits, trials, alpha)
    const lower = clopperPearsonLower(hits, trials, alpha)
    expect(exactProbability(trials, upper, 0, hits) / alpha).toBeCloseTo(1, 6)
    expect(exactProbability(trials, lower, hits, trials) / alpha).toBeCloseTo(1, 6)
  })

  it('are 0 and 1 where nothing can be said', () => {
    expect(clopperPearsonLower(0, 10, 0.01)).toBe(0)
    expect(clopperPearsonUpper(10, 10, 0.01)).toBe(1)
    expect(clopperPearsonLower(0, 0, 0.01)).toBe(0)
    expect(clopperPearsonUpper(0, 0, 0.01)).toBe(1)
  })

  it('hold a share from a million trials', () => {
    const lower = clopperPearsonLower(20_000, 1_000_000, 0.01)
    const upper = clopperPearsonUpper(20_000, 1_000_000, 0.01)
    // 2.326 standard errors of 0.00014 from the share: the normal limit.
    expect(lower).toBeCloseTo(0.02 - 2.326 * 0.000_14, 5)
    expect(upper).toBeCloseTo(0.02 + 2.326 * 0.000_14, 5)
  })
})

describe('the distribution function', () => {
  it.each([
    [3, 10, 0.2],
    [0, 10, 0.2],
    [50, 1000, 0.05],
    [999, 1000, 0.5],
    [20, 40, 0.999],
  ])('equals the sum of its terms for %i of %i at share %f', (hits, trials, share) => {
    expect(binomialCdf(hits, trials, share)).toBeCloseTo(exactProbability(trials, share, 0, hits), 10)
  })

  it('is 0 below no hits and 1 from all hits on', () => {
    expect(binomialCdf(-1, 10, 0.5)).toBe(0)
    expect(binomialCdf(10, 10, 0.5)).toBe(1)
    expect(binomialCdf(11, 10, 0.5)).toBe(1)
  })

  it('knows the shares 0 and 1', () => {
    expect(binomialCdf(0, 10, 0)).toBe(1)
    expect(binomialCdf(9, 10, 1)).toBe(0)
  })
})

describe('the incomplete beta function', () => {
  it.each([
    [0.3, 1, 1, 0.3],
    [0.3, 2, 1, 0.09],
    [0.3, 1, 2, 1 - 0.49],
    [0.5, 7.5, 7.5, 0.5],
  ])('is known at x %f, a %f, b %f', (x, a, b, known) => {
    expect(incompleteBeta(x, a, b)).toBeCloseTo(known, 12)
  })

  it('mirrors: I_x(a, b) and I_1-x(b, a) add up to 1', () => {
    for (const x of [0.001, 0.2, 0.77, 0.999]) {
      expect(incompleteBeta(x, 3, 400) + incompleteBeta(1 - x, 400, 3)).toBeCloseTo(1, 12)
    }
  })
})

describe('the band of shares', () => {
  it.each([
    [1, 0.5, 1e-4],
    [20, 0.05, 1e-4],
    [100, 0.05, 0.01],
    [1000, 0.05, 1e-4],
    [1000, 0.999, 1e-4],
    [3000, 0.5, 1e-4],
  ])(
    'of %i trials at share %f leaves out at most half of alpha %f on either side, and no more than it must',
    (trials, share, alpha) => {
      const [lo, hi] = binomialBand(trials, share, alpha).map((edge) => Math.round(edge * trials)) as [number, number]
      expect(exactProbability(trials, share, 0, lo - 1)).toBeLessThanOrEqual(alpha / 2)
      expect(exactProbability(trials, share, hi + 1, trials)).toBeLessThanOrEqual(alpha / 2)
      expect(exactProbability(trials, share, 0, lo)).toBeGreaterThanOrEqual(alpha / 2)
      expect(exactProbability(trials, share, hi, trials)).toBeGreaterThan(alpha / 2)
    },
  )

  it('is everything without trials', () => {
    expect(binomialBand(0, 0.05, 1e-4)).toEqual([0, 1])
  })

  it('is one point where the share is certain', () => {
    expect(binomialBand(500, 0, 1e-4)).toEqual([0, 0])
    expect(binomialBand(500, 1, 1e-4)).toEqual([1, 1])
  })
})
