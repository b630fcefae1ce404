import { expect, test } from 'vitest'
import { createVirtualClock } from '../../../harness/kernel/virtual-clock.ts'
import { type HeapWatchOptions, withHeap } from '../../../harness/run/heap-watch.ts'
import { noReading, type ResourceWatch } from '../../../harness/run/watch.ts'

const idle: ResourceWatch = {
  missing: { count: 0, detail: null },
  take: () => noReading,
  stop: () => Promise.resolve(),
}

/** A watch in virtual time, of a heap whose collections take so long, one after the other; null for one that fails. */
function watched(tookMs: readonly (number | null)[], changes: Partial<HeapWatchOptions> = {}) {
  const clock = createVirtualClock()
  const told: (readonly [fromMs: number, toMs: number | null])[] = []
  let asked = 0
  const collect = async (): Promise<number> => {
    const took = tookMs[asked++] ?? null
    if (took === null) throw new Error('it has ended')
    await clock.sleep(took * 1e6)
    return 1000 + asked
  }
  const watch = withHeap(idle, {
    probe: () => ({ collect }),
    everyNs: 10e9,
    clock,
    isBusy: () => false,
    recess: (fromNs, toNs) => {
      told.push([fromNs / 1e6, toNs === null ? null : toNs / 1e6])
      return Promise.resolve()
    },
    ...changes,
  })
  return { clock, watch, told, asked: () => asked }
}

test('a heap is read at a steady interval, while the workers measure nothing', async () => {
  const { clock, watch, told } = watched([40, 300])
  await clock.advance(22e9)
  // Word is given 50 ms before, what began has 250 ms to end, and what waited as long again as the collection took, or 100 ms.
  expect(told).toEqual([
    [10_050, null],
    [10_050, 10_440],
    [20_390, null],
    [20_390, 21_240],
  ])
  expect(watch.take(0, 10e9).collection).toBeNull()
  expect(watch.take(10e9, 20e9).collection).toEqual({ heapKb: 1001, afterMs: 440, recessMs: 390 })
  await watch.stop()
})

test('a collection that lies across two windows is told to the one in which it ends', async () => {
  const { clock, watch } = watched([400])
  await clock.advance(11e9)
  const [first, second] = [watch.take(0, 10.2e9).collection, watch.take(10.2e9, 20e9).collection]
  expect(first).toEqual({ heapKb: null, afterMs: 10_200, recessMs: 150 })
  expect(second).toEqual({ heapKb: 1001, afterMs: 900, recessMs: 900 })
  await watch.stop()
})

test('a collection waits until the slowest worker has heard of it, and what that began has ended', async () => {
  const clock = createVirtualClock()
  const asked: number[] = []
  const collect = (): Promise<number> => Promise.resolve(asked.push(clock.nowNs() / 1e6))
  const recess = (_: number, toNs: number | null): Promise<void> =>
    toNs === null ? clock.sleep(700e6) : Promise.resolve()
  const options = { probe: () => ({ collect }), everyNs: 10e9, clock, isBusy: () => false, recess }
  const watch = withHeap(idle, options)
  await clock.advance(12e9)
  expect(asked).toEqual([10_950])
  await watch.stop()
})

test('a heap that cannot be read is told as that, and one that takes too long is not asked again', async () => {
  const { clock, watch, asked, told } = watched([null, 60_000, 10])
  await clock.advance(100e9)
  expect(watch.take(0, 15e9).collection?.heapKb).toBeNull()
  expect(asked()).toBe(2)
  expect(told.at(-1)?.[1]).not.toBeNull()
  await watch.stop()
})

test('nothing is collected while a fault is in force', async () => {
  let busy = true
  const { clock, watch, asked } = watched([10], { isBusy: () => busy })
  await clock.advance(30e9)
  expect(asked()).toBe(0)
  busy = false
  await clock.advance(2e9)
  expect(asked()).toBe(1)
  await watch.stop()
})

test('a watch that is stopped in a collection ends the recess', async () => {
  const { clock, watch, told } = watched([5000])
  await clock.advance(12e9)
  await watch.stop()
  expect(told).toEqual([
    [10_050, null],
    [10_050, 12_000],
  ])
})
