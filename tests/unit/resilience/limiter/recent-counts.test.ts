import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RecentCounts } from '../../../../harness/resilience/limiter/recent-counts.ts'

describe('recent counts', () => {
  it('forget what is older than the window, also after a long time without any', () => {
    const recent = new RecentCounts(60)
    recent.add(1, 0, 0)
    recent.add(2, 1, 30)
    expect(recent.at(59)).toEqual([3, 1])
    expect(recent.at(60)).toEqual([2, 1])
    expect(recent.at(90)).toEqual([0, 0])
    recent.add(5, 5, 1e6)
    expect(recent.at(1e9)).toEqual([0, 0])
  })

  it('are those of the last window, bucket by bucket', () => {
    const event = fc.record({ gap: fc.integer({ min: 0, max: 40 }), first: fc.nat(3), second: fc.nat(3) })
    fc.assert(
      fc.property(fc.array(event, { size: 'max', maxLength: 100 }), (events) => {
        const recent = new RecentCounts(60)
        let now = 0
        const all = events.map(({ gap, first, second }) => {
          now += gap
          recent.add(first, second, now)
          return { at: now, first, second }
        })
        const inside = all.filter(({ at }) => at > now - 60)
        const sum = (of: 'first' | 'second') => inside.reduce((total, one) => total + one[of], 0)
        expect(recent.at(now)).toEqual([sum('first'), sum('second')])
      }),
      { numRuns: 200, seed: 1 },
    )
  })
})
