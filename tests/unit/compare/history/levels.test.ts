import { describe, expect, test } from 'vitest'
import { levelsOf } from '../../../../harness/compare/history/levels.ts'
import { createRng } from '../../../../harness/kernel/rng.ts'

/** Nearly normal noise of a deviation of 1 around these levels. */
const around = (seed: string, ...levels: readonly (readonly [count: number, level: number])[]): number[] => {
  const rng = createRng(seed)
  const noise = (): number => Array.from({ length: 12 }, () => rng.next() - 0.5).reduce((sum, one) => sum + one, 0)
  return levels.flatMap(([count, level]) => Array.from({ length: count }, () => level + noise()))
}

const placesOf = (values: readonly number[]) => levelsOf(values).changes.map(({ index }) => index)

describe('levels', () => {
  test('change where the values do for good', () => {
    const { changes, excursions } = levelsOf(around('step', [30, 100], [20, 106]))
    expect(changes).toMatchObject([{ index: 30, results: 20 }])
    expect(changes[0]?.before).toBeCloseTo(100, 0)
    expect(changes[0]?.after).toBeCloseTo(106, 0)
    expect(excursions).toEqual([])
  })

  test('do not change by a time away from them; the level is told without it', () => {
    const values = around('away', [30, 100], [8, 110], [25, 100])
    const { changes, excursions } = levelsOf(values)
    expect(changes).toEqual([])
    expect(excursions).toEqual([{ from: 30, to: 37 }])
  })

  test('take a time away for a change until three values have come back', () => {
    expect(placesOf(around('back', [30, 100], [8, 120], [2, 100]))).toContain(30)
    expect(placesOf(around('back', [30, 100], [8, 120], [3, 100]))).toEqual([])
  })

  test('change for good where the time away is longer than the time before', () => {
    expect(placesOf(around('longer', [10, 100], [20, 110], [20, 100]))).toEqual([10, 30])
  })

  test('do not change by one value out of all proportion, which is told', () => {
    const values = around('lonely', [40, 100])
    values[17] = 160
    expect(levelsOf(values)).toEqual({ changes: [], excursions: [{ from: 17, to: 17 }] })
  })

  test('change at the same places of all values when outliers are taken out before', () => {
    const values = around('both', [30, 100], [20, 110])
    values[7] = 300
    const { changes, excursions } = levelsOf(values)
    expect(excursions).toEqual([{ from: 7, to: 7 }])
    expect(changes.map(({ index }) => index)).toEqual([30])
  })

  test('do not change from what a series began with, before that was seen three times', () => {
    const values = around('beginning', [2, 130], [30, 100])
    expect(levelsOf(values)).toEqual({ changes: [], excursions: [{ from: 0, to: 1 }] })
    expect(placesOf(around('beginning', [3, 130], [30, 100]))).toEqual([3])
  })

  test('are confirmed by the values that are nearer to the new one', () => {
    const values = around('confirmed', [40, 100], [4, 106])
    values[42] = 101
    expect(levelsOf(values).changes).toMatchObject([{ index: 40, results: 4, confirmed: 3 }])
  })

  test('have a chance that counts the places at which a change was looked for', () => {
    const [change] = levelsOf(around('chance', [30, 100], [20, 102])).changes
    expect(change?.chosenP).toBeCloseTo(49 * (change?.p ?? 0), 12)
  })

  test.each([[[]], [[1]], [[1, 2]], [[1, 1, 1, 1, 1, 1, 1, 1, 1, 1]]])('of %j do not change', (values) => {
    expect(levelsOf(values)).toEqual({ changes: [], excursions: [] })
  })
})
