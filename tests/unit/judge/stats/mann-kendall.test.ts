import { describe, expect, test } from 'vitest'
import { autocorrelation, correctedMannKendall, mannKendall } from '../../../../harness/judge/stats/mann-kendall.ts'
import { createRng, type Rng } from '../../../../harness/kernel/rng.ts'
import { golden, relativeError } from '../../../support/golden.ts'

interface Vector {
  readonly values: readonly number[]
  readonly z: number
  readonly p: number
  readonly correctedZ: number
}
const { kendall } = golden('theil-sen') as { readonly kendall: readonly Vector[] }

/** What has much in common with the value before, and no trend. */
function wandering(rng: Rng, keep: number, count = 60): number[] {
  let value = 0
  return Array.from({ length: count }, () => (value = keep * value + rng.next() - 0.5))
}

function falseAlarms(test: typeof mannKendall, keep: number): number {
  const rng = createRng(`kendall ${keep}`)
  const runs = Array.from({ length: 1000 }, () => test(wandering(rng, keep)).p < 0.01)
  return runs.filter(Boolean).length / runs.length
}

describe('the test of Mann and Kendall', () => {
  test('has the z and p of its formula, ties included', () => {
    for (const { values, z, p } of kendall) {
      expect(relativeError(mannKendall(values).z, z)).toBeLessThan(1e-13)
      expect(relativeError(mannKendall(values).p, p)).toBeLessThan(1e-12)
    }
  })

  test('has the z of Hamed and Rao', () => {
    expect(kendall.filter(({ z, correctedZ }) => correctedZ !== z).length).toBeGreaterThan(3)
    for (const { values, correctedZ } of kendall)
      expect(relativeError(correctedMannKendall(values).z, correctedZ)).toBeLessThan(1e-9)
  })

  test('says nothing of values that are all the same, or of none', () => {
    expect(mannKendall([3, 3, 3, 3])).toEqual({ z: 0, p: 0.5 })
    expect(correctedMannKendall([])).toEqual({ z: 0, p: 0.5 })
    expect(correctedMannKendall([1, 2])).toEqual(mannKendall([1, 2]))
  })

  test('calls values that go with those before them rising far too often, and corrected still too often', () => {
    expect(falseAlarms(mannKendall, 0)).toBeLessThan(0.02)
    const [naive, corrected] = [falseAlarms(mannKendall, 0.8), falseAlarms(correctedMannKendall, 0.8)]
    expect(naive).toBeGreaterThan(0.15)
    expect(corrected).toBeLessThan(naive)
    // Why nothing rests on it.
    expect(corrected).toBeGreaterThan(0.05)
  })
})

test('an autocorrelation is 1 of a value with itself, -1 of what alternates, and 0 of what stands still', () => {
  const alternating = Array.from({ length: 1000 }, (_, index) => (index % 2 === 0 ? 1 : -1))
  expect(autocorrelation(alternating, 0)).toBe(1)
  expect(autocorrelation(alternating, 1)).toBeCloseTo(-1, 2)
  expect(autocorrelation([4, 4, 4], 1)).toBe(0)
})
