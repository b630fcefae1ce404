import { expect, test } from 'vitest'
import { comparedAbove, type ComparedLatency, comparedPercentileMs } from '../../../harness/measure/compared-latency.ts'
import { createHistogram } from '../../../harness/measure/histogram.ts'

type Times = readonly (readonly [count: number, ms: number])[]

/** So many operations that took so many ms. */
function latencyOf(ok: Times, failed: Times): ComparedLatency {
  const latency = { ok: createHistogram(), failed: createHistogram() }
  for (const [times, histogram] of [
    [ok, latency.ok],
    [failed, latency.failed],
  ] as const)
    for (const [count, ms] of times) for (let one = 0; one < count; one++) histogram.record(1000 * ms)
  return latency
}

const quantiles = (latency: ComparedLatency): readonly (number | null)[] =>
  [50, 95, 99].map((percent) => comparedPercentileMs(latency, percent))

test('without failures the percentiles are those of what succeeded', () => {
  const latency = latencyOf([[1, 100], ...Array.from({ length: 99 }, (_, at) => [1, 1 + at] as const)], [])
  expect(quantiles(latency)).toEqual([50, 95, 99].map((percent) => latency.ok.percentileMs(percent)))
  expect(comparedAbove(latency, 90.5)).toBe(latency.ok.countAbove(90.5))
})

test('slow operations that run into a timeout do not make the others faster', () => {
  const slow = latencyOf(
    [
      [985, 5],
      [15, 400],
    ],
    [],
  )
  const timedOut = latencyOf(
    [
      [985, 5],
      [6, 400],
    ],
    [[9, 500]],
  )
  expect(timedOut.ok.percentileMs(99)).toBeCloseTo(5, 1)
  expect([slow, timedOut].map((one) => Math.round(comparedPercentileMs(one, 99) ?? 0))).toEqual([400, 400])
  expect([slow, timedOut].map((one) => comparedAbove(one, 300))).toEqual([15, 15])
})

test('operations that fail at once count as no faster than the slowest that succeeded', () => {
  const succeeded = [
    [900, 5],
    [80, 50],
  ] as const
  const quick = latencyOf(succeeded, [[20, 0.1]])
  expect(quantiles(quick).map((ms) => Math.round(ms ?? 0))).toEqual([5, 50, 50])
  expect(comparedAbove(quick, 20)).toBe(100)
  // Where nothing that succeeded was slow, they are not either.
  expect(comparedAbove(quick, 60)).toBe(0)
  const most = latencyOf(succeeded, [[2000, 0.1]])
  expect(Math.round(comparedPercentileMs(most, 50) ?? 0)).toBe(50)
})

test('what failed late counts with the time that it took, in the order of those times', () => {
  const latency = latencyOf(
    [[90, 5]],
    [
      [5, 0.1],
      [4, 300],
      [1, 900],
    ],
  )
  const after = [90, 91, 95, 96, 99, 100].map((percent) => Math.round(comparedPercentileMs(latency, percent) ?? 0))
  expect(after).toEqual([5, 5, 5, 300, 300, 900])
})

test('where nothing succeeded there is no percentile', () => {
  expect(quantiles(latencyOf([], [[10, 3]]))).toEqual([null, null, null])
  expect(quantiles(latencyOf([], []))).toEqual([null, null, null])
})
