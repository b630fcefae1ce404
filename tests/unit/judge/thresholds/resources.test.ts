import { describe, expect, test } from 'vitest'
import { ResourceFollower } from '../../../../harness/judge/thresholds/resources.ts'
import { createRng } from '../../../../harness/kernel/rng.ts'
import type { ResourceMetric } from '../../../../harness/profile/threshold-metrics.ts'
import { windowAt, type WindowShape } from '../../../support/stress-windows.ts'

function follow(metric: ResourceMetric, windows: readonly WindowShape[]): ResourceFollower {
  const follower = new ResourceFollower(metric)
  for (const [index, shape] of windows.entries()) follower.add(windowAt(index, { ok: 0, ...shape }))
  return follower
}

describe('what a target uses', () => {
  test('is told by its largest window, its mean, and the largest less the first', () => {
    const rss = follow('rss', [{ memoryKb: 100 }, { memoryKb: null }, { memoryKb: 900 }, { memoryKb: 200 }])
    expect(rss.read('max')).toEqual({ actual: 900, window: { fromMs: 2000, toMs: 3000 } })
    expect(rss.read('delta')).toEqual({ actual: 800, window: { fromMs: 2000, toMs: 3000 } })
    expect(rss.read('avg')).toEqual({ actual: 400 })
  })

  test('has a mean over time, not over windows', () => {
    const cpu = follow('cpu', [{ cpuCores: 1 }, { cpuCores: 0.2, toNs: 5e9 }])
    expect(cpu.read('avg').actual).toBeCloseTo((1 + 0.2 * 4) / 5)
  })

  test.each([
    ['fds', { fds: 7 }],
    ['threads', { threads: 7 }],
    ['cpu', { cpuCores: 7 }],
    ['rss', { memoryKb: 7 }],
  ] as const)('of %s is what windows say of it', (metric, shape) => {
    expect(follow(metric, [shape]).read('max').actual).toBe(7)
  })

  test('that nobody could read is nothing', () => {
    expect(follow('fds', [{}, {}]).read('max')).toEqual({ actual: null })
    expect(follow('fds', []).slope()).toBeNull()
  })
})

describe('how fast it grows', () => {
  /** Windows of ten seconds, with noise of some tenths of a per cent, of so many minutes. */
  const course = (minutes: number, levelAt: (hour: number) => number, faultAt?: number): WindowShape[] => {
    const rng = createRng(5).fork('noise')
    return Array.from({ length: minutes * 6 }, (_, index) => {
      const memoryKb = levelAt(index / 360) + 40 * rng.next()
      const faulty = faultAt === index
      return {
        ok: 1000,
        ms: 1,
        fromNs: index * 10e9,
        toNs: (index + 1) * 10e9,
        memoryKb: faulty ? 900_000 : memoryKb,
        lows: { readings: 10, memoryKb, fds: 20, threads: 3, restarts: 0 },
        faults: faulty ? ['slow'] : [],
      }
    })
  }

  test('is the slope of its lower end, per hour, with what noise leaves of that', () => {
    const slope = follow(
      'rss',
      course(30, (hour) => 50_000 + 2048 * hour, 100),
    ).slope()
    expect(slope?.slope).toBeGreaterThan(1950)
    expect(slope?.slope).toBeLessThan(2150)
    expect(slope?.lower).toBeLessThan(slope?.slope ?? 0)
    expect(slope?.upper).toBeGreaterThan(slope?.slope ?? 0)
    expect(slope?.slowest).toBeGreaterThan(1500)
    expect(slope?.usual).toBeCloseTo(0.26 * 1024 * 60, -3)
  })

  test('is not told of less than five minutes, nor of what has no course', () => {
    expect(
      follow(
        'rss',
        course(4, () => 50_000),
      ).slope(),
    ).toBeNull()
    expect(
      follow(
        'cpu',
        course(30, () => 50_000),
      ).slope(),
    ).toBeNull()
  })
})
