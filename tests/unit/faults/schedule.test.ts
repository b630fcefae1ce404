import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dutyShare, nextEdgeNs, parseSchedule, type Schedule, strengthAt } from '../../../harness/faults/schedule.ts'

const s = 1e9
const always = Number.POSITIVE_INFINITY

/** Strength at each of some seconds. */
const at = (schedule: Schedule, ...seconds: readonly number[]): number[] =>
  seconds.map((second) => strengthAt(schedule, second * s))

/** All edges after the beginning, in seconds. */
function edges(schedule: Schedule, most = 6): number[] {
  const found: number[] = []
  let edge = nextEdgeNs(schedule, -1)
  while (edge !== always && found.length < most) {
    found.push(edge / s)
    edge = nextEdgeNs(schedule, edge)
  }
  return found
}

describe('a schedule', () => {
  it('counts from the origin that it is given, whenever it is asked (F36, P11)', () => {
    const spike = parseSchedule({ spike: { every: '10s', duration: '2s' } })
    expect(at(spike, 11, 1, 25, 5, 1)).toEqual([1, 1, 0, 0, 1])
  })

  it('of a ramp goes from nothing to full strength, and stays there (F36)', () => {
    expect(at(parseSchedule({ ramp: '60s' }), 15, 30, 60, 600)).toEqual([0.25, 0.5, 1, 1])
  })

  it('of a ramp is on from its first moment', () => {
    expect(strengthAt(parseSchedule({ ramp: '60s', from: '5s' }), 5 * s)).toBeGreaterThan(0)
    expect(strengthAt(parseSchedule({ ramp: '60s', from: '5s' }), 5 * s - 1)).toBe(0)
  })

  it('of spikes is on for the first part of each cycle (F36)', () => {
    const spike = parseSchedule({ spike: { every: '10s', duration: '2s' } })
    expect(at(spike, 0, 1.999, 2, 9.999, 10, 12)).toEqual([1, 1, 0, 0, 1, 0])
    expect(edges(spike, 5)).toEqual([0, 2, 10, 12, 20])
  })

  it('that flaps is on first (F36)', () => {
    const flapping = parseSchedule({ flapping: { on: '3s', off: '1s' } })
    expect(at(flapping, 0, 2.999, 3, 3.999, 4)).toEqual([1, 1, 0, 0, 1])
    expect(edges(flapping, 5)).toEqual([0, 3, 4, 7, 8])
  })

  it('that is always in a spike, or never off, has no edges but its ends', () => {
    expect(edges(parseSchedule({ spike: { every: '2s', duration: '2s' } }))).toEqual([0])
    expect(edges(parseSchedule({ flapping: { on: '2s', off: '0s' }, for: '5s' }))).toEqual([0, 5])
  })

  it('begins and ends when it says', () => {
    const later = parseSchedule({ from: '5s', for: '10s' })
    expect(at(later, 0, 4.999, 5, 14.999, 15)).toEqual([0, 0, 1, 1, 0])
    expect(edges(later)).toEqual([5, 15])
    expect(edges(parseSchedule({ from: '1s' }))).toEqual([1])
  })

  it('ends in the middle of a cycle', () => {
    const flapping = { on: '3s', off: '1s' }
    expect(edges(parseSchedule({ from: '1s', for: '5s', flapping }))).toEqual([1, 4, 5, 6])
    expect(edges(parseSchedule({ from: '1s', for: '3.5s', flapping }))).toEqual([1, 4])
    expect(edges(parseSchedule({ from: '1s', for: '4s', flapping }))).toEqual([1, 4])
  })

  it('that is none is on for ever', () => {
    expect(strengthAt(null, 5 * s)).toBe(1)
    expect(nextEdgeNs(null, 0)).toBe(always)
    expect(dutyShare(null, 0, s)).toBe(1)
  })

  it('tells what a slice sees of it', () => {
    expect(dutyShare(parseSchedule({ spike: { every: '10s', duration: '2s' } }), 0, 20 * s)).toBeCloseTo(0.2)
    expect(dutyShare(parseSchedule({ spike: { every: '10s', duration: '2s' } }), 1 * s, 3 * s)).toBeCloseTo(0.5)
    expect(dutyShare(parseSchedule({ ramp: '10s' }), 0, 10 * s)).toBeCloseTo(0.5)
    expect(dutyShare(parseSchedule({ from: '30s' }), 0.25 * s, 2 * s)).toBe(0)
    expect(dutyShare(parseSchedule({ for: '1s' }), 0, 2 * s)).toBeCloseTo(0.5)
  })

  it.each([
    [{ ramp: '0s' }, 'found ramp 0s, allowed: more than 0'],
    [{ for: '0s' }, 'found for 0s, allowed: more than 0'],
    [
      { spike: { every: '1s', duration: '2s' } },
      'found spike duration 2s every 1s, allowed: a duration over 0, at most every',
    ],
    [
      { spike: { every: '1s', duration: '0s' } },
      'found spike duration 0s every 1s, allowed: a duration over 0, at most every',
    ],
    [{ flapping: { on: '0s', off: '1s' } }, 'found flapping on 0s, allowed: more than 0'],
    [{ flapping: { on: '0s', off: '0s' } }, 'found flapping on 0s, allowed: more than 0'],
    [
      { ramp: '1s', flapping: { on: '1s', off: '1s' } },
      'found ramp and flapping, allowed: one of ramp, spike, flapping',
    ],
  ])('that has no length or is inverted is refused: %j (F36)', (raw, message) => {
    expect(() => parseSchedule(raw)).toThrow(new RangeError(message))
  })
})

describe('edges and strength', () => {
  const ms = fc.integer({ min: 1, max: 5000 }).map((value) => `${value}ms`)
  const shape = fc.oneof(
    fc.constant({}),
    fc.record({ ramp: ms }),
    fc.record({ flapping: fc.record({ on: ms, off: ms }) }),
    fc.tuple(fc.integer({ min: 1, max: 3000 }), fc.integer({ min: 0, max: 3000 })).map(([on, off]) => ({
      spike: { every: `${on + off}ms`, duration: `${on}ms` },
    })),
  )
  const schedules = fc
    .tuple(shape, fc.record({ from: ms, for: ms }, { requiredKeys: [] }))
    .map(([one, range]) => parseSchedule({ ...one, ...range }))
  const time = fc.integer({ min: 0, max: 20_000 }).map((value) => value * 1e6)

  it('agree: nothing changes between two edges, and every edge changes something', () => {
    fc.assert(
      fc.property(schedules, time, fc.integer({ min: 0, max: 1000 }), (schedule, elapsedNs, permille) => {
        const on = (ns: number): boolean => strengthAt(schedule, ns) > 0
        const edgeNs = nextEdgeNs(schedule, elapsedNs)
        const lastNs = Math.min(edgeNs, elapsedNs + 60 * s)
        const between = elapsedNs + Math.floor(((lastNs - 1 - elapsedNs) * permille) / 1000)
        expect(on(between)).toBe(on(elapsedNs))
        if (edgeNs === always) return
        expect(edgeNs).toBeGreaterThan(elapsedNs)
        expect(on(edgeNs)).toBe(!on(elapsedNs))
      }),
    )
  })

  it('agree with the share of a time that is on', () => {
    fc.assert(
      fc.property(schedules, time, (schedule, fromNs) => {
        // All edges are at whole milliseconds: the middle of each stands for all of it.
        const step = 1e6
        const count = 1000
        const mean =
          Array.from({ length: count }, (_, index) => strengthAt(schedule, fromNs + (index + 0.5) * step)).reduce(
            (sum, one) => sum + one,
            0,
          ) / count
        expect(dutyShare(schedule, fromNs, fromNs + count * step)).toBeCloseTo(mean, 3)
      }),
      { numRuns: 50 },
    )
  })
})
