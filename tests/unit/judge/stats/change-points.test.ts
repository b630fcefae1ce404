import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type ChangePoint,
  changePointsOf,
  type ChangePointSettings,
} from '../../../../harness/judge/stats/change-points.ts'
import { bestCut } from '../../../../harness/judge/stats/e-divisive.ts'
import { createRng } from '../../../../harness/kernel/rng.ts'
import { golden } from '../../../support/golden.ts'

interface Published {
  readonly values: readonly number[]
  readonly cases: readonly (ChangePointSettings & { readonly indexes: readonly number[] })[]
}
interface Vector extends ChangePointSettings {
  readonly name: string
  readonly values: readonly number[]
  readonly changePoints: readonly ChangePoint[]
}
const published = golden('tigerbeetle') as Published
const vectors = golden('otava') as readonly Vector[]

describe('change points', () => {
  test.each(published.cases)(
    'are those that Otava publishes for Tigerbeetle: window $window, p $maxPValue, magnitude $minMagnitude',
    ({ indexes, ...settings }) => {
      expect(changePointsOf(published.values, settings).map(({ index }) => index)).toEqual(indexes)
    },
  )

  test.each(vectors)('are those of the definition: $name, window $window, p $maxPValue', (vector) => {
    const { values, changePoints, window, maxPValue, minMagnitude } = vector
    const found = changePointsOf(values, { window, maxPValue, minMagnitude })
    expect(found.map(({ index }) => index)).toEqual(changePoints.map(({ index }) => index))
    for (const [at, { before, after, p }] of found.entries()) {
      const expected = changePoints[at]!
      expect(before).toBeCloseTo(expected.before, 10)
      expect(after).toBeCloseTo(expected.after, 10)
      expect(Math.abs(p - expected.p)).toBeLessThanOrEqual(1e-12 * expected.p)
    }
  })

  test('are looked for in windows of 50 at p < 0.001 where nothing is said', () => {
    const usual = { window: 50, maxPValue: 0.001, minMagnitude: 0 }
    expect(changePointsOf(published.values)).toEqual(changePointsOf(published.values, usual))
    expect(changePointsOf(published.values).map(({ index }) => index)).toContain(71)
  })

  test('of 1,000 values are found in under 200 ms', () => {
    const rng = createRng('a thousand values')
    const values = Array.from({ length: 1000 }, (_, at) => rng.next() + (Math.floor(at / 90) % 3))
    changePointsOf(values)
    const from = performance.now()
    const found = changePointsOf(values)
    expect(performance.now() - from).toBeLessThan(200)
    expect(found.length).toBeGreaterThan(8)
  })

  test('are none in values that are all the same, however they are rounded', () => {
    for (const value of [0, 0.1, 1 / 3, -7e9])
      expect(changePointsOf(Array.from({ length: 90 }, () => value))).toEqual([])
  })

  const series = fc.array(fc.integer({ min: -1000, max: 1000 }), { maxLength: 60 })
  const settings = { window: 20, maxPValue: 0.05, minMagnitude: 0 }

  test('stay where they are when all values are moved and stretched', () => {
    fc.assert(
      fc.property(series, fc.integer({ min: -1000, max: 1000 }), (values, moved) => {
        const indexesOf = (of: readonly number[]) => changePointsOf(of, settings).map(({ index }) => index)
        expect(indexesOf(values.map((value) => 4 * value + 4 * moved))).toEqual(indexesOf(values))
      }),
      { numRuns: 150, seed: 10 },
    )
  })

  test('come with the means of what is between them', () => {
    fc.assert(
      fc.property(series, (values) => {
        const found = changePointsOf(values, settings)
        const bounds = [0, ...found.map(({ index }) => index), values.length]
        const means = bounds.slice(1).map((end, at) => {
          const level = values.slice(bounds[at], end)
          return level.reduce((sum, value) => sum + value, 0) / level.length
        })
        for (const [at, { before, after }] of found.entries()) {
          expect(before).toBeCloseTo(means[at]!, 9)
          expect(after).toBeCloseTo(means[at + 1]!, 9)
        }
      }),
      { numRuns: 100, seed: 11 },
    )
  })
})

/** The divergence of the papers' definition, sum by sum. */
function divergence(left: readonly number[], right: readonly number[]): number {
  const sum = (a: readonly number[], b: readonly number[]): number =>
    a.reduce((all, x) => all + b.reduce((some, y) => some + Math.abs(x - y), 0), 0)
  const [n, m] = [left.length, right.length]
  const within =
    (n > 1 ? (m / (n - 1)) * (sum(left, left) / 2) : 0) + (m > 1 ? (n / (m - 1)) * (sum(right, right) / 2) : 0)
  return (2 / (n + m)) * (sum(left, right) - within)
}

test('the best cut has the largest divergence of the definition over all cuts and ends', () => {
  const values = fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 2, maxLength: 12 })
  fc.assert(
    fc.property(values, (all) => {
      const found = bestCut([99, ...all, -99], 1, all.length + 1)
      const divergences = all.flatMap((_, cut) =>
        cut === 0
          ? []
          : all.slice(cut).map((__, more) => divergence(all.slice(0, cut), all.slice(cut, cut + more + 1))),
      )
      expect(found.divergence).toBeCloseTo(Math.max(...divergences), 6)
      const own = all
        .slice(found.index - 1)
        .map((_, more) => divergence(all.slice(0, found.index - 1), all.slice(found.index - 1, found.index + more)))
      expect(Math.max(...own)).toBeCloseTo(found.divergence, 6)
    }),
    { numRuns: 200, seed: 12 },
  )
})
