import { describe, expect, test } from 'vitest'
import { nextLoops } from '../../../../harness/judge/capacity/loops.ts'

/** All numbers of loops that are measured where throughput follows a law. */
function ladder(law: (loops: number) => number): number[] {
  const points: { loops: number; perSecond: number }[] = []
  for (let loops = nextLoops(points); loops !== null; loops = nextLoops(points))
    points.push({ loops, perSecond: law(loops) })
  return points.map(({ loops }) => loops)
}

describe('the ladder of closed loops', () => {
  test('has six rungs where one loop alone does all there is to do', () => {
    expect(ladder(() => 300)).toEqual([1, 2, 4, 8, 16, 32])
  })

  test('goes on for two rungs after the last that got more done', () => {
    expect(ladder((loops) => Math.min(loops, 50))).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256])
    expect(ladder((loops) => Math.min(loops, 30))).toEqual([1, 2, 4, 8, 16, 32, 64, 128])
  })

  test('ends at 256 loops, whatever more would do', () => {
    expect(ladder((loops) => loops).at(-1)).toBe(256)
  })
})
