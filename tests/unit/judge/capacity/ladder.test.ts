import { describe, expect, test } from 'vitest'
import {
  type LadderAnswer,
  type LadderSettings,
  nextOrder,
  type RateStep,
} from '../../../../harness/judge/capacity/ladder.ts'
import type { RateSlice } from '../../../../harness/judge/capacity/rate-step.ts'
import { createRng } from '../../../../harness/kernel/rng.ts'
import { offer } from '../../../support/queueing-target.ts'

const wide: LadderSettings = {
  fromPerSecond: 50,
  mostPerSecond: 1e6,
  mostSteps: 40,
  mostNs: Number.POSITIVE_INFINITY,
}

interface Search {
  readonly answer: LadderAnswer
  readonly steps: readonly RateStep[]
  readonly slices: number
}

/** Carries out a whole search; a slice takes a second of it. */
function search(
  slice: (perSecond: number, count: number) => RateSlice,
  settings: Partial<LadderSettings> = {},
): Search {
  const steps: { perSecond: number; slices: RateSlice[] }[] = []
  for (let slices = 0; slices < 500; slices++) {
    const order = nextOrder({ ...wide, ...settings }, steps, slices * 1e9)
    if (order.kind === 'done') return { answer: order.answer, steps, slices }
    if (steps.at(-1)?.perSecond !== order.perSecond) steps.push({ perSecond: order.perSecond, slices: [] })
    steps.at(-1)?.slices.push(slice(order.perSecond, slices))
  }
  throw new Error('the search has no end')
}

const fine = { seconds: 1e4, errorRate: 0, inTime: true, generator: 'fine' } as const

/** A target that serves so much and no more, at once. */
const serves =
  (capacity: number) =>
  (due: number): RateSlice => ({ due, sent: due, ended: Math.min(due, capacity), ok: Math.min(due, capacity), ...fine })

describe('the ladder of rates', () => {
  test('goes up by a quarter until two steps in a row do not hold, then halves what is between', () => {
    const { steps, answer } = search(serves(100), { fromPerSecond: 64 })
    const rates = steps.map(({ perSecond }) => perSecond)
    expect(rates.slice(0, 5)).toEqual([64, 80, 100, 125, 156.3])
    // The square root of 100 × 125, and on.
    expect(rates.slice(5)).toEqual([111.8, 105.7, 102.8])
    expect(steps.map(({ slices }) => slices.length)).toEqual(rates.map(() => 2))
    expect(answer).toEqual({
      kind: 'found',
      heldPerSecond: 100,
      brokenPerSecond: 102.8,
      limit: 'behind',
      precise: true,
    })
  })

  test.for([1.3, 17, 99, 480, 2_345, 68_000])('finds a capacity of %d within a twentieth', (capacity) => {
    const { answer } = search(serves(capacity), { mostSteps: 60 })
    expect(answer).toMatchObject({ kind: 'found', limit: 'behind', precise: true })
    expect(answer.heldPerSecond).toBeLessThanOrEqual(capacity / 0.98)
    expect(answer.brokenPerSecond).toBeGreaterThan(capacity)
    expect((answer.brokenPerSecond as number) / (answer.heldPerSecond as number)).toBeLessThanOrEqual(1.05)
  })

  test('finds the capacity of servers with a line before them', () => {
    for (const [servers, serviceSeconds] of [
      [1, 1 / 300],
      [4, 0.02],
      [8, 0.01],
    ] as const) {
      const { answer } = search((due) => offer({ servers, serviceSeconds }, due))
      expect((answer.heldPerSecond as number) / (servers / serviceSeconds)).toBeGreaterThan(0.93)
      expect((answer.heldPerSecond as number) / (servers / serviceSeconds)).toBeLessThan(1.03)
    }
  })

  test('finds it also where service times are random, within a tenth in all of twenty searches', () => {
    const ratios = Array.from({ length: 20 }, (_, seed) => {
      const rng = createRng(seed).fork('service')
      const { answer } = search((due) => offer({ servers: 4, serviceSeconds: 0.01, rng }, due), { fromPerSecond: 150 })
      expect(answer.kind).toBe('found')
      return (answer.heldPerSecond as number) / 400
    })
    expect(Math.min(...ratios)).toBeGreaterThan(0.9)
    expect(Math.max(...ratios)).toBeLessThan(1.1)
  })

  test('finds the rate at which a target collapses that gets less done the longer its line is', () => {
    const { answer, steps } = search((due) => offer({ servers: 1, serviceSeconds: 0.005, thrash: 0.05 }, due))
    expect(answer).toMatchObject({ kind: 'found', limit: 'behind' })
    expect(answer.heldPerSecond).toBeGreaterThan(185)
    expect(answer.heldPerSecond).toBeLessThan(205)
    const beyond = steps.toSorted((a, b) => b.perSecond - a.perSecond)[0]?.slices[0]?.ended
    expect(beyond).toBeLessThan(100)
  })

  test('stops at the latency that is still in time, which is before the capacity', () => {
    const rng = createRng(9)
    const target = { servers: 1, serviceSeconds: 0.01, rng }
    const { answer } = search((due) => offer(target, due, 30, 50), { fromPerSecond: 10 })
    expect(answer).toMatchObject({ kind: 'found', limit: 'slow' })
    expect(answer.heldPerSecond).toBeLessThan(90)
  })

  test('names errors where they are what breaks first', () => {
    const { answer } = search((due) => ({ ...serves(1e9)(due), errorRate: due > 200 ? 0.02 : 0.01 }))
    expect(answer).toMatchObject({ kind: 'found', limit: 'errors' })
    expect(answer.heldPerSecond).toBeGreaterThan(200 / 1.05)
  })

  test('takes a third slice where two do not agree, and goes by the two that do', () => {
    const blip = (due: number, count: number): RateSlice => (count === 4 ? { ...serves(0)(due) } : serves(200)(due))
    const { answer, steps } = search(blip)
    expect(steps[2]?.slices.length).toBe(3)
    expect(steps.filter(({ slices }) => slices.length > 2).length).toBe(1)
    expect(answer.heldPerSecond).toBeGreaterThan(190)
  })

  test('goes on after one step that did not hold where the next one does', () => {
    const { answer } = search((due) => (due === 62.5 ? serves(0)(due) : serves(200)(due)))
    expect(answer.heldPerSecond).toBeGreaterThan(190)
  })

  test('goes down by halves where the first step does not hold', () => {
    const { answer, steps } = search(serves(12))
    expect(steps.slice(0, 4).map(({ perSecond }) => perSecond)).toEqual([50, 62.5, 25, 12.5])
    expect(answer).toMatchObject({ kind: 'found', precise: true })
    expect(answer.heldPerSecond).toBeGreaterThan(11.4)
    expect(answer.heldPerSecond).toBeLessThan(12.3)
  })

  test('says that nothing holds where nothing does', () => {
    const { answer, steps } = search(() => serves(0)(1))
    expect(answer).toEqual({
      kind: 'none',
      heldPerSecond: null,
      brokenPerSecond: expect.any(Number) as number,
      limit: 'behind',
      precise: false,
    })
    expect(steps.length).toBeLessThan(15)
  })

  test.for([
    { how: 'did not start what was due', slice: { sent: 0.95, generator: 'fine' } },
    { how: 'used all of its core', slice: { sent: 1, generator: 'busy' } },
    { how: 'had no ports left', slice: { sent: 1, generator: 'exhausted' } },
  ] as const)('has no capacity, only what it is at least, where the generator $how', ({ slice }) => {
    const { answer } = search((due) =>
      due > 300 ? { ...serves(300)(due), sent: slice.sent * due, generator: slice.generator } : serves(300)(due),
    )
    expect(answer).toMatchObject({ kind: 'at-least', limit: 'generator' })
    expect(answer.heldPerSecond).toBeGreaterThan(300 / 1.05)
  })

  test('doubts no latency in time and no rate that held because the generator was busy', () => {
    const { answer } = search((due) => ({ ...serves(200)(due), generator: due > 150 && due < 200 ? 'busy' : 'fine' }))
    expect(answer.kind).toBe('found')
    expect(answer.heldPerSecond).toBeGreaterThan(190)
  })

  test('is at least the highest rate that may be offered', () => {
    const { answer, steps } = search(serves(1e9), { mostPerSecond: 200 })
    expect(answer).toEqual({
      kind: 'at-least',
      heldPerSecond: 200,
      brokenPerSecond: null,
      limit: 'max-rate',
      precise: false,
    })
    expect(Math.max(...steps.map(({ perSecond }) => perSecond))).toBe(200)
    expect(search(serves(190), { mostPerSecond: 200 }).answer).toMatchObject({ kind: 'found', brokenPerSecond: 200 })
  })

  test('ends after so many steps and so much time, with what it knows by then', () => {
    const steps = search(serves(1e9), { mostSteps: 4 })
    expect(steps.answer).toMatchObject({ kind: 'at-least', heldPerSecond: 97.66, limit: 'steps' })
    expect(steps.slices).toBe(8)
    const time = search(serves(100), { mostNs: 10e9 })
    expect(time.slices).toBe(10)
    expect(time.answer).toMatchObject({ kind: 'found', precise: false, heldPerSecond: 97.66, brokenPerSecond: 122.1 })
    expect(search(serves(100), { mostNs: 0 }).answer).toMatchObject({
      kind: 'none',
      heldPerSecond: null,
      limit: 'time',
    })
  })
})
