import { expect, test } from 'vitest'
import { emptyArm, type SliceUse } from '../../../harness/measure/measurements.ts'
import type { Arm } from '../../../harness/plan/arms.ts'
import { heldNothing, readHeld } from '../../../harness/run/held.ts'
import type { CarriedSlice } from '../../../harness/run/slice.ts'
import { summaryOf } from '../../../harness/run/summary.ts'
import type { HeapAccess } from '../../../harness/target/heap/heap.ts'

const arm = { id: 'baseline/baseline-direct' } as Arm

/** A slice of which a hundred operations took 1 to 100 ms; with a schedule, each waited for 1 s before. */
function carried(use: SliceUse, scheduled: boolean): CarriedSlice {
  const { latencies, ...rest } = emptyArm(arm, [])
  for (let ms = 1; ms <= 100; ms++) {
    latencies.ok.record(1000 * ms)
    if (scheduled) latencies.corrected.record(1000 * (1000 + ms))
  }
  return { startNs: 0, measurement: { ...rest, latencies, use } } as unknown as CarriedSlice
}

test('slow operations are counted where it is known what is slow, and latency is taken from the slice', () => {
  const slow = (use: SliceUse, scheduled: boolean, slowOverMs?: number) =>
    summaryOf(arm, { round: 0, order: 0, ...(slowOverMs !== undefined && { slowOverMs }) }, carried(use, scheduled), {
      ...heldNothing,
    }).slow
  expect(slow('both', false, 90.5)).toBe(10)
  // From when they were to start.
  expect(slow('latency', true, 90.5)).toBe(100)
  expect([slow('throughput', false, 90.5), slow('both', false)]).toEqual([null, null])
})

test('what a process holds is its own memory where that can be read, and its heap at the end of its round', async () => {
  const life = (anonymousKb: number | null, heap: HeapAccess) =>
    ({ anonymousKb: () => anonymousKb, target: { heap } }) as unknown as Parameters<typeof readHeld>[0]
  const probe = { collect: () => Promise.resolve(5000) }
  expect(await readHeld(life(9000, { probe }), 12_000, false)).toEqual({ rssKb: 9000, heapKb: null })
  expect(await readHeld(life(null, { probe }), 12_000, true)).toEqual({ rssKb: 12_000, heapKb: 5000 })
  expect(await readHeld(life(9000, { missing: 'x' }), null, true)).toEqual({ rssKb: 9000, heapKb: null })
  const dead = { probe: { collect: () => Promise.reject(new Error('it has ended')) } }
  expect(await readHeld(life(null, dead), null, true)).toEqual(heldNothing)
})
