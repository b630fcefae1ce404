import { expect, test } from 'vitest'
import { Recess } from '../../../harness/load/recess.ts'
import { runFakeSlice } from '../../support/fake-slice.ts'

test('a recess has what is to begin in it, and nothing before or after', () => {
  const recess = new Recess(100)
  expect([recess.has(0), recess.has(150), recess.takenNs(1000)]).toEqual([false, false, 0])
  recess.set(200, null)
  expect([recess.has(199), recess.has(200), recess.has(1e15)]).toEqual([false, true, true])
  expect(recess.takenNs(250)).toBe(50)
  recess.set(200, 300)
  expect([recess.has(299), recess.has(300)]).toEqual([true, false])
  expect(recess.takenNs(1000)).toBe(100)
})

test('recesses add up, but for what lies before the measured time or after the end', () => {
  const recess = new Recess(100)
  for (const [from, to] of [
    [50, 120],
    [400, 500],
    [900, 1200],
  ] as const) {
    recess.set(from, null)
    recess.set(from, to)
  }
  expect(recess.takenNs(1000)).toBe(20 + 100 + 100)
})

test('what begins in a recess of a slice is counted, but neither measured nor part of the measured time', async () => {
  const run = async (toNs: number) => {
    let inWindows = 0
    const { report } = await runFakeSlice({
      emit: ({ ok }) => (inWindows += ok),
      meanwhile: (slice) => {
        slice.recess(1.25e9, null)
        slice.recess(1.25e9, toNs)
      },
    })
    const { all, measured, measuredNs } = report
    return { measuredNs, all: all.operations.ok, ok: measured.operations.ok, inWindows }
  }
  const [none, quarter] = [await run(1.25e9), await run(1.5e9)]
  expect(none).toMatchObject({ measuredNs: 1e9, ok: 200, inWindows: 200 })
  expect(quarter).toEqual({ measuredNs: 0.75e9, all: none.all, ok: 150, inWindows: 150 })
})
