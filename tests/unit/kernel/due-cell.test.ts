import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dueTick, longestWaitNs, msUntil, noDue } from '../../../harness/kernel/due-cell.ts'

const uptimes = fc.double({ min: 0, max: 10 * 366 * 86_400e9, noNaN: true })

describe('the cell of a due time', () => {
  test('is never early and at most two microseconds late, at any uptime and for any wait that it can hold', () => {
    fc.assert(
      fc.property(uptimes, fc.double({ min: 0, max: longestWaitNs, noNaN: true }), (nowNs, waitNs) => {
        const late = msUntil(dueTick(nowNs + waitNs), nowNs) * 1e6 - waitNs
        // Numbers of this size are some hundred nanoseconds apart.
        expect(late).toBeGreaterThan(-200)
        expect(late).toBeLessThan(3_200)
      }),
    )
  })

  test('knows a past time for one', () => {
    expect(msUntil(dueTick(5e9), 5.5e9)).toBe(-500)
    expect(msUntil(dueTick(2 ** 32 * 1e3 - 1e6), 2 ** 32 * 1e3 + 1e6)).toBe(-2)
  })

  test('never takes a due time for none', () => {
    for (const dueNs of [0, 2 ** 32 * 1e3, 2 ** 33 * 1e3 - 10]) expect(dueTick(dueNs)).not.toBe(noDue)
  })
})
