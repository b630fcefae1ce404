import { describe, expect, test } from 'vitest'
import { holdCeilings, holdDegradedCeiling, rssDeltaKb } from '../../../harness/judge/ceilings.ts'
import { watchWindows } from '../../../harness/judge/windows.ts'
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
    ...changes,
  }
}

function summaryOf(...windows: readonly Partial<WindowMeasurement>[]) {
  const watch = watchWindows(0, [])
  for (const [index, window] of windows.entries()) watch.add(windowOf(index, window))
  return watch.read()
}

const ceilings = { errorRate: 0.02, rssDeltaKb: 1000 }

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
    const [memory] = holdCeilings(ceilings, [], summary, true).filter(({ expr }) => expr.includes('RSS'))
    expect(memory).toMatchObject({ actual: null, ok: false })
  })

  test('break the error ceiling only where chance cannot have done it', () => {
    const worst = (failed: number, ok: number) =>
      holdCeilings(ceilings, [], summaryOf({ ok, failed }), false).find(({ scope }) => scope.includes('window'))?.ok
    expect(worst(1, 19)).toBe(true)
    expect(worst(50, 950)).toBe(false)
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
    const held = () => holdCeilings(ceilings, [arm], summaryOf(), false)[0]
    expect(held()).toMatchObject({ actual: null, ok: false })
    Object.assign(arm.all.operations, { count: 100, ok: 97, failed: 3 })
    expect(held()).toMatchObject({ actual: 0.03, ok: false })
    Object.assign(arm.all.operations, { count: 100, ok: 98, failed: 2 })
    expect(held()).toMatchObject({ actual: 0.02, ok: true })
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
