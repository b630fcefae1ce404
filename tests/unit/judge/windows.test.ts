import { describe, expect, test } from 'vitest'
import {
  type CleanLoad,
  holdCeilings,
  holdDegradedCeiling,
  rssDeltaKb,
  unclearDoubts,
} from '../../../harness/judge/ceilings.ts'
import { isBroken } from '../../../harness/judge/limits.ts'
import { watchWindows } from '../../../harness/judge/windows.ts'
import { createRng } from '../../../harness/kernel/rng.ts'
import { significant } from '../../../harness/kernel/units.ts'
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
  return holdCeilings(ceilings, { arms, slices, windows, usersIn: () => 8, stressed: false })
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
      usersIn: () => 8,
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
    Object.assign(arm.all.operations, { count: 100, ok: 98, failed: 2 })
    expect(held()).toMatchObject({ actual: 0.02, ok: true })
    expect(held()).not.toHaveProperty('why')
  })

  /** Held are these slices or windows, which are all that there is of it, of so many users. */
  const heldParts = (parts: readonly (readonly [ok: number, failed: number])[], as = 'slices', users = 16) => {
    const arm = { ...emptyArm(identity, ['hi']), workers: users }
    const [ok, failed] = [0, 1].map((at) => parts.reduce((sum, part) => sum + part[at]!, 0)) as [number, number]
    Object.assign(arm.all.operations, { count: ok + failed, ok, failed })
    const counts = parts.map((part) => ({ ok: part[0], failed: part[1] }))
    const slices = as === 'slices' ? counts.map((count) => ({ identity, ...count })) : []
    return heldBy([arm], as === 'windows' ? summaryOf(...counts) : summaryOf(), slices)[0]!
  }

  test('is neither kept nor broken where chance may be why it is above, which makes the run inconclusive', () => {
    const one = heldParts([[39, 1]])
    expect(one).toMatchObject({ actual: 0.025, ok: false })
    // Of 40 of which one failed: (1 - bound)^40 = 99 %.
    expect(one.why).toBe(`chance may be why: its lower 99 % bound is ${significant(1 - 0.99 ** (1 / 40))}`)
    expect(isBroken(one)).toBe(false)
    expect(unclearDoubts([one])).toMatchObject([{ kind: 'limit-unclear', effect: 'inconclusive' }])
    const surely = heldParts([[3880, 120]])
    expect(isBroken(surely)).toBe(true)
    expect(unclearDoubts([surely])).toEqual([])
  })

  test('breaks by any failure where none is allowed', () => {
    const arm = emptyArm(identity, ['hi'])
    Object.assign(arm.all.operations, { count: 1e6, ok: 1e6 - 1, failed: 1 })
    const load = { arms: [arm], slices: [], windows: summaryOf(), usersIn: () => 8, stressed: false }
    expect(isBroken(holdCeilings({ ...ceilings, errorRate: 0 }, load)[0]!)).toBe(true)
  })

  test.each(['slices', 'windows'] as const)('counts failures that come together in %s as fewer', (as) => {
    // 2.75 % of 4,000 either way: spread evenly that is surely above 2 %.
    const even = Array.from({ length: 40 }, (_, index) => [97, index < 30 ? 3 : 2] as const)
    const together = Array.from({ length: 40 }, (_, index) =>
      index % 4 === 0 ? ([90, 11] as const) : ([100, 0] as const),
    )
    expect(isBroken(heldParts(even, as))).toBe(true)
    const unclear = heldParts(together, as)
    expect(isBroken(unclear)).toBe(false)
    expect(unclear.why).toMatch(
      /^chance may be why: its lower 99 % bound is 0\.01\d+, since failures came together \(design effect 8\.\d+\)$/u,
    )
  })

  test('does not take what goes on failing for one event: no more come together than there are users', () => {
    const burst = [...Array.from({ length: 3 }, () => [1000, 0] as const), [0, 1000] as const]
    for (const users of [1, 6, 2000]) expect(isBroken(heldParts(burst, 'slices', users))).toBe(true)
    const brief = [...Array.from({ length: 3 }, () => [1000, 0] as const), [850, 150] as const]
    expect([2, 24].map((users) => isBroken(heldParts(brief, 'slices', users)))).toEqual([true, false])
    expect(heldParts(brief, 'slices', 24).why).toMatch(/design effect 24\.0/u)
  })

  test('breaks about once in a hundred runs where the true rate is the ceiling, also where failures come by fives', () => {
    const rng = createRng('clustered')
    const shares = [1, 5].map((cluster) => {
      const runs = Array.from({ length: 300 }, () => {
        const parts = Array.from({ length: 24 }, () => {
          const events = Array.from({ length: 100 / cluster }, () => rng.next() < 0.02).filter(Boolean).length
          return [100 - cluster * events, cluster * events] as const
        })
        return isBroken(heldParts(parts))
      })
      return runs.filter(Boolean).length / runs.length
    })
    for (const share of shares) expect(share).toBeLessThan(0.03)
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
