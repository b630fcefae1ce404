import { describe, expect, test } from 'vitest'
import { decodeHistogram } from '../../../harness/measure/histogram.ts'
import { arrivals as open } from '../../support/arrivals.ts'
import { runFakeSlice } from '../../support/fake-slice.ts'

describe('an open model', () => {
  test('starts what its schedule says, whatever becomes of it', async () => {
    const { report, driver } = await runFakeSlice({
      task: { load: open(100), drainNs: 1e9 },
      answer: () => ({ afterNs: 300e6 }),
    })
    expect(driver.sent.map(({ atNs }) => (atNs - 0.5e9) / 10e6)).toEqual(
      Array.from({ length: 150 }, (_, index) => expect.closeTo(index, 3)),
    )
    expect(driver.mostInFlight).toBe(30)
    expect(report.measured.iterations).toEqual({ count: 100, ok: 100, failed: 0, interrupted: 0, dropped: 0 })
    expect(report.all.operations.ok).toBe(150)
  })

  test('drops what is due while as many are in flight as may be, and starts none of it later', async () => {
    const { report, driver } = await runFakeSlice({
      task: { load: open(100, { maxInFlight: 4 }) },
      answer: () => ({ afterNs: 100e6 }),
    })
    expect(driver.mostInFlight).toBe(4)
    const { count, dropped } = report.measured.iterations
    expect(count + dropped).toBe(100)
    expect(count).toBe(40)
  })

  test('measures from the intended start as well as from the real one', async () => {
    const { report } = await runFakeSlice({ task: { load: open(1000) }, answer: () => ({ afterNs: 5e6 }) })
    const service = decodeHistogram(report.okLatency).summary()
    const corrected = decodeHistogram(report.correctedLatency!).summary()
    expect(service.p50).toBeCloseTo(5, 1)
    expect(corrected.p50).toBeCloseTo(5, 1)
    expect(decodeHistogram(report.sendLateness!).count).toBe(report.measured.iterations.count)
  })

  test('follows a ramp', async () => {
    const load = open({ from: 0, stages: [{ durationNs: 1e9, to: 200 }] })
    const { driver } = await runFakeSlice({ task: { load } })
    const half = driver.sent.filter(({ atNs }) => atNs < 1.5e9).length
    // The area under the ramp: 25 arrivals in the first half, 100 in all.
    expect(half).toBe(25)
    expect(driver.sent.length).toBe(100)
  })

  test('is carried by shards that add up to the schedule of one', async () => {
    const load = open(300, { arrival: 'poisson' })
    const whole = await runFakeSlice({ task: { load } })
    const parts = await Promise.all(
      [0, 1, 2].map((index) => runFakeSlice({ task: { load }, shard: { index, count: 3 } })),
    )
    const sent = parts.flatMap(({ driver }) => driver.sent.map(({ atNs }) => atNs)).toSorted((a, b) => a - b)
    expect(sent).toEqual(whole.driver.sent.map(({ atNs }) => atNs))
  })

  test('ends when its number of iterations is done, and measures that long', async () => {
    const { report, driver } = await runFakeSlice({ task: { load: open(100, { iterations: 70 }) } })
    expect(driver.sent).toHaveLength(70)
    // The seventieth starts 0.69 s after the first, which was half a second before the measured time.
    expect(report.measuredNs / 1e6).toBeCloseTo(200, -1)
  })

  test('cuts off at the end of the drain what is still in flight', async () => {
    const { report, driver } = await runFakeSlice({ task: { load: open(100) }, answer: () => null })
    expect(report.all.operations).toMatchObject({ count: 150, cutOff: 150 })
    expect(report.all.iterations).toMatchObject({ count: 150, interrupted: 150 })
    expect(driver.inFlight).toBe(0)
  })

  test('that is stopped starts nothing more', async () => {
    const { report, driver } = await runFakeSlice({
      task: { load: open(100), measureNs: 60e9 },
      meanwhile: (slice, clock) => void clock.after(1.2e9, () => slice.stop()),
    })
    expect(driver.sent).toHaveLength(70)
    expect(report.measuredNs).toBe(0.2e9)
  })

  test('ends with its last arrival where the rate then stays 0 and a number of iterations is not reached', async () => {
    const load = open({ from: 100, stages: [{ durationNs: 0.2e9, to: 0 }] }, { iterations: 1000 })
    const { report, driver } = await runFakeSlice({ task: { load, measureNs: 3600e9 } })
    expect(driver.sent.length).toBe(60)
    expect(report.measuredNs).toBeLessThan(0.3e9)
  })
})
