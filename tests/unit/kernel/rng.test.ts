import { describe, expect, test } from 'vitest'
import { createRng, type Rng, shuffled } from '../../../harness/kernel/rng.ts'

const draws = (rng: Rng, count = 20): number[] => Array.from({ length: count }, () => rng.next())

describe('a generator', () => {
  test('gives the same numbers for the same seed, and others for another', () => {
    expect(draws(createRng(1))).toEqual(draws(createRng(1)))
    expect(draws(createRng(1))).not.toEqual(draws(createRng(2)))
    expect(draws(createRng(1))).not.toEqual(draws(createRng('1')))
  })

  test('forks by name, whatever was drawn before', () => {
    const fresh = createRng(7)
    const used = createRng(7)
    draws(used)
    used.fork('other').next()
    expect(draws(used.fork('arm', 3))).toEqual(draws(fresh.fork('arm', 3)))
  })

  test('gives other numbers to other names, also where they read the same when joined', () => {
    const seed = createRng(7)
    const forks = [
      seed,
      seed.fork('a', 'b'),
      seed.fork('ab'),
      seed.fork('a').fork('b'),
      seed.fork('a', 1),
      seed.fork('a', '1'),
    ]
    expect(new Set(forks.map((rng) => rng.next())).size).toBe(forks.length)
  })

  test('is uniform in [0, 1)', () => {
    const values = draws(createRng('uniform'), 20_000)
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...values)).toBeLessThan(1)
    const tenths = Array.from(
      { length: 10 },
      (_, tenth) => values.filter((value) => Math.floor(value * 10) === tenth).length,
    )
    // 2000 expected, with a standard deviation of 42.
    for (const count of tenths) expect(Math.abs(count - 2000)).toBeLessThan(210)
  })
})

describe('a shuffle', () => {
  test('keeps every item, leaves its argument alone, and is the same for the same seed', () => {
    const items = [1, 2, 3, 4, 5, 6, 7, 8]
    const order = shuffled(items, createRng(3))
    expect(items).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    expect(order.toSorted((a, b) => a - b)).toEqual(items)
    expect(shuffled(items, createRng(3))).toEqual(order)
  })

  test('puts every item first equally often', () => {
    const rng = createRng('first')
    const firsts = Array.from({ length: 3000 }, () => shuffled(['a', 'b', 'c'], rng)[0])
    for (const item of ['a', 'b', 'c'])
      expect(Math.abs(firsts.filter((first) => first === item).length - 1000)).toBeLessThan(130)
  })
})
