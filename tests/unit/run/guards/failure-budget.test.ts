import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { FailureBreach } from '../../../../harness/measure/failure-budget.ts'
import { budgetPartNs, FailureBudget } from '../../../../harness/run/guards/failure-budget.ts'

const second = 1e9
const usual = { threshold: 0.05, windowNs: 30 * second, minSamples: 50 }

function broken(ok: number, failed: number, settings = usual): boolean {
  const budget = new FailureBudget(settings)
  budget.record(ok, failed, 0)
  return budget.breach !== null
}

describe('a failure budget', () => {
  test.each([
    [0, 49, false],
    [0, 50, true],
    [47, 3, true],
    [48, 2, false],
    // Exactly the threshold is within the budget.
    [95, 5, false],
    [949, 51, true],
    [950, 50, false],
  ])('of 5 %% with %i ok and %i failed is broken: %s (L6)', (ok, failed, expected) => {
    expect(broken(ok, failed)).toBe(expected)
  })

  test('counts what is younger than its window, and nothing that is as old (L6)', () => {
    const budget = new FailureBudget(usual)
    budget.record(0, 10, 0)
    expect(budget.read(30 * second - 1).samples).toBe(10)
    expect(budget.read(30 * second).samples).toBe(0)
  })

  test('has nothing left after a pause, however long (L6)', () => {
    const budget = new FailureBudget(usual)
    for (let at = 0; at < 30; at++) budget.record(1, 1, at * second)
    expect(budget.read(29 * second)).toEqual({ samples: 60, failures: 30, rate: 0.5 })
    expect(budget.read(1e6 * second)).toEqual({ samples: 0, failures: 0, rate: 0 })
  })

  test('breaks exactly once under a thousand failures, and goes on counting (L7, P28)', () => {
    const told: FailureBreach[] = []
    const budget = new FailureBudget(usual, (breach) => told.push(breach))
    for (let failure = 0; failure < 1000; failure++) budget.record(0, 1, failure * 1e6)
    expect(told).toEqual([{ atNs: 49e6, samples: 50, failures: 50, rate: 1 }])
    expect(budget.read(second)).toMatchObject({ samples: 1000, failures: 1000 })
    expect(budget.breach).toBe(told[0])
  })

  test('breaks once even when the callback records again (P28)', () => {
    let told = 0
    const budget: FailureBudget = new FailureBudget(usual, () => {
      told++
      budget.record(0, 100, 1)
    })
    budget.record(0, 50, 0)
    expect([told, budget.read(1).failures]).toEqual([1, 150])
  })

  test('keeps the worst window of those with enough samples', () => {
    const budget = new FailureBudget({ ...usual, threshold: 0.5 })
    expect(budget.worst).toBeNull()
    budget.record(10, 39, 0)
    expect(budget.worst).toBeNull()
    budget.record(51, 1, second)
    budget.record(1000, 0, 2 * second)
    expect(budget.worst).toEqual({ samples: 101, failures: 40, rate: 40 / 101 })
    expect(budget.breach).toBeNull()
  })

  test.each([{ threshold: 1.1 }, { threshold: Number.NaN }, { windowNs: 0 }, { minSamples: 0 }])(
    'of %j is refused',
    (wrong) => {
      expect(() => new FailureBudget({ ...usual, ...wrong })).toThrow(RangeError)
    },
  )

  test('counts in seconds, and finer in a short window', () => {
    expect([budgetPartNs(30 * second), budgetPartNs(2 * second)]).toEqual([second, 0.2 * second])
  })

  test('is what counting all events anew at each step gives (L6, P27)', () => {
    const events = fc.array(
      fc.record({
        afterNs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 5 * second })),
        ok: fc.nat(20),
        failed: fc.nat(5),
      }),
      { maxLength: 60 },
    )
    const settings = fc.record({
      threshold: fc.double({ min: 0, max: 0.5, noNaN: true }),
      windowNs: fc.integer({ min: second, max: 30 * second }),
      minSamples: fc.integer({ min: 1, max: 60 }),
    })
    fc.assert(
      fc.property(events, settings, (steps, chosen) => {
        const budget = new FailureBudget(chosen)
        const partNs = budgetPartNs(chosen.windowNs)
        const length = Math.round(chosen.windowNs / partNs)
        const past: { part: number; ok: number; failed: number }[] = []
        let nowNs = 0
        let breach: number | null = null
        for (const { afterNs, ok, failed } of steps) {
          nowNs += afterNs
          const part = Math.floor(nowNs / partNs)
          past.push({ part, ok, failed })
          budget.record(ok, failed, nowNs)
          const inside = past.filter((one) => part - one.part < length)
          const failures = inside.reduce((sum, one) => sum + one.failed, 0)
          const samples = inside.reduce((sum, one) => sum + one.ok + one.failed, 0)
          if (samples >= chosen.minSamples && failures / samples > chosen.threshold) breach ??= nowNs
          expect(budget.read(nowNs)).toMatchObject({ samples, failures })
        }
        expect(budget.breach?.atNs ?? null).toBe(breach)
      }),
    )
  })
})
