import { describe, expect, it } from 'vitest'
import { createRng } from '../../../../harness/kernel/rng.ts'
import { answerOf, failure, type Outcome, success } from '../../../../harness/resilience/outcome.ts'
import { type StrategyName, strategies } from '../../../../harness/resilience/retry/strategies.ts'
import type { OperationDelays, RetryDelays } from '../../../../harness/resilience/retry/strategy.ts'

const plain: RetryDelays = { baseDelayNs: 50, maxDelayNs: 300, factor: 2, jitter: 0 }
const calls = [2, 3, 4, 5, 6]
const names = Object.keys(strategies) as StrategyName[]

const operationOf = (name: StrategyName, changes: Partial<RetryDelays> = {}, seed = 1): OperationDelays =>
  strategies[name].open({ ...plain, ...changes }).operation(createRng(seed))

/** The delays of one operation, from its beginning. */
function delaysOf(operation: OperationDelays, of = calls): number[] {
  operation.begin()
  return of.map((call) => operation.delayNs(call))
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

describe('the delays of a retry', () => {
  it.each([
    ['none', [0, 0, 0, 0, 0]],
    ['fixed', [50, 50, 50, 50, 50]],
    ['linear', [50, 100, 150, 200, 250]],
    ['exponential', [50, 100, 200, 300, 300]],
    ['adaptive', [50, 100, 200, 300, 300]],
  ] as const)('%s are %s without jitter (H6, H7, H8, P42, S2)', (name, expected) => {
    expect(delaysOf(operationOf(name))).toEqual(expected)
  })

  it('grow by their factor', () => {
    expect(delaysOf(operationOf('exponential', { factor: 1.5, maxDelayNs: 1e9 }))).toEqual([
      50, 75, 112.5, 168.75, 253.125,
    ])
    expect(delaysOf(operationOf('exponential', { factor: 1 }))).toEqual([50, 50, 50, 50, 50])
  })

  it.each(names)(
    'of %s stay under their maximum, jitter included, after a hundred calls (L3, P25, H5, H8, S2)',
    (name) => {
      const operation = operationOf(name, { baseDelayNs: 50e6, maxDelayNs: 30e9, jitter: 0.25, factor: 100 })
      const hundred = Array.from({ length: 100 }, (_, index) => index + 2)
      for (let run = 0; run < 100; run++) {
        const delays = delaysOf(operation, hundred)
        expect(Math.max(...delays)).toBeLessThanOrEqual(30e9)
        expect(Math.min(...delays)).toBeGreaterThanOrEqual(0)
      }
      expect(Math.max(...delaysOf(operationOf(name, { maxDelayNs: 40, jitter: 0.25 })))).toBeLessThanOrEqual(40)
    },
  )

  it.each(['fixed', 'linear', 'exponential', 'adaptive'] as const)(
    'of %s have symmetric jitter: within bounds, with their mean kept (L3, S2)',
    (name) => {
      const operation = operationOf(name, { jitter: 0.25, maxDelayNs: 1e9 })
      const exact = delaysOf(operationOf(name, { maxDelayNs: 1e9 }))
      const drawn = Array.from({ length: 10_000 }, () => delaysOf(operation))
      for (const [index, delay] of exact.entries()) {
        const column = drawn.map((delays) => delays[index] ?? 0)
        expect(Math.min(...column)).toBeGreaterThanOrEqual(0.75 * delay)
        expect(Math.max(...column)).toBeLessThan(1.25 * delay)
        expect(Math.abs(mean(column) / delay - 1)).toBeLessThan(0.01)
      }
    },
  )

  it.each([
    ['fullJitter', [0, 50], [25, 50, 100, 150, 150]],
    ['equalJitter', [25, 50], [37.5, 75, 150, 225, 225]],
  ] as const)('of %s are drawn under the exponential ones, within bounds and with their mean', (name, first, means) => {
    const operation = operationOf(name)
    const drawn = Array.from({ length: 10_000 }, () => delaysOf(operation))
    for (const [index, expected] of means.entries()) {
      const column = drawn.map((delays) => delays[index] ?? 0)
      const [lo, hi] = first.map((bound) => (bound * expected) / means[0]) as [number, number]
      expect(Math.min(...column)).toBeGreaterThanOrEqual(lo)
      expect(Math.max(...column)).toBeLessThanOrEqual(hi)
      expect(Math.abs(mean(column) / expected - 1)).toBeLessThan(0.02)
    }
  })

  it.each(names.filter((name) => name !== 'none'))('of %s are those of the seed', (name) => {
    const drawn = (seed: number): number[] => delaysOf(operationOf(name, { jitter: 0.2 }, seed))
    expect(drawn(7)).toEqual(drawn(7))
    expect(drawn(7)).not.toEqual(drawn(8))
  })
})

describe('decorrelated jitter', () => {
  it('is drawn from the delay before, and from the base for each operation (H9, P43)', () => {
    const shared = strategies.decorrelatedJitter.open({ ...plain, maxDelayNs: 1000 })
    const operation = shared.operation(createRng(3))
    const firsts: number[] = []
    for (let run = 0; run < 1000; run++) {
      const delays = delaysOf(operation, [2, 3, 4, 5, 6, 7, 8, 9])
      let previous = 50
      for (const delay of delays) {
        expect(delay).toBeGreaterThanOrEqual(50)
        expect(delay).toBeLessThanOrEqual(Math.min(1000, 3 * previous))
        previous = delay
      }
      firsts.push(delays[0] ?? 0)
    }
    expect(Math.abs(mean(firsts) / 100 - 1)).toBeLessThan(0.05)
  })

  it('spreads a thousand operations that fail at once: no bin stands out, and neighbours have nothing in common (H9)', () => {
    const shared = strategies.decorrelatedJitter.open({ ...plain, baseDelayNs: 1000, maxDelayNs: 1e6 })
    const firsts = Array.from({ length: 1000 }, (_, seed) => delaysOf(shared.operation(createRng(seed)))[0] ?? 0)
    const bins = Array.from({ length: 10 }, () => 0)
    for (const first of firsts) bins[Math.floor((first - 1000) / 200)]! += 1
    // 100 in each are expected; 27.88 is the 99.9 % quantile of chi-squared with 9 degrees of freedom.
    expect(bins.reduce((sum, bin) => sum + (bin - 100) ** 2 / 100, 0)).toBeLessThan(27.88)
    const centred = firsts.map((first) => first - mean(firsts))
    const variance = mean(centred.map((value) => value ** 2))
    const lagged = mean(centred.slice(1).map((value, index) => value * (centred[index] ?? 0)))
    expect(Math.abs(lagged / variance)).toBeLessThan(3.9 / Math.sqrt(1000))
  })
})

describe('adaptive delays', () => {
  const outcomes = (ok: number, failed: number): Outcome[] => [
    ...Array.from({ length: failed }, () => failure('reset')),
    ...Array.from({ length: ok }, () => success),
  ]
  const afterwards = (told: readonly Outcome[]): number => {
    const operation = operationOf('adaptive')
    operation.begin()
    for (const outcome of told) operation.attemptEnded(outcome, 0)
    return (operation.delayNs(2) / 50) * 10
  }

  it.each([
    [100, 0, 7],
    [95, 5, 7],
    [91, 9, 7],
    [90, 10, 10],
    [80, 20, 10],
    [71, 29, 10],
    [70, 30, 15],
    [60, 40, 15],
    [51, 49, 15],
    [50, 50, 20],
    [30, 70, 20],
    [0, 100, 20],
    [9, 1, 10],
    [7, 3, 15],
  ])('after %i successes and %i failures are %i tenths of the exponential ones (S9)', (ok, failed, tenths) => {
    expect(afterwards(outcomes(ok, failed))).toBeCloseTo(tenths, 9)
  })

  it('are the exponential ones while nothing is known (S9)', () => {
    expect(afterwards([])).toBe(10)
    expect(afterwards([failure('circuit-open'), failure('aborted')])).toBe(10)
  })

  it("take an answer that is not the target's for none of its successes", () => {
    expect(afterwards(Array.from({ length: 10 }, () => answerOf('default')))).toBe(20)
  })

  it('look at the last hundred attempts only (S9, P72)', () => {
    expect(afterwards([...outcomes(0, 500), ...outcomes(100, 0)])).toBeCloseTo(7, 9)
    expect(afterwards([...outcomes(500, 0), ...outcomes(50, 0), ...outcomes(0, 50)])).toBeCloseTo(20, 9)
  })

  it('are shared by the operations of a client and by no other', () => {
    const one = strategies.adaptive.open(plain)
    const [a, b] = [one.operation(createRng(1)), one.operation(createRng(2))]
    for (const outcome of outcomes(0, 10)) a.attemptEnded(outcome, 0)
    expect(b.delayNs(2)).toBe(100)
    expect(operationOf('adaptive').delayNs(2)).toBe(50)
  })

  it('grow where operations succeed only after repetitions (P70)', () => {
    // Every operation succeeds, at its third attempt: a third of the attempts do.
    const attempts = Array.from({ length: 30 }, () => [failure('reset'), failure('reset'), success]).flat()
    expect(afterwards(attempts)).toBe(20)
  })
})
