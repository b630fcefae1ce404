import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isActive, mostUsers, nextActiveNs, usersOfShard } from '../../../../harness/plan/pacer/users.ts'
import type { Curve } from '../../../../harness/workload/model.ts'

const second = 1e9
const stage = (seconds: number, to: number) => ({ durationNs: seconds * second, to })
const numbers = (count: number) => Array.from({ length: count }, (_, number) => number)
const usersAt = (curve: Curve, seconds: number) =>
  numbers(mostUsers(curve)).filter((user) => isActive(curve, user, seconds * second))

const level = fc.oneof(fc.integer({ min: 0, max: 12 }), fc.double({ min: 0, max: 12, noNaN: true }))
const durationNs = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 2000 }), fc.integer({ min: 1, max: 30 * second }))
const curves = fc.record({ from: level, stages: fc.array(fc.record({ durationNs, to: level }), { maxLength: 5 }) })

describe('users', () => {
  test('are as many as a steady level, from the beginning to the end', () => {
    const curve: Curve = { from: 6, stages: [] }
    expect(usersAt(curve, 0)).toEqual([0, 1, 2, 3, 4, 5])
    expect(usersAt(curve, 1e6)).toHaveLength(6)
    expect(usersAt({ from: 6, stages: [stage(10, 6)] }, 3.7)).toHaveLength(6)
  })

  test('come one by one on the way up, and leave so on the way down, the last first', () => {
    const hill: Curve = { from: 0, stages: [stage(10, 10), stage(10, 0)] }
    expect([0, 0.5, 1, 1.5, 9.5, 10, 10.5, 18.5, 19.5, 20].map((at) => usersAt(hill, at).length)).toEqual([
      0, 1, 1, 2, 10, 10, 10, 2, 1, 0,
    ])
    expect(usersAt(hill, 18.5)).toEqual([0, 1])
    expect(numbers(10).map((user) => nextActiveNs(hill, user, 0))).toEqual(numbers(10).map((user) => user * second + 1))
  })

  test('jump where a stage takes no time', () => {
    const steps: Curve = { from: 2, stages: [stage(5, 2), stage(0, 4), stage(5, 4), stage(0, 1)] }
    expect([4.9, 5, 9.9, 10].map((at) => usersAt(steps, at).length)).toEqual([2, 4, 4, 1])
    expect(nextActiveNs(steps, 3, 0)).toBe(5 * second)
    expect(nextActiveNs(steps, 0, 7)).toBe(7)
  })

  test('come again when the level does, or never', () => {
    const curve: Curve = { from: 4, stages: [stage(4, 0), stage(2, 0), stage(4, 4)] }
    expect(nextActiveNs(curve, 1, 3 * second)).toBe(7 * second + 1)
    expect(nextActiveNs(curve, 3, 1e12)).toBe(1e12)
    expect(nextActiveNs(curve, 4, 0)).toBe(Number.POSITIVE_INFINITY)
    expect(nextActiveNs({ from: 5, stages: [stage(1, 0)] }, 0, 2 * second)).toBe(Number.POSITIVE_INFINITY)
    expect(nextActiveNs({ from: 0, stages: [stage(1, 0), stage(3, 3), stage(0, 0)] }, 2, 0)).toBe(3 * second + 1)
  })

  test('come also where a year-long slope hardly rises', () => {
    const year = 366 * 86_400
    const slope: Curve = { from: 9999, stages: [stage(year, 10_000)] }
    const fromNs = nextActiveNs(slope, 9999, 0)
    expect(isActive(slope, 9999, fromNs)).toBe(true)
    expect(fromNs).toBeLessThan(1e6)
  })

  test('are there at the time that is told, and not before it', () => {
    fc.assert(
      fc.property(
        curves,
        fc.integer({ min: 0, max: 12 }),
        fc.integer({ min: 0, max: 60 * second }),
        fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { maxLength: 10 }),
        (curve, user, elapsedNs, shares) => {
          const atNs = nextActiveNs(curve, user, elapsedNs)
          expect(atNs).toBeGreaterThanOrEqual(elapsedNs)
          expect(atNs === Number.POSITIVE_INFINITY || isActive(curve, user, atNs)).toBe(true)
          const spanNs = Math.min(atNs, 200 * second) - elapsedNs
          const before = shares.map((share) => Math.floor(elapsedNs + share * spanNs)).filter((ns) => ns < atNs)
          expect(before.filter((ns) => isActive(curve, user, ns))).toEqual([])
        },
      ),
      { numRuns: 1000 },
    )
  })
})

describe('the most users', () => {
  test('are those of the highest level that is held', () => {
    expect(mostUsers({ from: 3, stages: [stage(1, 7.2), stage(1, 0)] })).toBe(8)
    expect(mostUsers({ from: 3, stages: [stage(0, 99), stage(0, 5)] })).toBe(5)
    expect(mostUsers({ from: 50, stages: [stage(0, 5)] })).toBe(5)
    expect(mostUsers({ from: 0, stages: [] })).toBe(0)
  })

  test('bound everyone who is ever there', () => {
    fc.assert(
      fc.property(curves, (curve) => {
        expect(nextActiveNs(curve, mostUsers(curve), 0)).toBe(Number.POSITIVE_INFINITY)
      }),
    )
  })

  test('are dealt out to the parts, each user to one', () => {
    const curve: Curve = { from: 0, stages: [stage(1, 11)] }
    expect(usersOfShard(curve, { index: 1, count: 4 })).toEqual([1, 5, 9])
    for (let count = 1; count <= 13; count++) {
      const dealt = numbers(count).flatMap((index) => usersOfShard(curve, { index, count }))
      expect(dealt.toSorted((a, b) => a - b)).toEqual(numbers(11))
    }
  })
})
