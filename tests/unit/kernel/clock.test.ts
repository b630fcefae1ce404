import { describe, expect, test } from 'vitest'
import { nextTurn, realClock } from '../../../harness/kernel/clock.ts'

const hrtimeNs = (): number => Number(process.hrtime.bigint())

describe('the real clock', () => {
  test('tells the monotonic time that other processes see', () => {
    const before = hrtimeNs()
    const now = realClock.nowNs()
    const after = hrtimeNs()
    // The origin is measured once, within some microseconds.
    expect(now).toBeGreaterThan(before - 1e6)
    expect(now).toBeLessThan(after + 1e6)
  })

  test('never fires early, also between whole milliseconds', async () => {
    for (const ns of [0.3e6, 1.5e6, 2.7e6]) {
      const start = realClock.nowNs()
      await realClock.sleep(ns)
      expect(realClock.nowNs() - start).toBeGreaterThanOrEqual(ns)
    }
  })

  test('does not call back once cancelled', async () => {
    let calls = 0
    realClock.after(1e6, () => calls++).cancel()
    await realClock.sleep(5e6)
    expect(calls).toBe(0)
  })

  test('rejects a sleep with the reason of its signal, at once and while it waits', async () => {
    const reason = new Error('enough')
    await expect(realClock.sleep(60e9, AbortSignal.abort(reason))).rejects.toBe(reason)
    const controller = new AbortController()
    const sleeping = realClock.sleep(60e9, controller.signal)
    controller.abort(reason)
    await expect(sleeping).rejects.toBe(reason)
  })

  test('tells the date', () => {
    expect(Math.abs(realClock.date().getTime() - Date.now())).toBeLessThan(1_000)
  })

  test('lets the event loop go round', async () => {
    let turned = false
    setImmediate(() => (turned = true))
    await nextTurn()
    expect(turned).toBe(true)
  })
})
