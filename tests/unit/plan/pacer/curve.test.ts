import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { areaUntil, levelAt, timeOfArea } from '../../../../harness/plan/pacer/curve.ts'
import type { Curve } from '../../../../harness/workload/model.ts'

const second = 1e9
const stage = (seconds: number, to: number) => ({ durationNs: seconds * second, to })
const flat = (from: number): Curve => ({ from, stages: [] })
const ramp: Curve = { from: 0, stages: [stage(10, 100)] }
const hill: Curve = { from: 10, stages: [stage(10, 110), stage(20, 110), stage(0, 50), stage(10, 0)] }

const level = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 1, max: 20_000 }),
  fc.double({ min: 0.01, max: 5000, noNaN: true }),
)
const durationNs = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 600 * second }))
const curves = fc.record({ from: level, stages: fc.array(fc.record({ durationNs, to: level }), { maxLength: 6 }) })
const times = fc.integer({ min: 0, max: 3600 * second })

describe('the level of a curve', () => {
  test('is linear between the points, jumps where a stage takes no time, and stays after the last', () => {
    const at = (seconds: number) => levelAt(hill, seconds * second)
    expect([0, 5, 10, 29, 30, 35, 40, 99].map(at)).toEqual([10, 60, 110, 110, 50, 25, 0, 0])
  })

  test('begins where it begins, also before the time', () => {
    expect(levelAt(hill, -1)).toBe(10)
    expect(levelAt({ from: 1, stages: [stage(0, 7)] }, 0)).toBe(7)
  })

  test('lies between the lowest and the highest of its points', () => {
    fc.assert(
      fc.property(curves, times, (curve, atNs) => {
        const points = [curve.from, ...curve.stages.map(({ to }) => to)]
        const slack = 1e-12 * Math.max(...points)
        expect(levelAt(curve, atNs)).toBeGreaterThanOrEqual(Math.min(...points) - slack)
        expect(levelAt(curve, atNs)).toBeLessThanOrEqual(Math.max(...points) + slack)
      }),
    )
  })
})

describe('the area under a curve', () => {
  test('is the closed form: a·t + (b - a)·t²/2T for a ramp from a to b', () => {
    for (const [a, b, seconds] of [
      [0, 100, 10],
      [100, 0, 10],
      [37, 912, 61],
    ] as const) {
      const curve = { from: a, stages: [stage(seconds, b)] }
      for (const t of [0, 1, seconds / 4, seconds / 2, seconds]) {
        expect(areaUntil(curve, t * second)).toBeCloseTo(a * t + ((b - a) * t * t) / (2 * seconds), 9)
      }
    }
  })

  test('adds up over stages, jumps and what comes after the last', () => {
    const until = (seconds: number) => areaUntil(hill, seconds * second)
    expect([10, 30, 40, 1000].map(until)).toEqual([600, 2800, 3050, 3050])
    expect(areaUntil({ from: 0, stages: [stage(2, 4)] }, 5 * second)).toBe(16)
  })

  test('is exact for whole levels, also after days', () => {
    const day = { from: 5000, stages: [stage(86_400, 5000), stage(86_400, 10_000)] }
    expect(areaUntil(day, 2 * 86_400 * second)).toBe(86_400 * 5000 + 86_400 * 7500)
    expect(areaUntil(day, 3 * 86_400 * second)).toBe(86_400 * (5000 + 7500 + 10_000))
  })

  test('is 0 before the beginning, and never shrinks', () => {
    expect(areaUntil(hill, -5)).toBe(0)
    fc.assert(
      fc.property(curves, times, times, (curve, a, b) => {
        const [early, late] = [areaUntil(curve, Math.min(a, b)), areaUntil(curve, Math.max(a, b))]
        expect(late).toBeGreaterThanOrEqual(early - 1e-12 * late)
      }),
    )
  })
})

describe('the time of an area', () => {
  test('is the closed form on a ramp: n arrivals are due after √(2n/slope)', () => {
    for (const n of [1, 2, 10, 123, 499]) {
      expect(timeOfArea(ramp, n)).toBe(Math.round(Math.sqrt((2 * n) / 10) * second))
    }
  })

  test('is never where the area ends before it', () => {
    expect(timeOfArea(flat(0), 0)).toBe(Number.POSITIVE_INFINITY)
    expect(timeOfArea(hill, 3049)).toBeLessThan(40 * second)
    expect(timeOfArea(hill, 3050)).toBe(Number.POSITIVE_INFINITY)
    expect(timeOfArea(hill, 1e300)).toBe(Number.POSITIVE_INFINITY)
  })

  test('lies behind a time without level, not in it', () => {
    const pause: Curve = { from: 10, stages: [stage(1, 10), stage(0, 0), stage(5, 0), stage(0, 10)] }
    expect([0, 9, 10, 11].map((n) => timeOfArea(pause, n) / second)).toEqual([0, 0.9, 6, 6.1])
    expect(timeOfArea({ from: 0, stages: [stage(3, 0), stage(1, 2)] }, 0)).toBe(3 * second)
  })

  test('is stable where a ramp is all but flat, or comes down to nothing', () => {
    const almost: Curve = { from: 1000, stages: [stage(1000, 1000.000_000_000_1)] }
    expect(timeOfArea(almost, 500_000)).toBe(500 * second)
    const down: Curve = { from: 1e-9, stages: [stage(100, 0)] }
    expect(timeOfArea(down, 0.5e-7)).toBe(Number.POSITIVE_INFINITY)
    expect(timeOfArea(down, 0.375e-7) / second).toBeCloseTo(50, 3)
  })

  test('does not drift: after 10^9 arrivals every one is at its own time', () => {
    expect(timeOfArea(flat(5000), 1e9)).toBe(200_000 * second)
    expect(timeOfArea(flat(5000), 1e9 + 1)).toBe(200_000 * second + 200_000)
    expect(timeOfArea(flat(3), 1e9)).toBe(Math.round(1e18 / 3))
  })

  test('undoes the area wherever there is a level', () => {
    fc.assert(
      fc.property(curves, times, (curve, atNs) => {
        const height = levelAt(curve, atNs)
        fc.pre(height > 1)
        const area = areaUntil(curve, atNs)
        // What the area cannot hold (its last place) is time lost at that level; on the way up from 0 it is the root of it.
        const lostNs = 1 + (8 * area * Number.EPSILON * second) / height
        expect(Math.abs(timeOfArea(curve, area) - atNs)).toBeLessThanOrEqual(lostNs + Math.sqrt(area * Number.EPSILON))
      }),
      { numRuns: 1000 },
    )
  })

  test('is undone by the area, for any area that is reached', () => {
    fc.assert(
      fc.property(curves, fc.double({ min: 0, max: 1e7, noNaN: true }), (curve, area) => {
        const atNs = timeOfArea(curve, area)
        fc.pre(atNs < Number.POSITIVE_INFINITY)
        const around = [areaUntil(curve, atNs - 1), areaUntil(curve, atNs + 1)] as const
        const slack = 1e-12 * (1 + area)
        expect(area).toBeGreaterThanOrEqual(around[0] - slack)
        expect(area).toBeLessThanOrEqual(around[1] + slack)
      }),
      { numRuns: 1000 },
    )
  })

  test('grows with the area, in whole ns', () => {
    fc.assert(
      fc.property(curves, fc.integer({ min: 0, max: 1e7 }), (curve, n) => {
        const [one, next] = [timeOfArea(curve, n), timeOfArea(curve, n + 1)]
        expect(next).toBeGreaterThanOrEqual(one)
        expect(one === Number.POSITIVE_INFINITY || Number.isInteger(one)).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })
})
