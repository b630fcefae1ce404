import { describe, expect, it } from 'vitest'
import { createRng } from '../../../../harness/kernel/rng.ts'
import { weightedPick } from '../../../../harness/load/scenario/steps.ts'

describe('a weighted pick', () => {
  it('draws each index as often as its weight says', () => {
    const items = [{ weight: 1 }, { weight: 0 }, { weight: 3 }, { weight: 6 }]
    const pick = weightedPick(items)
    const rng = createRng(3)
    const counts = [0, 0, 0, 0]
    for (let i = 0; i < 20_000; i++) counts[items.indexOf(pick(rng))]!++
    expect(counts[1]).toBe(0)
    // Four standard errors of 20,000 draws.
    expect(Math.abs(counts[0]! - 2000)).toBeLessThan(170)
    expect(Math.abs(counts[2]! - 6000)).toBeLessThan(260)
    expect(Math.abs(counts[3]! - 12_000)).toBeLessThan(280)
  })

  it.each([
    [0, 0],
    [0.249, 0],
    [0.25, 1],
    [0.999_999, 1],
  ])('at %f of the weights 1 and 3 is %i', (next, index) => {
    const rng = { next: () => next, fork: () => rng }
    const items = [{ weight: 1 }, { weight: 3 }]
    expect(weightedPick(items)(rng)).toBe(items[index])
  })

  it('is the same again from the same seed', () => {
    const draws = () => {
      const rng = createRng(9)
      const pick = weightedPick([{ weight: 1 }, { weight: 1.5 }])
      return Array.from({ length: 50 }, () => pick(rng))
    }
    expect(draws()).toEqual(draws())
  })
})
