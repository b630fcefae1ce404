import { describe, expect, test } from 'vitest'
import { type CleanLoad, holdCeilings, holdDegradedCeiling, rssDeltaKb } from '../../../harness/judge/ceilings.ts'
import { isBroken } from '../../../harness/judge/limits.ts'
import { watchWindows } from '../../../harness/judge/windows.ts'
import { createRng } from '../../../harness/kernel/rng.ts'
import { clopperPearsonLower } from '../../../harness/measure/binomial.ts'
import { emptyArm, type WindowMeasurement } from '../../../harness/measure/measurements.ts'

const identity = { id: 's', phase: 's', phaseKind: 'stress', kind: 'baseline', path: 'direct', policy: null } as const

function windowOf(index: number, changes: Partial<WindowMeasurement>): WindowMeasurement {
  return {
    identity,
    slice: 0,
    index,
    fromNs: index * 1e9,
    toNs: (index + 1) * 1e9,
    ok: 1000,
    degraded: 0,
    threads: null,
    cpuCores: null,
    lows: null,
    failed: 0,
    p50Ms: 1,
    p99Ms: 2,
    memoryKb: 50_000,
    fds: 20,
    okLatency: '',
    faults: [],
    settling: false,
    series: { offered: 0, bins: [] },
    queue: null,
    collection: null,
    ...changes,
  }
}

function summaryOf(...windows: readonly Partial<WindowMeasurement>[]) {
  const watch = watchWindows([])
  for (const [index, window] of windows.entries()) watch.add(windowOf(index, window))
  return watch.read()
}

const ceilings = { errorRate: 0.02, rssDeltaKb: 1000 }

function heldBy(arms: CleanLoad['arms'], windows = summaryOf(), slices: CleanLoad['slices'] = []) {
  return holdCeilings(ceilings, { arms, slices, windows, stressed: false })
}

describe('the windows of the stress stage', () => {
  test('give the memory delta as the highest window less the first (P14)', () => {
    const summary = summaryOf({ memoryKb: 100 }, { memoryKb: 900 }, { memoryKb: 300 })
    expect(rssDeltaKb(summary)).toBe(800)
    expect(summary.highestMemoryKb).toEqual({ value: 900, fromMs: 1000, toMs: 2000 })
  })

  test('give no memory delta, and never a pass, where none was read (P14)', () => {
    const summary = summaryOf({ memoryKb: null }, { memoryKb: null })
    expect(rssDeltaKb(summary)).toBeNull()
    expect(summary.withoutMemory).toBe(2)
    const [memory] = holdCeilings(ceilings, {
      arms: [],
      slices: [],
      windows: summary,
      stressed: true,
    }).filter(({ expr }) => expr.includes('RSS'))
    expect(memory).toMatchObject({ actual: null, ok: false })
  })

  test('break the error ceiling only where chance cannot have done it', () => {
    const worst = (failed: number, ok: number) =>
      heldBy([], summaryOf({ ok, failed })).find(({ scope }) => scope.includes('window'))?.ok
    expect(worst(1, 19)).toBe(true)
    expect(worst(50, 950)).toBe(false)
  })

  test('share one error, however many they are: a rate below the ceiling does not break it in a night', () => {
    const broken = (night: string, rate: number): boolean => {
      const rng = createRng(night)
      const watch = watchWindows([])
      for (let index = 0; index < 800; index++) {
        const failed = Array.from({ length: 50 }, () => rng.next() < rate).filter(Boolean).length
        watch.add(windowOf(index, { failed, ok: 50 - failed }))
      }
      return (watch.read().worstErrorRate?.value ?? 0) > ceilings.errorRate
    }
    const nights = ['a', 'b', 'c']
    expect(nights.filter((night) => broken(night, 0.015))).toEqual([])
    const watch = watchWindows([])
    for (let index = 0; index < 800; index++) watch.add(windowOf(index, index === 500 ? { failed: 12, ok: 38 } : {}))
    const alpha = 0.01 / 1024
    expect(watch.read().worstErrorRate).toEqual({
      value: clopperPearsonLower(12, 50, alpha),
      fromMs: 500_000,
      toMs: 501_000,
    })
  })

  test('of other phases are passed over', () => {
    expect(summaryOf({ identity: { ...identity, phaseKind: 'policy' } }).windows).toBe(0)
  })

  test('are followed for a leak, and those of ad hoc load are not', () => {
    expect(summaryOf({}, {}).lows).toMatchObject({ phase: 's', fromMs: 0, toMs: 2000, requests: 2000 })
    expect(summaryOf({ identity: { ...identity, phaseKind: 'load' } })).toMatchObject({ windows: 1, lows: null })
  })
})

describe('the error ceiling of a whole arm', () => {
  test('counts discard and drain too, and is not kept where nothing ended', () => {
    const arm = emptyArm(identity, ['hi'])
    const held = () => heldBy([arm])[0]
    expect(held()).toMatchObject({ actual: null, ok: false })
    Object.assign(arm.all.operations, { count: 100, ok: 90, failed: 10 })
    expect(held()).toMatchObject({ actual: 0.1, ok: false })
    expect(isBroken(held()!)).toBe(true)
    Object.assign(arm.all.operations, { count: 100, ok: 98, failed: 2 })
    expect(held()).toMatchObject({ actual: 0.02, ok: true })
    expect(held()).not.toHaveProperty('why')
  })

  test('breaks by any failure where none is allowed', () => {
    const arm = emptyArm(identity, ['hi'])
    Object.assign(arm.all.operations, { count: 1e6, ok: 1e6 - 1, failed: 1 })
    const load = { arms: [arm], slices: [], windows: summaryOf(), stressed: false }
    expect(isBroken(holdCeilings({ ...ceilings, errorRate: 0 }, load)[0]!)).toBe(true)
  })

  test.each(['slices', 'windows'] as const)('says of what chance may explain how its failures lie in %s', (as) => {
    const parts = Array.from({ length: 40 }, (_, index) =>
      index % 4 === 0 ? { ok: 91, failed: 9 } : { ok: 100, failed: 0 },
    )
    const arm = emptyArm(identity, ['hi'])
    Object.assign(arm.all.operations, { count: 4000, ok: 3910, failed: 90 })
    const slices = as === 'slices' ? parts.map((part) => ({ identity, ...part })) : []
    const [unclear] = heldBy([arm], as === 'windows' ? summaryOf(...parts) : summaryOf(), slices)
    expect(unclear).toMatchObject({ actual: 0.0225, ok: false })
    expect(unclear!.why).toMatch(/, and failures came together \(design effect 7\.08\)$/u)
  })
})

test('the ceiling of degraded answers is held against their share of what has ended, and is not kept where nothing has', () => {
  const arm = emptyArm(identity, ['hi'])
  const held = () => holdDegradedCeiling(0.1, [arm])[0]
  expect(held()).toMatchObject({ actual: null, ok: false })
  Object.assign(arm.all.operations, { count: 110, ok: 90, failed: 10, degraded: 10, cutOff: 10 })
  expect(held()).toMatchObject({ actual: 0.1, ok: true, expr: 'degraded rate <= 0.1' })
  Object.assign(arm.all.operations, { degraded: 11 })
  expect(held()).toMatchObject({ actual: 0.11, ok: false })
})
