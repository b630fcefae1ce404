import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createRng, type Rng } from '../../../../harness/kernel/rng.ts'
import {
  type ArrivalOptions,
  countUntil,
  createArrivals,
  createPacer,
} from '../../../../harness/plan/pacer/arrivals.ts'
import { areaUntil, timeOfArea } from '../../../../harness/plan/pacer/curve.ts'
import type { Curve } from '../../../../harness/workload/model.ts'

const second = 1e9
const alone = { index: 0, count: 1 }
const flat = (from: number): Curve => ({ from, stages: [] })
const stage = (seconds: number, to: number) => ({ durationNs: seconds * second, to })
const tide: Curve = {
  from: 0,
  stages: [stage(2, 300), stage(1, 300), stage(0, 20), stage(2, 0), stage(1, 0), stage(1, 50)],
}

const level = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 1, max: 2000 }),
  fc.double({ min: 0.1, max: 500, noNaN: true }),
)
const durationNs = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 3 * second }))
const curves = fc.record({ from: level, stages: fc.array(fc.record({ durationNs, to: level }), { maxLength: 4 }) })

function take(count: number, options: Partial<ArrivalOptions>): number[] {
  const rng = createRng(7)
  const arrivals = createArrivals({ perSecond: flat(1000), arrival: 'constant', rng, shard: alone, ...options })
  return Array.from({ length: count }, () => arrivals.next())
}

/** Until a time, which all schedules here go beyond or end before. */
function until(limitNs: number, options: Partial<ArrivalOptions>): number[] {
  const rng = createRng(7)
  const arrivals = createArrivals({ perSecond: flat(1000), arrival: 'constant', rng, shard: alone, ...options })
  const found: number[] = []
  for (let dueNs = arrivals.next(); dueNs < limitNs; dueNs = arrivals.next()) found.push(dueNs)
  return found
}

/** A generator that gives one number for ever. */
function always(value: number): Rng {
  return { next: () => value, fork: () => always(value) }
}

describe('evenly spaced arrivals', () => {
  test('begin at once and come at equal distances', () => {
    expect(take(4, { perSecond: flat(500) })).toEqual([0, 2e6, 4e6, 6e6])
    expect(take(3, { perSecond: flat(1 / 60) })).toEqual([0, 60 * second, 120 * second])
  })

  test('are as many as the area under the curve', () => {
    const times = until(10 * second, { perSecond: tide })
    expect(times.filter((ns) => ns < 2 * second)).toHaveLength(300)
    expect(times.filter((ns) => ns < 3 * second)).toHaveLength(600)
    expect(times.filter((ns) => ns < 5 * second)).toHaveLength(620)
    expect(times.filter((ns) => ns < 6 * second)).toHaveLength(620)
    expect(times.filter((ns) => ns < 7 * second)).toHaveLength(645)
  })

  test('end where the rate ends', () => {
    const perSecond: Curve = { from: 10, stages: [stage(1, 10), stage(0, 0)] }
    expect(take(12, { perSecond }).slice(9)).toEqual([0.9 * second, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY])
  })
})

describe('a Poisson process of arrivals', () => {
  const perSecond = flat(1000)

  test('has exponential gaps: a Kolmogorov and Smirnov test finds no difference at 1 %', () => {
    const n = 20_000
    const times = take(n, { perSecond, arrival: 'poisson' })
    const gaps = times.map((ns, index) => (ns - (times[index - 1] ?? 0)) / 1e6).toSorted((a, b) => a - b)
    const distances = gaps.map((gap, index) => {
      const expected = 1 - Math.exp(-gap)
      return Math.max(Math.abs(expected - index / n), Math.abs((index + 1) / n - expected))
    })
    expect(Math.max(...distances)).toBeLessThan(1.628 / Math.sqrt(n))
    // And the test can fail: even gaps of the same mean are far from it.
    expect(1 - Math.exp(-1)).toBeGreaterThan(1.628 / Math.sqrt(n))
  })

  test('has gaps that say nothing of the next', () => {
    const times = take(20_000, { perSecond, arrival: 'poisson' })
    const gaps = times.slice(1).map((ns, index) => (ns - (times[index] ?? 0)) / 1e6 - 1)
    const correlation = gaps.slice(1).reduce((sum, gap, index) => sum + gap * (gaps[index] ?? 0), 0) / gaps.length
    expect(Math.abs(correlation)).toBeLessThan(2.58 / Math.sqrt(gaps.length))
  })

  test('follows the curve: by the area, ramps and pauses included, its gaps are exponential too', () => {
    const curve: Curve = { from: 0, stages: [stage(20, 900), stage(0, 100), stage(5, 0), stage(2, 0), stage(20, 700)] }
    const areas = take(20_000, { perSecond: curve, arrival: 'poisson' }).map((ns) => areaUntil(curve, ns))
    const gaps = areas.map((area, index) => area - (areas[index - 1] ?? 0)).toSorted((a, b) => a - b)
    const distances = gaps.map((gap, index) => Math.abs(1 - Math.exp(-gap) - (index + 0.5) / gaps.length))
    expect(Math.max(...distances)).toBeLessThan(1.628 / Math.sqrt(gaps.length))
    const paused = timeOfArea(curve, areaUntil(curve, 25 * second))
    expect(
      until(60 * second, { perSecond: curve, arrival: 'poisson' }).some((ns) => ns > 25 * second && ns < paused),
    ).toBe(false)
  })

  test('is the same for the same seed, and another for another', () => {
    const of = (seed: number) => take(50, { arrival: 'poisson', rng: createRng(seed) })
    expect(of(1)).toEqual(of(1))
    expect(of(1)).not.toEqual(of(2))
  })

  test('never goes back, also when two arrivals fall on one ns', () => {
    const times = take(5000, { perSecond: flat(1e9), arrival: 'poisson' })
    expect(times.every((ns, index) => ns >= (times[index - 1] ?? 0))).toBe(true)
  })

  test('ends where the rate ends', () => {
    const ended: Curve = { from: 10, stages: [stage(1, 0)] }
    expect(take(60, { perSecond: ended, arrival: 'poisson' }).at(-1)).toBe(Number.POSITIVE_INFINITY)
  })

  test('loses nothing in adding: a million gaps are a million times the gap', () => {
    const share = 0.1
    const gap = -Math.log1p(-share)
    const count = 1_000_000
    const arrivals = createArrivals({ perSecond: flat(1e-3), arrival: 'poisson', rng: always(share), shard: alone })
    let lastNs = 0
    let plain = 0
    for (let n = 0; n < count; n++) {
      lastNs = arrivals.next()
      plain += gap
    }
    // At 1e-3 per second one ns is 1e-12 of a gap: the last place of the sum is some 15 ns, and no more is lost.
    expect(Math.abs(lastNs - gap * count * 1e12)).toBeLessThanOrEqual(40)
    // A plain sum is off by far more.
    expect(Math.abs(plain - gap * count) * 1e12).toBeGreaterThan(1000)
  })
})

describe('parts of a schedule', () => {
  test.each(['constant', 'poisson'] as const)('give together exactly what one gives: %s', (arrival) => {
    const whole = until(8 * second, { perSecond: tide, arrival })
    expect(whole.length).toBeGreaterThan(500)
    for (let count = 1; count <= 9; count++) {
      const parts = Array.from({ length: count }, (_, index) =>
        until(8 * second, { perSecond: tide, arrival, shard: { index, count } }),
      )
      const dealt = whole.map((_, n) => parts[n % count]?.[Math.floor(n / count)])
      expect(dealt).toEqual(whole)
      expect(parts.flat()).toHaveLength(whole.length)
    }
  })

  test.each(['constant', 'poisson'] as const)('do so on any curve: %s', (arrival) => {
    fc.assert(
      fc.property(
        curves,
        fc.integer({ min: 1, max: 7 }),
        fc.integer({ min: 0, max: 1000 }),
        (perSecond, count, seed) => {
          const of = (shard: ArrivalOptions['shard']) => take(30, { perSecond, arrival, shard, rng: createRng(seed) })
          const whole = of(alone)
          const parts = Array.from({ length: count }, (_, index) => of({ index, count }))
          expect(whole.map((_, n) => parts[n % count]?.[Math.floor(n / count)])).toEqual(whole)
        },
      ),
      { numRuns: 50 },
    )
  })
})

describe('the count of a schedule', () => {
  test('is the closed form on a ramp', () => {
    const ramp: Curve = { from: 0, stages: [stage(10, 100)] }
    for (const seconds of [1, 2.5, 3.3, 10]) {
      expect(countUntil(ramp, seconds * second, alone)).toBe(Math.ceil(5 * seconds ** 2 - 1e-9))
    }
    expect(countUntil(flat(5000), 30 * second, alone)).toBe(150_000)
    expect(countUntil(flat(5000), 0, alone)).toBe(0)
    expect(countUntil(flat(5000), 1, alone)).toBe(1)
  })

  test('is exactly how many arrivals come before a time, for every part', () => {
    fc.assert(
      fc.property(
        curves,
        fc.integer({ min: 0, max: 5 * second }),
        fc.integer({ min: 1, max: 5 }),
        (perSecond, limitNs, count) => {
          fc.pre(areaUntil(perSecond, limitNs) < 5000)
          for (let index = 0; index < count; index++) {
            const shard = { index, count }
            expect(countUntil(perSecond, limitNs, shard)).toBe(until(limitNs, { perSecond, shard }).length)
          }
        },
      ),
      { numRuns: 50 },
    )
  })

  test('is exact at a time that an arrival falls on', () => {
    for (const n of [1, 17, 299, 599, 640]) {
      const dueNs = timeOfArea(tide, n)
      expect([countUntil(tide, dueNs, alone), countUntil(tide, dueNs + 1, alone)]).toEqual([n, n + 1])
    }
  })
})

describe('a pacer', () => {
  const pacer = createPacer(flat(100), alone)

  test.each([
    ['the first is due at once', 0, 0, 0],
    ['the next waits its distance', 0, 1, 10e6],
    ['what has passed is waited no more', 7e6, 1, 3e6],
    ['who is late does not wait', 50e6, 1, 0],
    ['being late once does not move what follows', 50e6, 6, 10e6],
    ['the schedule holds after 10^9', 1e7 * second, 1e9 + 1, 10e6],
  ])('%s', (_, elapsedNs, issued, waitNs) => {
    expect(pacer(elapsedNs, issued)).toBe(waitNs)
  })

  test('waits for ever when nothing comes any more', () => {
    expect(createPacer({ from: 1, stages: [stage(1, 0)] }, alone)(0, 1)).toBe(Number.POSITIVE_INFINITY)
  })

  test('gives the times of the schedule, part by part', () => {
    const shard = { index: 2, count: 3 }
    const waits = Array.from({ length: 50 }, (_, issued) => createPacer(tide, shard)(0, issued))
    expect(waits).toEqual(take(50, { perSecond: tide, shard }))
  })
})
