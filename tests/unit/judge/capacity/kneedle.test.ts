import { describe, expect, test } from 'vitest'
import { rising } from '../../../../harness/judge/capacity/isotonic.ts'
import { kneeOf } from '../../../../harness/judge/capacity/kneedle.ts'
import { createRng } from '../../../../harness/kernel/rng.ts'

const curve = (xs: readonly number[], y: (x: number) => number) => xs.map((x) => ({ x, y: y(x) }))
const upTo = (count: number, scale = 1) => Array.from({ length: count }, (_, index) => index * scale)

describe('values made to rise', () => {
  test.for([
    { values: [1, 2, 3], made: [1, 2, 3] },
    { values: [1, 3, 2], made: [1, 2.5, 2.5] },
    { values: [3, 2, 1], made: [2, 2, 2] },
    // 4 and 1 pool to 2.5, which the 3 before it does not allow: all three are 8 / 3.
    { values: [1, 3, 4, 1, 5], made: [1, 8 / 3, 8 / 3, 8 / 3, 5] },
    { values: [], made: [] },
  ])('$values become $made', ({ values, made }) => {
    expect(rising(values)).toEqual(made)
  })

  test('are nearer to the values than others that rise', () => {
    const rng = createRng(3)
    const values = upTo(30).map((index) => index + 20 * rng.next())
    const made = rising(values)
    const distance = (other: readonly number[]): number =>
      other.reduce((sum, value, index) => sum + (value - (values[index] as number)) ** 2, 0)
    expect(made).toEqual(made.toSorted((a, b) => a - b))
    for (let trial = 0; trial < 200; trial++) {
      const other = made.map((value) => value + rng.next() - 0.5).toSorted((a, b) => a - b)
      expect(distance(other)).toBeGreaterThanOrEqual(distance(made))
    }
  })
})

describe('the knee of a curve', () => {
  test('is where the paper has it for its figure 2, whose knee is at 0.22', () => {
    expect(kneeOf(curve(upTo(10, 1 / 9), (x) => 5 - 1 / (x + 0.1)))).toBeCloseTo(0.2222, 4)
  })

  test('is where a line ends that turns flat', () => {
    // Normalised y - x is 0, .15, .3, .45, .6, then falls by .1 from point to point; the limit is .6 - .1.
    expect(kneeOf(curve(upTo(11), (x) => Math.min(x, 4)))).toBe(4)
  })

  test('is where throughput turns to fall, however deep it falls', () => {
    expect(kneeOf(curve(upTo(11), (x) => (x <= 6 ? x : 6 - (x - 6) / 2)))).toBeGreaterThanOrEqual(4)
    expect(kneeOf(curve(upTo(11), (x) => (x <= 6 ? x : 6 - (x - 6) / 2)))).toBeLessThanOrEqual(6)
  })

  test('is not moved by noise of a few percent', () => {
    const rng = createRng(5)
    for (let trial = 0; trial < 50; trial++) {
      const knee = kneeOf(curve(upTo(16, 10), (x) => Math.min(x, 90) * (1 + 0.03 * (rng.next() - 0.5))))
      expect(knee).toBeGreaterThanOrEqual(80)
      expect(knee).toBeLessThanOrEqual(100)
    }
  })

  test.for([
    { what: 'a straight line', points: curve(upTo(10), (x) => 3 * x + 1) },
    { what: 'a flat one', points: curve(upTo(10), () => 7) },
    { what: 'one that bends up', points: curve(upTo(10), (x) => x * x) },
    { what: 'one that falls', points: curve(upTo(10), (x) => -x) },
    { what: 'one of four points', points: curve(upTo(4), (x) => Math.min(x, 1)) },
    { what: 'nothing', points: [] },
  ])('is not in $what', ({ points }) => {
    expect(kneeOf(points)).toBeNull()
  })

  test('of a line that goes up again is the one that fell below the line between', () => {
    // y - x: 0, .3, .25 (not below .3 - 1/8), then up to .35 at 5 and down.
    const heights = [0, 0.3, 0.25, 0.3, 0.33, 0.35, 0.2, 0.1, 0]
    expect(kneeOf(heights.map((height, index) => ({ x: index, y: index / 8 + height })))).toBe(5)
  })
})
