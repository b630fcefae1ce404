import { expect, test } from 'vitest'
import { createHistogram } from '../../../harness/measure/histogram.ts'
import { emptyArm, type SliceUse } from '../../../harness/measure/measurements.ts'
import type { Arm } from '../../../harness/plan/arms.ts'
import { heldNothing, readHeld } from '../../../harness/run/held.ts'
import type { CarriedSlice } from '../../../harness/run/slice.ts'
import { summaryOf } from '../../../harness/run/summary.ts'
import type { HeapAccess } from '../../../harness/target/heap/heap.ts'

const arm = { id: 'baseline/baseline-direct' } as Arm

/** A slice of which a hundred operations took 1 to 100 ms, and as many more as are told failed after a tenth of a ms. */
function carried(use: SliceUse, failed = 0): CarriedSlice {
  const compared = { ok: createHistogram(), failed: createHistogram() }
  for (let ms = 1; ms <= 100; ms++) compared.ok.record(1000 * ms)
  for (let one = 0; one < failed; one++) compared.failed.record(100)
  return { startNs: 0, measurement: { ...emptyArm(arm, []), use }, compared } as unknown as CarriedSlice
}

test('slow operations are counted where it is known what is slow, and latency is taken from the slice', () => {
  const slow = (use: SliceUse, slowOverMs?: number) =>
    summaryOf(arm, { round: 0, order: 0, ...(slowOverMs !== undefined && { slowOverMs }) }, carried(use), {
      ...heldNothing,
    }).slow
  expect(slow('both', 90.5)).toBe(10)
  expect([slow('throughput', 90.5), slow('both')]).toEqual([null, null])
})

test('failures make no figure of a slice better', () => {
  const figures = [0, 5, 25, 300].map((failed) => {
    const place = { round: 0, order: 0, slowOverMs: 90.5 }
    const { p50Ms, p95Ms, p99Ms, slow } = summaryOf(arm, place, carried('both', failed), { ...heldNothing })
    return [...[p50Ms, p95Ms, p99Ms].map((ms) => Math.round(ms ?? -1)), slow]
  })
  expect(figures).toEqual([
    [50, 95, 99, 10],
    [53, 100, 100, 15],
    [63, 100, 100, 35],
    [100, 100, 100, 310],
  ])
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
