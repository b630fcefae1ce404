import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SlidingWindow } from '../../../../harness/judge/thresholds/sliding.ts'
import { createHistogram, decodeHistogram } from '../../../../harness/measure/histogram.ts'
import type { WindowMeasurement } from '../../../../harness/measure/measurements.ts'
import { windowAt } from '../../../support/stress-windows.ts'

const second = 1e9

/** The percentile of the latency of windows taken together. */
function percentileOf(windows: readonly WindowMeasurement[], percent: number): number | null {
  const all = createHistogram()
  for (const { okLatency } of windows) all.add(decodeHistogram(okLatency))
  return all.percentileMs(percent)
}

test('a window of a length is told as soon as there are enough recorded ones, and then with each one more', () => {
  const sliding = new SlidingWindow(3 * second)
  const spans = [0, 1, 2, 3, 4].map((index) => {
    const slid = sliding.add(windowAt(index))
    return slid && [slid.fromMs, slid.toMs]
  })
  expect(spans).toEqual([null, null, [0, 3000], [1000, 4000], [2000, 5000]])
})

test('a length between those of recorded windows takes one more of them; one below theirs, one', () => {
  const spanOf = (lengthNs: number) => {
    const sliding = new SlidingWindow(lengthNs)
    const slid = [0, 1, 2, 3].map((index) => sliding.add(windowAt(index))).at(-1)
    return slid && slid.toMs - slid.fromMs
  }
  expect([1.5, 0.2, 1, 2].map((seconds) => spanOf(seconds * second))).toEqual([2000, 1000, 1000, 2000])
})

test('it begins anew after a gap, and in another slice', () => {
  const sliding = new SlidingWindow(2 * second)
  const told = [
    windowAt(0),
    windowAt(1),
    windowAt(3),
    windowAt(4),
    windowAt(5, { slice: 1 }),
    windowAt(6, { slice: 1 }),
  ]
  expect(told.map((window) => sliding.add(window) !== null)).toEqual([false, true, false, true, false, true])
})

test('its figures are those of its recorded windows taken together, however many have left it', () => {
  const shapes = fc.array(
    fc.record({ ok: fc.nat(30), failed: fc.nat(5), degraded: fc.nat(3), ms: fc.integer({ min: 1, max: 5000 }) }),
    { minLength: 1, maxLength: 12 },
  )
  fc.assert(
    fc.property(shapes, fc.integer({ min: 1, max: 4 }), (all, count) => {
      const sliding = new SlidingWindow(count * second)
      const windows = all.map((shape, index) => windowAt(index, shape))
      for (const [index, window] of windows.entries()) {
        const slid = sliding.add(window)
        expect(slid === null).toBe(index + 1 < count)
        if (!slid) continue
        const own = windows.slice(index + 1 - count, index + 1)
        const sum = (read: (one: WindowMeasurement) => number): number =>
          own.reduce((total, one) => total + read(one), 0)
        const [ok, failed] = [sum((one) => one.ok), sum((one) => one.failed)]
        const { figures } = slid
        expect(figures).toMatchObject({ failed, ended: ok + failed, degraded: sum((one) => one.degraded) })
        expect(figures.okPerSecond).toBeCloseTo(ok / count)
        const [found, expected] = [figures.percentileMs(50), percentileOf(own, 50)]
        expect(found === null).toBe(expected === null)
        // The largest that is left is known to its bucket, of a thousandth.
        expect(Math.abs((found ?? 0) - (expected ?? 0))).toBeLessThanOrEqual((expected ?? 0) / 1000)
      }
    }),
    { numRuns: 40 },
  )
})
