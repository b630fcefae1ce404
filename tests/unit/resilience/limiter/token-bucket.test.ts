import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TokenBucket } from '../../../../harness/resilience/limiter/token-bucket.ts'

const ms = 1e6

describe('a token bucket', () => {
  it('lets a burst pass at once, and then one after the other', () => {
    const bucket = new TokenBucket(100, 3)
    for (let call = 0; call < 3; call++) {
      expect(bucket.waitNs(0, 0)).toBe(0)
      bucket.pass(0)
    }
    expect(bucket.waitNs(0, 0)).toBe(10 * ms)
    expect(bucket.waitNs(0, 4 * ms)).toBe(6 * ms)
    expect(bucket.waitNs(0, 10 * ms)).toBe(0)
  })

  it('that is full lets pass at any moment, also between two ns', () => {
    for (const nowNs of [0.3, 1e9 + 0.5, 1e13 + 0.25]) expect(new TokenBucket(1, 1).waitNs(0, nowNs)).toBe(0)
  })

  it('that is hardly ever filled up lets its burst pass, and then nobody for years', () => {
    const bucket = new TokenBucket(1e-310, 2)
    bucket.pass(1e9)
    expect(bucket.waitNs(0, 1e9)).toBe(0)
    bucket.pass(1e9)
    expect(bucket.waitNs(0, 1e9)).toBeGreaterThan(366 * 86_400e9)
    expect(bucket.waitNs(3, 1e9)).toBeLessThan(Number.POSITIVE_INFINITY)
  })

  it('gives those who wait one turn each, and not the same to all (P33)', () => {
    const bucket = new TokenBucket(100, 1)
    bucket.pass(0)
    expect([0, 1, 2, 3].map((ahead) => bucket.waitNs(ahead, 0))).toEqual([10, 20, 30, 40].map((wait) => wait * ms))
  })

  it('saves up no more than a burst', () => {
    const bucket = new TokenBucket(100, 2)
    bucket.pass(0)
    for (const wait of [0, 0, 10 * ms]) {
      expect(bucket.waitNs(0, 1e12)).toBe(wait)
      bucket.pass(1e12)
    }
  })

  it('keeps what is missing when its rate changes', () => {
    const bucket = new TokenBucket(100, 10)
    for (let call = 0; call < 10; call++) bucket.pass(0)
    bucket.change(10, 10, 0)
    expect(bucket.waitNs(0, 0)).toBe(100 * ms)
    bucket.change(1000, 10, 0)
    expect(bucket.waitNs(0, 0)).toBe(ms)
  })

  it('lets no more than burst + rate·T pass in any window of length T', () => {
    const gap = fc.integer({ min: 0, max: 30 * ms })
    fc.assert(
      fc.property(
        fc.array(gap, { size: 'max', maxLength: 150 }),
        fc.double({ min: 0.5, max: 5000, noNaN: true }),
        fc.integer({ min: 1, max: 10 }),
        fc.integer({ min: 0, max: 1e15 }),
        (gaps, rate, burst, startNs) => {
          const bucket = new TokenBucket(rate, burst)
          const passed: number[] = []
          let nowNs = startNs
          for (const gapNs of gaps) {
            nowNs += gapNs
            // As eager as may be: also exactly at the next turn.
            const waitNs = bucket.waitNs(0, nowNs)
            if (waitNs > 20 * ms) continue
            nowNs += waitNs
            expect(bucket.waitNs(0, nowNs)).toBe(0)
            bucket.pass(nowNs)
            passed.push(nowNs)
          }
          // A window is as long as rounding to whole ns, and to what a double holds at this time, lets it be.
          const most = (from: number, to: number): number => burst + rate * ((to - from) / 1e9 + 2e-9) + 1e-6
          const windows = passed.flatMap((from, first) =>
            passed.slice(first).map((to, rest) => [from, to, rest + 1] as const),
          )
          expect(windows.filter(([from, to, count]) => count > most(from, to))).toEqual([])
        },
      ),
      { numRuns: 100, seed: 1 },
    )
  })
})
