import { describe, expect, it } from 'vitest'
import { latency, type LatencySettings } from '../../../harness/faults/latency.ts'
import { createRng } from '../../../harness/kernel/rng.ts'
import { emptyTally } from '../../../harness/measure/tally.ts'
import { baselineOf } from '../../support/facts.ts'

const context = (operations: number) => ({ direction: 'downlink' as const, baseline: baselineOf({}), operations })

function draws(settings: LatencySettings, count: number, seed = 1) {
  const tally = emptyTally()
  const stage = latency.stage(settings, createRng(seed), tally)
  const delaysNs = Array.from({ length: count }, (_, index) => stage.release(index * 1e9, 100) - index * 1e9)
  return { delaysNs, tally }
}

describe('latency settings', () => {
  it.each([
    [{ delay: '40ms' }, { delayNs: 40e6, jitterNs: 0 }],
    [
      { delay: '40ms', jitter: '5ms' },
      { delayNs: 40e6, jitterNs: 5e6 },
    ],
    [{ delay: '0.5ms' }, { delayNs: 500_000, jitterNs: 0 }],
  ])('%j are plain nanoseconds', (raw, settings) => {
    expect(latency.parse(raw)).toEqual(settings)
  })

  it.each([
    [{ delay: '0ms' }, false],
    [{ delay: '0ms', jitter: '1ms' }, true],
    [{ delay: '1ms' }, true],
  ])('%j act: %s', (raw, active) => {
    expect(latency.active(latency.parse(raw))).toBe(active)
  })
})

describe('a latency', () => {
  it('without jitter is the same for every chunk', () => {
    expect(new Set(draws({ delayNs: 40e6, jitterNs: 0 }, 50).delaysNs)).toEqual(new Set([40e6]))
  })

  it('with jitter is uniform around its delay', () => {
    const { delaysNs } = draws({ delayNs: 40e6, jitterNs: 5e6 }, 20_000)
    const tenths = Array.from({ length: 10 }, () => 0)
    for (const ns of delaysNs) tenths[Math.floor((ns - 35e6) / 1e6)]!++
    // Chi-squared with 9 degrees of freedom: 27.9 is its 99.9th percentile.
    expect(tenths.reduce((sum, count) => sum + (count - 2000) ** 2 / 2000, 0)).toBeLessThan(27.9)
    expect(Math.min(...delaysNs)).toBeGreaterThanOrEqual(35e6)
    expect(Math.max(...delaysNs)).toBeLessThanOrEqual(45e6)
  })

  it('is never below 0, and fires only where it delays', () => {
    const { delaysNs, tally } = draws({ delayNs: 1e6, jitterNs: 4e6 }, 10_000)
    expect(Math.min(...delaysNs)).toBe(0)
    expect(tally.eligible).toBe(10_000)
    expect(tally.fired).toBe(delaysNs.filter((ns) => ns > 0).length)
    expect(tally.bytes).toBe(tally.fired * 100)
    expect(tally.fired / tally.eligible).toBeCloseTo(
      latency.expect({ delayNs: 1e6, jitterNs: 4e6 }, context(1)).firedShare,
      1,
    )
  })

  it('is the same again from the same seed, and another from another', () => {
    const jittered = { delayNs: 40e6, jitterNs: 5e6 }
    expect(draws(jittered, 20, 7)).toEqual(draws(jittered, 20, 7))
    expect(draws(jittered, 20, 7)).not.toEqual(draws(jittered, 20, 8))
  })
})

describe('what a latency should do', () => {
  it('is exactly its delay without jitter', () => {
    expect(latency.expect({ delayNs: 40e6, jitterNs: 0 }, context(100))).toEqual({
      delayMs: { lo: 40, hi: 40 },
      firedShare: 1,
      errorShare: 0,
      errorClass: null,
    })
  })

  it('allows a median of few draws to stray, and one of many hardly', () => {
    const few = latency.expect({ delayNs: 40e6, jitterNs: 5e6 }, context(16)).delayMs
    const many = latency.expect({ delayNs: 40e6, jitterNs: 5e6 }, context(160_000)).delayMs
    expect(few.lo).toBeCloseTo(40 - 4.875, 9)
    expect(many.hi - many.lo).toBeLessThan(0.1)
  })

  it('holds the median of its own draws', () => {
    for (let seed = 0; seed < 200; seed++) {
      const { delaysNs } = draws({ delayNs: 40e6, jitterNs: 5e6 }, 101, seed)
      const medianMs = delaysNs.toSorted((a, b) => a - b)[50]! / 1e6
      const { lo, hi } = latency.expect({ delayNs: 40e6, jitterNs: 5e6 }, context(101)).delayMs
      expect(medianMs).toBeGreaterThan(lo)
      expect(medianMs).toBeLessThan(hi)
    }
  })
})
