import { describe, expect, test } from 'vitest'
import { canFail } from '../../../../harness/judge/paired/decide.ts'
import { looksOf } from '../../../../harness/judge/paired/looks.ts'
import { golden, relativeError } from '../../../support/golden.ts'

const { spending } = golden('distributions') as {
  readonly spending: readonly (readonly [share: number, spent: number])[]
}

describe('the looks of a run', () => {
  test.each(spending)('have spent at %f of the rounds what scipy says: %f', (share, spent) => {
    const [first] = looksOf([share * 1e6, 1e6])
    expect(relativeError(first!.failAlpha, spent)).toBeLessThan(1e-12)
  })

  test('at a third, two thirds and the end have the published errors', () => {
    const alphas = looksOf([8, 16, 24]).map(({ failAlpha }) => failAlpha)
    expect(alphas[0]).toBeCloseTo(8e-6, 6)
    expect(alphas[0]! + alphas[1]!).toBeCloseTo(0.0016, 4)
    expect(alphas[0]! + alphas[1]! + alphas[2]!).toBeCloseTo(0.01, 15)
  })

  test('share out the error of a pass in equal parts', () => {
    expect(looksOf([8, 16, 24]).map(({ passAlpha }) => passAlpha)).toEqual([0.05 / 3, 0.05 / 3, 0.05 / 3])
  })

  test('are one with all of both errors where a run may not end early', () => {
    expect(looksOf([12])).toEqual([{ rounds: 12, failAlpha: 0.01, passAlpha: 0.05 }])
  })
})

describe('a gate', () => {
  test.each([
    [1, 7],
    [5, 9],
    [12, 11],
    [20, 11],
  ])('of %i tests can fail from %i rounds on', (tests, rounds) => {
    expect(canFail([rounds], tests)).toBe(true)
    expect(canFail([rounds - 1], tests)).toBe(false)
  })

  test('has less to fail with where earlier looks have spent some of it', () => {
    expect(canFail([11], 20)).toBe(true)
    expect(canFail([9, 10, 11], 20)).toBe(false)
  })

  test('of no rounds cannot fail', () => {
    expect(canFail([], 1)).toBe(false)
  })
})
