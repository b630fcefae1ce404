import { describe, expect, test } from 'vitest'
import { canFail } from '../../../../harness/judge/paired/decide.ts'
import { looksOf } from '../../../../harness/judge/paired/looks.ts'
import { locate } from '../../../../harness/judge/stats/walsh.ts'
import { golden, relativeError } from '../../../support/golden.ts'
import { gaussian } from '../../../support/paired-traces.ts'

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

  test('have one level of a pass, Pocock’s for what they have in common', () => {
    for (const { passAlpha } of looksOf([8, 16, 24])) expect(passAlpha).toBeCloseTo(0.023175, 6)
    for (const { passAlpha } of looksOf([8, 12, 16, 24])) expect(passAlpha).toBeCloseTo(0.020517, 6)
  })

  test('pass together no more than one in twenty of the runs that are worse by just a margin', () => {
    const noise = gaussian('margin')
    const looks = looksOf([8, 12, 16, 24])
    const runs = 2000
    const passed = Array.from({ length: runs }, () => {
      const values = Array.from({ length: 24 }, () => noise())
      return looks.some(({ rounds, passAlpha }) => locate(values.slice(0, rounds)).upper(passAlpha) < 0)
    }).filter(Boolean).length
    // What a chance of one in twenty comes to in 999 of 1,000 such tests at most; were the levels not lowered, a tenth would pass.
    expect(passed).toBeLessThanOrEqual(0.05 * runs + 3.1 * Math.sqrt(0.05 * 0.95 * runs))
  })

  test('are one with all of both errors where a run may not end early', () => {
    expect(looksOf([12])).toEqual([{ rounds: 12, failAlpha: 0.01, passAlpha: 0.05 }])
  })
})

describe('a gate', () => {
  test.each([
    [1, 7],
    [5, 10],
    [12, 11],
    [20, 12],
  ])('of %i tests can fail from %i rounds on', (tests, rounds) => {
    expect(canFail([rounds], tests)).toBe(true)
    expect(canFail([rounds - 1], tests)).toBe(false)
  })

  test('has less to fail with where earlier looks have spent some of it', () => {
    expect(canFail([12], 20)).toBe(true)
    expect(canFail([9, 10, 12], 20)).toBe(false)
  })

  test('of no rounds cannot fail', () => {
    expect(canFail([], 1)).toBe(false)
  })
})
