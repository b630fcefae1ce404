import { describe, expect, it } from 'vitest'
import { createRng } from '../../../../harness/kernel/rng.ts'
import { RecentPercentile } from '../../../../harness/resilience/hedge/recent-percentile.ts'

const ms = 1e6

describe('a percentile of what was recorded last', () => {
  it('is not told before a hundred are known', () => {
    const recent = new RecentPercentile(95)
    for (let count = 0; count < 99; count++) recent.record(10 * ms)
    expect(recent.valueNs).toBeNull()
    recent.record(10 * ms)
    expect(recent.valueNs).toBeGreaterThanOrEqual(10 * ms)
  })

  it.each([50, 90, 95, 99])('is the p%i by nearest rank, up to a sixteenth too high and never too low', (percent) => {
    const rng = createRng(percent)
    const recent = new RecentPercentile(percent)
    // Over five decades, so that many buckets are used.
    const samples = Array.from({ length: 512 }, () => Math.round(10 ** (4 + 5 * rng.next())))
    for (const sample of samples) recent.record(sample)
    const exact = samples.toSorted((a, b) => a - b)[Math.ceil((percent / 100) * 512) - 1]!
    expect(recent.valueNs).toBeGreaterThanOrEqual(exact * 0.999_999)
    expect(recent.valueNs).toBeLessThanOrEqual(exact * (1 + 1 / 16) + 1)
  })

  it('forgets what is older than the last 512', () => {
    const recent = new RecentPercentile(50)
    for (let count = 0; count < 600; count++) recent.record(100 * ms)
    for (let count = 0; count < 528; count++) recent.record(1 * ms)
    expect(recent.valueNs).toBeLessThan(1.1 * ms)
  })

  it.each([0, 1, 500, 2 ** 52, 1e18])('takes %d ns', (durationNs) => {
    const recent = new RecentPercentile(50)
    for (let count = 0; count < 100; count++) recent.record(durationNs)
    expect(recent.valueNs).toBeGreaterThan(0)
  })
})
