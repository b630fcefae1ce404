import { describe, expect, test } from 'vitest'
import { followLows, type LowSeries, type MemoryWindow, seenLows } from '../../../../harness/judge/memory/lows.ts'

const lowsOf = (memoryKb: number | null, restarts = 0) => ({ readings: 10, memoryKb, fds: 20, threads: 8, restarts })

/** A window of ten seconds with 1000 requests. */
function windowAt(index: number, changes: Partial<MemoryWindow> = {}): MemoryWindow {
  return {
    phase: 'stress.long',
    fromMs: 5000 + 10_000 * index,
    toMs: 15_000 + 10_000 * index,
    ok: 990,
    failed: 10,
    memoryKb: 1100,
    fds: 21,
    threads: 9,
    lows: lowsOf(1000),
    faults: [],
    settling: false,
    ...changes,
  }
}

function seriesOf(count: number, changesAt: (index: number) => Partial<MemoryWindow> = () => ({})): LowSeries {
  const watch = followLows()
  for (let index = 0; index < count; index++) watch.add(windowAt(index, changesAt(index)))
  return watch.read()!
}

const levels = (series: LowSeries) => seenLows(series, 'rss').clean.map(({ amount }) => amount)

describe('what is kept of the windows of a run', () => {
  test('is as much of a month as of an hour, and nothing of it is lost', () => {
    const counts = [100, 360, 100_000].map((windows) => {
      const series = seriesOf(windows, (index) => ({ lows: lowsOf(1000 + index) }))
      expect(series.stretches.reduce((sum, { cleanMs }) => sum + cleanMs, 0)).toBe(10_000 * windows)
      expect(series.requests).toBe(1000 * windows)
      expect(levels(series)[0]).toBe(1000)
      // All are of one length, but for the last one.
      expect(new Set(series.stretches.slice(0, -1).map(({ cleanMs }) => cleanMs)).size).toBe(1)
      return series.stretches.length
    })
    expect(Math.max(...counts)).toBeLessThan(90)
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(45)
  })

  test('is the least of neighbours, at their mean time and count of requests', () => {
    const series = seriesOf(90, (index) => ({ lows: lowsOf(index === 3 ? 900 : 1000) }))
    expect(levels(series).slice(0, 3)).toEqual([1000, 900, 1000])
    const [, second] = seenLows({ ...series, toMs: 0 }, 'rss').envelope
    expect(second).toEqual({ seconds: 30, requests: 3000, level: 900 })
  })

  test('is of short windows taken together: one of a second has no lower end of its own', () => {
    const brief = (index: number) => ({
      fromMs: 1000 * index,
      toMs: 1000 * (index + 1),
      lows: { ...lowsOf(1000 - (index % 10)), readings: 1 },
    })
    const { stretches } = seriesOf(30, brief)
    expect(stretches.length).toBeLessThanOrEqual(4)
    expect(stretches.every(({ lows }) => (lows.rss ?? 0) <= 993)).toBe(true)
    expect(
      levels(seriesOf(30, (index) => ({ lows: { ...lowsOf(1000), readings: index === 4 ? 2 : 3 } }))),
    ).toHaveLength(29)
  })

  test('has nothing of windows under a fault, nor of those in which one came or went', () => {
    const series = seriesOf(30, (index) => ({
      faults: index >= 10 && index < 15 ? ['slow'] : [],
      settling: index === 9,
      lows: lowsOf(index >= 9 && index < 15 ? 1 : 1000),
    }))
    expect(levels(series)).toEqual(Array.from({ length: 24 }, () => 1000))
    expect(series.cleanMs).toBe(240_000)
    expect(seenLows(series, 'rss').missing).toBe(0)
  })

  test('begins anew with another phase, and when the target was started again', () => {
    const phases = seriesOf(30, (index) => ({ phase: index < 5 ? 'stress.smoke' : 'stress.long' }))
    expect(phases).toMatchObject({ phaseFromMs: 55_000, fromMs: 55_000, requests: 25_000 })
    const again = seriesOf(30, (index) => ({ lows: lowsOf(1000, index < 20 ? 0 : 1) }))
    expect(again).toMatchObject({ phaseFromMs: 5000, fromMs: 205_000, requests: 10_000, restarts: 1 })
    const down = seriesOf(30, (index) => ({ lows: index < 20 ? lowsOf(1000, 1) : null }))
    expect(down).toMatchObject({ fromMs: 5000, restarts: 1 })
  })

  test('knows of how much time nothing was read: of windows without a reading, and of those that are not there', () => {
    const unread = seriesOf(40, (index) => ({ lows: index % 4 === 0 ? null : lowsOf(1000) }))
    expect(seenLows(unread, 'rss').missing).toBe(0.25)
    const ofOneKind = seriesOf(40, (index) => ({ lows: lowsOf(index % 4 === 0 ? null : 1000) }))
    expect([seenLows(ofOneKind, 'rss').missing, seenLows(ofOneKind, 'fds').missing]).toEqual([0.25, 0])
    const watch = followLows()
    for (let index = 0; index < 40; index++) if (index < 10 || index >= 20) watch.add(windowAt(index))
    expect(seenLows(watch.read()!, 'rss').missing).toBe(0.25)
  })
})
