import { describe, expect, test } from 'vitest'
import {
  calibrate,
  type ControlRun,
  leastRuns,
  mostRuns,
  noiseOf,
} from '../../../../harness/judge/calibration/calibration.ts'
import { isSound, selfTest } from '../../../../harness/judge/calibration/self-test.ts'
import { metricNames, pairedMetrics } from '../../../../harness/judge/paired/metrics.ts'
import { createRng, shuffled } from '../../../../harness/kernel/rng.ts'
import { gaussian } from '../../../support/paired-traces.ts'

const day = (index: number): string => new Date(Date.UTC(2026, 0, 1) + index * 86_400_000).toISOString()

/** A run whose rounds differ by these values, as they lie around a centre. */
function runOf(index: number, values: readonly number[], metric = 'throughput'): ControlRun {
  return { id: `run-${index}`, at: day(index), metrics: { [metric]: values } }
}

/** Runs of two rounds each, whose estimates are these and whose own errors are nothing. */
const exact = (...estimates: readonly number[]) => estimates.map((value, index) => runOf(index, [value, value]))

/** As many estimates as wanted on either side of a mean, all as far from it. */
const around = (mean: number, apart: number, count = 12): readonly number[] =>
  Array.from({ length: count }, (_, index) => mean + (index % 2 === 0 ? apart : -apart))

const throughputOf = (runs: readonly ControlRun[]) => calibrate(runs)?.metrics.throughput

describe('a calibration', () => {
  test('is none of fewer than ten runs, and of a metric that fewer have', () => {
    expect(leastRuns).toBe(10)
    expect(calibrate([])).toBeNull()
    expect(calibrate(exact(...around(0, 0.01, 9)))).toBeNull()
    expect(calibrate(exact(...around(0, 0.01, 10)))?.runs).toBe(10)
    const some = exact(...around(0, 0.01, 10)).map((run, index) => ({
      ...run,
      metrics: { ...run.metrics, ...(index > 0 && { p99: [0.1, 0.2] }) },
    }))
    expect(Object.keys(calibrate(some)?.metrics ?? {})).toEqual(['throughput'])
  })

  test('says what is slow: the median of the baseline p99 of ten runs or more', () => {
    const runs = exact(...around(0, 0.01, 12))
    expect(calibrate(runs)).not.toHaveProperty('slowOverMs')
    const told = (count: number) => runs.map((run, index) => (index < count ? { ...run, baselineP99Ms: index } : run))
    expect(calibrate(told(9))).not.toHaveProperty('slowOverMs')
    expect(calibrate(told(11))?.slowOverMs).toBe(5)
  })

  test('does not count a run of a single round, which has no spread', () => {
    const runs = exact(...around(0, 0.01, 10))
    expect(calibrate([...runs.slice(1), runOf(0, [0.01])])).toBeNull()
  })

  test('allows for the bias, to whichever side it is', () => {
    for (const bias of [0.03, -0.03]) {
      const found = throughputOf(exact(...around(bias, 0)))
      expect(found).toMatchObject({ bias, noise: 0.03, runs: 12 })
      expect(found?.between).toBeCloseTo(0, 12)
    }
  })

  test('allows for what runs differ by beyond what their own rounds tell, at one side of 99 %', () => {
    // Twelve estimates at ±a have a variance of a² · 12 / 11.
    const found = throughputOf(exact(...around(0.01, 0.02)))
    const deviation = 0.02 * Math.sqrt(12 / 11)
    expect(found?.between).toBeCloseTo(deviation, 6)
    expect(found?.noise).toBeCloseTo(0.01 + 2.326348 * deviation, 6)
  })

  test('does not count as noise between runs what their own rounds tell', () => {
    // Two rounds at ±s have a standard error of s: as large as what the runs differ by, which leaves nothing.
    const wide = around(0, 0.02).map((estimate, index) => runOf(index, [estimate - 0.03, estimate + 0.03]))
    expect(throughputOf(wide)).toMatchObject({ between: 0, noise: 0 })
    const half = around(0, 0.02).map((estimate, index) => runOf(index, [estimate - 0.01, estimate + 0.01]))
    const variance = (0.02 ** 2 * 12) / 11 - 0.01 ** 2
    expect(throughputOf(half)?.between).toBeCloseTo(Math.sqrt(variance), 6)
    expect(throughputOf(half)?.perRound).toBeCloseTo(0.01 * Math.SQRT2, 6)
  })

  test('holds what healthy runs will come to by the tolerance factor of as many', () => {
    // k of 10 runs, for 99 % with 95 % confidence: 3.981.
    const found = throughputOf(exact(...around(0, 0.02, 10)))
    expect(found?.floor).toBeCloseTo(3.981 * 0.02 * Math.sqrt(10 / 9), 4)
  })

  test('holds it beyond the bias, to whichever side that is', () => {
    for (const way of [1, -1]) {
      const estimates = [0.13, 0.07, ...Array.from({ length: 18 }, () => 0.1)].map((estimate) => way * estimate)
      // k of 20 runs: 3.295.
      const deviation = Math.sqrt((2 * 0.03 ** 2) / 19)
      expect(throughputOf(exact(...estimates))?.floor).toBeCloseTo(0.1 + 3.295 * deviation, 4)
    }
  })

  test('holds it by the fence of the quartiles where that is further away', () => {
    // Half of the sizes are 0 and half 0.1, so that the quartiles lie apart by as much as anything does.
    const sizes = Array.from({ length: 60 }, (_, index) => (index % 2 === 0 ? 0 : index % 4 === 1 ? 0.1 : -0.1))
    const found = throughputOf(exact(...sizes))
    expect(found?.floor).toBeCloseTo(0.4, 6)
    expect(found?.floor).toBeGreaterThan(2.86 * (found?.deviation ?? 0))
  })

  test('is never below the standard floor, however quiet the machine is', () => {
    const metrics = ['throughput', 'p99', 'errors'] as const
    for (const metric of metrics) {
      const runs = Array.from({ length: 12 }, (_, index) => runOf(index, [0, 0], metric))
      expect(calibrate(runs)?.metrics[metric]?.floor).toBe(pairedMetrics[metric].floor)
    }
  })

  test('rests on the newest sixty runs, in whatever order they come', () => {
    const old = Array.from({ length: 40 }, (_, index) => runOf(index, [1, 1]))
    const recent = around(0, 0.01, 60).map((value, index) => runOf(40 + index, [value, value]))
    expect(mostRuns).toBe(60)
    const found = calibrate([...old, ...recent])
    expect(found).toEqual(calibrate(recent))
    expect(found?.metrics.throughput).toMatchObject({ runs: 60, bias: 0 })
    for (const seed of [1, 2, 3]) expect(calibrate(shuffled([...old, ...recent], createRng(seed)))).toEqual(found)
  })

  test('is the same in whatever order runs of the same time come', () => {
    const runs = Array.from({ length: 70 }, (_, index) => ({ ...runOf(0, [index / 1000, 0.1]), id: `run-${index}` }))
    const found = calibrate(runs)
    for (const seed of [1, 2, 3]) expect(calibrate(shuffled(runs, createRng(seed)))).toEqual(found)
  })

  test('gives the ruler its noise and floor, by its name', () => {
    const known = calibrate(exact(...around(0, 0.02)))!
    const { noise, floor } = known.metrics.throughput!
    expect(noiseOf('abc', known)).toEqual({ name: 'abc', metrics: { throughput: { noise, floor } } })
  })

  test('finds 99 % of the runs of a healthy machine below its floor', () => {
    const normal = gaussian('healthy machine')
    const estimate = (): number => 0.005 + 0.02 * normal()
    let [above, all] = [0, 0]
    for (let machine = 0; machine < 200; machine++) {
      const floor = throughputOf(exact(...Array.from({ length: 20 }, estimate)))?.floor ?? 0
      for (let run = 0; run < 50; run++, all++) if (estimate() > floor) above++
    }
    // At least 99 % with a confidence of 95 % means far fewer on the average.
    expect(above / all).toBeLessThan(0.005)
  })
})

/** The probability of just so many of 2 % each. */
function binomialTerm(runs: number, count: number): number {
  const ways = Array.from({ length: count }, (_, index) => (runs - index) / (index + 1)).reduce((a, b) => a * b, 1)
  return ways * 0.02 ** count * 0.98 ** (runs - count)
}

describe('the test of a calibration on itself', () => {
  const normal = gaussian('self-test')
  const healthy = (count: number, spread = 0.01): readonly ControlRun[] =>
    Array.from({ length: count }, (_, index) =>
      runOf(
        index,
        Array.from({ length: 12 }, () => spread * normal()),
      ),
    )

  test('judges every run by the ruler of the others, of which none of a healthy machine fails', () => {
    expect(selfTest(healthy(20), 'process')).toEqual({ runs: 20, failed: [], sound: true })
  })

  test('needs one run more than a calibration does', () => {
    expect(selfTest(healthy(10), 'process')).toEqual({ runs: 0, failed: [], sound: true })
    expect(selfTest(healthy(11), 'process').runs).toBe(11)
  })

  test.each([0.3, -0.3])('names a run that differs by %d, to whichever side', (shift) => {
    const [first, ...others] = healthy(20)
    const odd = { ...first!, metrics: { throughput: first!.metrics.throughput!.map((value) => value + shift) } }
    expect(selfTest([odd, ...others], 'process')).toEqual({ runs: 20, failed: ['run-0'], sound: true })
  })

  test.each([
    ['process', ['throughput']],
    ['build', ['throughput', 'p50', 'p99', 'cpu', 'rss', 'heap']],
  ] as const)('goes by all that a difference of %s may fail a run by, and by nothing else', (kinship, gated) => {
    const failing = metricNames.filter((metric) => {
      const [first, ...others] = healthy(12).map((run) => ({ ...run, metrics: { [metric]: run.metrics.throughput! } }))
      const odd = { ...first!, metrics: { [metric]: first!.metrics[metric]!.map((value) => value + 0.5) } }
      return selfTest([odd, ...others], kinship).failed.length > 0
    })
    expect(failing.toSorted()).toEqual(gated.toSorted())
  })

  test('rests on the runs that count: no more than the newest sixty', () => {
    expect(selfTest(healthy(62), 'process').runs).toBe(60)
  })

  test.each([
    [11, 2],
    [20, 2],
    [60, 4],
  ])('finds %i runs sound of which %i fail, and not where one more does', (runs, most) => {
    // The chance of so many or more, of runs that fail once in fifty; a sum of the binomial's own terms.
    const atLeast = (count: number): number =>
      Array.from({ length: runs - count + 1 }, (_, index) => binomialTerm(runs, count + index)).reduce((a, b) => a + b)
    expect([atLeast(most) >= 0.01, atLeast(most + 1) >= 0.01]).toEqual([true, false])
    expect(isSound({ runs, failed: most })).toBe(true)
    expect(isSound({ runs, failed: most + 1 })).toBe(false)
    expect(isSound({ runs, failed: 0 })).toBe(true)
  })
})
