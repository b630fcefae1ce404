import { describe, expect, it } from 'vitest'
import { createRng } from '../../../../harness/kernel/rng.ts'
import { VegasLimit } from '../../../../harness/resilience/limiter/vegas-limit.ts'

const ms = 1e6

/** A limit of 20 (of which the logarithm is 1) that has seen an answer of 10 ms without load. */
function vegas(initial = 20) {
  const limit = new VegasLimit({ initial, min: 1, max: 1000 }, createRng(1))
  limit.sample(10 * ms, 1, false)
  const after = (tookMs: number, inFlight = initial, dropped = false) => {
    limit.sample(tookMs * ms, inFlight, dropped)
    return limit.limit
  }
  return { limit, after }
}

describe('a limit by vegas', () => {
  it.each([
    ['grows by 6 where nothing queues', 10.5, 26],
    ['grows by 1 where under 3 queue', 11, 21],
    ['stays where 3 to 6 queue', 12.5, 20],
    ['falls by 1 where over 6 queue', 16, 19],
  ])('%s', (_what, tookMs, expected) => {
    expect(vegas().after(tookMs)).toBe(expected)
  })

  it('falls by 1 after a drop, and does not grow while less than half of it is in use', () => {
    expect(vegas().after(11, 20, true)).toBe(19)
    expect(vegas().after(10.5, 9)).toBe(20)
  })

  it('steps by the decimal logarithm of the limit', () => {
    expect(vegas(100).after(10.1, 100)).toBe(112)
    expect(vegas(100).after(20, 100)).toBe(98)
  })

  it('measures the time without load again after 15 to 30 times the limit of samples', () => {
    const limit = new VegasLimit({ initial: 20, min: 20, max: 26 }, createRng(1))
    limit.sample(10 * ms, 1, false)
    // Twice as slow for good, which looks like a queue until it is what an answer takes.
    let samples = 1
    while (limit.limit === 20 && samples < 1000) {
      limit.sample(20 * ms, 20, false)
      samples++
    }
    expect(samples).toBeGreaterThan(300)
    expect(samples).toBeLessThanOrEqual(601)
  })

  it('goes the same way again with the same seed', () => {
    const run = () => {
      const { after } = vegas()
      return Array.from({ length: 2000 }, (_, sample) => after(10 + (sample % 7)))
    }
    expect(run()).toEqual(run())
  })
})
