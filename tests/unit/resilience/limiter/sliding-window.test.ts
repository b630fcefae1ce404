import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SlidingWindow } from '../../../../harness/resilience/limiter/sliding-window.ts'

const ms = 1e6

describe('a sliding window', () => {
  it('lets the next one pass when the first has left it', () => {
    const window = new SlidingWindow(2, 100 * ms)
    window.pass(0)
    window.pass(30 * ms)
    expect(window.waitNs(0, 40 * ms)).toBe(60 * ms)
    expect(window.waitNs(0, 100 * ms - 1)).toBe(1)
    expect(window.waitNs(0, 100 * ms)).toBe(0)
  })

  it('gives those who wait one turn each (P33)', () => {
    const window = new SlidingWindow(2, 100 * ms)
    window.pass(0)
    window.pass(30 * ms)
    expect([0, 1, 2, 3, 4].map((ahead) => window.waitNs(ahead, 40 * ms))).toEqual(
      [60, 90, 160, 190, 260].map((wait) => wait * ms),
    )
  })

  it('lets no more than its limit pass in any window, wherever that begins', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 40 * ms }), { size: 'max', maxLength: 150 }),
        fc.integer({ min: 1, max: 9 }),
        (gaps, limit) => {
          const windowNs = 50 * ms
          const window = new SlidingWindow(limit, windowNs)
          const passed: number[] = []
          let nowNs = 0
          for (const gapNs of gaps) {
            nowNs += gapNs
            const waitNs = window.waitNs(0, nowNs)
            if (waitNs > 20 * ms) continue
            nowNs += waitNs
            window.pass(nowNs)
            passed.push(nowNs)
          }
          for (const from of passed) {
            const inside = passed.filter((at) => at >= from && at < from + windowNs)
            expect(inside.length).toBeLessThanOrEqual(limit)
          }
        },
      ),
      { numRuns: 100, seed: 1 },
    )
  })
})
