import { expect, test } from 'vitest'
import { followSeries } from '../../../../harness/judge/metastable/follow.ts'
import type { WindowMeasurement } from '../../../../harness/measure/measurements.ts'

const phase = 'stress.smoke'
const identity = { id: phase, phase, phaseKind: 'stress', kind: 'baseline', path: 'direct', policy: null } as const

function windowOf(index: number, changes: Partial<WindowMeasurement> = {}): WindowMeasurement {
  return {
    identity,
    slice: 0,
    index,
    fromNs: index * 1e9,
    toNs: (index + 1) * 1e9,
    ok: 90,
    degraded: 0,
    threads: null,
    cpuCores: null,
    lows: null,
    failed: 10,
    p50Ms: 1,
    p99Ms: 2,
    memoryKb: null,
    fds: null,
    okLatency: '',
    faults: [],
    settling: false,
    series: { offered: 100, bins: [60, 50] },
    queue: null,
    collection: null,
    ...changes,
  }
}

const segment = { phase, windowNs: 1e9, durationNs: 4e9 }

test('windows become the steps of a series, whose attempts are those of their bins', () => {
  const watch = followSeries(segment)
  for (const index of [0, 1]) watch.add(windowOf(index))
  expect(watch.read()).toEqual({
    stepNs: 1e9,
    points: Array.from({ length: 2 }, () => ({
      offered: 100,
      good: 90,
      attempts: 110,
      served: null,
      wasted: null,
      queueAgeNs: null,
    })),
    binNs: 100e6,
    bins: [60, 50, 60, 50],
  })
})

test('what the target served is told from one reading to the next', () => {
  const watch = followSeries(segment)
  watch.add(windowOf(0, { queue: { served: 1000, wasted: 10, oldestNs: 5 } }))
  watch.add(windowOf(1))
  watch.add(windowOf(2, { queue: { served: 1200, wasted: 30, oldestNs: 7 } }))
  expect(watch.read().points).toMatchObject([
    { served: null, wasted: null, queueAgeNs: 5 },
    { served: null, wasted: null, queueAgeNs: null },
    { served: 200, wasted: 20, queueAgeNs: 7 },
  ])
})

test('a target that began anew counts from nothing', () => {
  const watch = followSeries(segment)
  watch.add(windowOf(0, { queue: { served: 1000, wasted: 10, oldestNs: 5 } }))
  watch.add(windowOf(1, { queue: { served: 40, wasted: 3, oldestNs: 0 } }))
  expect(watch.read().points[1]).toMatchObject({ served: 40, wasted: 3 })
})

test('bins follow each other evenly, also where the window is no multiple of them', () => {
  expect(followSeries({ phase, windowNs: 250e6, durationNs: 1e9 }).read().binNs).toBeCloseTo(250e6 / 3)
  expect(followSeries({ phase, windowNs: 20e6, durationNs: 1e9 }).read().binNs).toBe(20e6)
})

test('other phases, the last window and what was cut short are passed over', () => {
  const watch = followSeries(segment)
  watch.add(windowOf(0, { identity: { ...identity, phase: 'stress.long' } }))
  for (const index of [0, 1, 2, 3]) watch.add(windowOf(index))
  expect(watch.read().points).toHaveLength(3)
  const short = followSeries(segment)
  short.add(windowOf(0, { toNs: 0.4e9 }))
  expect(short.read().points).toEqual([])
})
