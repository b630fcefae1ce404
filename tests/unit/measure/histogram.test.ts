import { describe, expect, it } from 'vitest'
import { createHistogram, decodeHistogram, type LatencyHistogram } from '../../../harness/measure/histogram.ts'

const hourUs = 3_600_000_000

function histogramOf(...valuesUs: readonly number[]): LatencyHistogram {
  const histogram = createHistogram()
  for (const value of valuesUs) histogram.record(value)
  return histogram
}

describe('a histogram', () => {
  it('keeps three significant digits', () => {
    const histogram = histogramOf(123_456_789)
    expect(histogram.summary().p50! / 123_456.789).toBeCloseTo(1, 3)
  })

  it('tells values of a microsecond apart below a few milliseconds', () => {
    const histogram = histogramOf(1, 2, 3, 1001, 1002)
    expect(histogram.percentileMs(50)).toBe(0.003)
    expect(histogram.percentileMs(100)).toBe(1.002)
  })

  it('gives the percentiles of known values (P32)', () => {
    const histogram = histogramOf(...Array.from({ length: 1000 }, (_, index) => index + 1))
    expect(histogram.summary()).toMatchObject({
      count: 1000,
      min: 0.001,
      p50: 0.5,
      p90: 0.9,
      p95: 0.95,
      p99: 0.99,
      p999: 0.999,
      max: 1,
    })
    expect(histogram.summary().mean).toBeCloseTo(0.5005, 4)
  })

  it('counts the values above a limit', () => {
    const histogram = histogramOf(...Array.from({ length: 1000 }, (_, index) => index + 1))
    const above = [0, 0.001, 0.5, 0.9995, 1, 2].map((limitMs) => histogram.countAbove(limitMs))
    expect(above).toEqual([1000, 999, 500, 1, 0, 0])
    expect(histogramOf().countAbove(0)).toBe(0)
    expect(histogramOf(5000, 200_000, 200_000).countAbove(150)).toBe(2)
  })

  it('never reports a percentile above its largest value', () => {
    const histogram = histogramOf(1_234_567)
    const { p999, max } = histogram.summary()
    expect(p999).toBeLessThanOrEqual(max!)
  })

  it('rounds fractions and counts negatives as 0', () => {
    expect(histogramOf(1.6).percentileMs(50)).toBe(0.002)
    expect(histogramOf(-5).percentileMs(50)).toBe(0)
  })

  it('clamps what is longer than an hour', () => {
    const histogram = histogramOf(hourUs, hourUs + 1, Number.POSITIVE_INFINITY)
    expect(histogram.count).toBe(3)
    expect(histogram.summary().max! * 1000).toBeGreaterThanOrEqual(hourUs)
  })

  it('keeps values above 2^32 nanoseconds and microseconds of many minutes apart', () => {
    const histogram = histogramOf(5_000_000, 600_000_000)
    expect(histogram.percentileMs(50)! / 5000).toBeCloseTo(1, 3)
    expect(histogram.percentileMs(100)! / 600_000).toBeCloseTo(1, 3)
  })

  it('says null, not 0, of nothing', () => {
    const { count, ...values } = createHistogram().summary()
    expect(count).toBe(0)
    expect(new Set(Object.values(values))).toEqual(new Set([null]))
    expect(createHistogram().percentileMs(99)).toBeNull()
  })

  it('is empty again after a reset', () => {
    const histogram = histogramOf(5, hourUs * 2)
    histogram.reset()
    expect(histogram.count).toBe(0)
    expect(histogram.summary().max).toBeNull()
  })
})

describe('an encoded histogram', () => {
  it('decodes to the same summary, but for a maximum that is then as coarse as the rest', () => {
    const histogram = histogramOf(0, 1, 250, 41_000, 41_900, 7_000_000, 7_000_100)
    const { max, p90, p95, p99, p999, ...exact } = histogram.summary()
    const decoded = decodeHistogram(histogram.encode()).summary()
    expect(decoded).toMatchObject(exact)
    for (const [before, after] of [
      [max, decoded.max],
      [p90, decoded.p90],
      [p95, decoded.p95],
      [p99, decoded.p99],
      [p999, decoded.p999],
    ]) {
      expect(Math.abs(after! / before! - 1)).toBeLessThan(1e-3)
    }
  })

  it('decodes to a summary that further trips do not change', () => {
    const once = decodeHistogram(histogramOf(1, 41_000, 7_000_001, hourUs).encode())
    const sum = createHistogram()
    sum.add(once)
    expect(sum.summary()).toEqual(once.summary())
    expect(decodeHistogram(sum.encode()).summary()).toEqual(once.summary())
  })

  it('decodes to one that encodes to the same text', () => {
    const text = histogramOf(12, 400, 400, 90_000).encode()
    expect(decodeHistogram(text).encode()).toBe(text)
  })

  it('may be empty', () => {
    expect(decodeHistogram(createHistogram().encode()).summary().p50).toBeNull()
  })

  it('goes on recording', () => {
    const decoded = decodeHistogram(histogramOf(1000).encode())
    decoded.record(3000)
    expect(decoded.summary()).toMatchObject({ count: 2, min: 1, max: 3 })
  })

  it('is refused when it is none', () => {
    expect(() => decodeHistogram('not a histogram')).toThrow(Error)
  })
})

describe('the sum of histograms', () => {
  it('equals one that recorded everything', () => {
    const a = [1, 500, 80_000]
    const b = [2, 500, 9_000_000]
    const sum = histogramOf(...a)
    sum.add(histogramOf(...b))
    expect(sum.encode()).toBe(histogramOf(...a, ...b).encode())
  })

  it('takes decoded ones, and clamped values', () => {
    const sum = createHistogram()
    sum.add(histogramOf(hourUs * 2))
    sum.add(decodeHistogram(histogramOf(10, 20).encode()))
    expect(sum.count).toBe(3)
  })

  it('is not changed by an empty one', () => {
    const histogram = histogramOf(5, 6)
    histogram.add(createHistogram())
    expect(histogram.summary()).toEqual(histogramOf(5, 6).summary())
  })

  it('refuses a foreign kind', () => {
    expect(() => createHistogram().add({} as LatencyHistogram)).toThrow(TypeError)
  })
})
