import { describe, expect, test } from 'vitest'
import { createVirtualClock } from '../../../harness/kernel/virtual-clock.ts'

describe('a virtual clock', () => {
  test('moves only when told to', async () => {
    const clock = createVirtualClock(5)
    expect(clock.nowNs()).toBe(5)
    await clock.advance(10)
    expect(clock.nowNs()).toBe(15)
    expect(clock.date().toISOString()).toBe('2026-01-01T00:00:00.000Z')
    await clock.advance(1e9)
    expect(clock.date().toISOString()).toBe('2026-01-01T00:00:01.000Z')
  })

  test('fires in the order of due times, equal ones in the order of their making, each at its own time', async () => {
    const clock = createVirtualClock()
    const fired: string[] = []
    const at = (name: string, ns: number) => clock.after(ns, () => fired.push(`${name}@${clock.nowNs()}`))
    at('late', 30)
    at('first', 10)
    at('second', 10)
    at('beyond', 31)
    await clock.advance(30)
    expect(fired).toEqual(['first@10', 'second@10', 'late@30'])
    expect(clock.pending()).toBe(1)
  })

  test('fires what is made while it advances, when that falls due in time', async () => {
    const clock = createVirtualClock()
    const times: number[] = []
    const tick = (): void => {
      times.push(clock.nowNs())
      clock.after(10, tick)
    }
    clock.after(10, tick)
    await clock.advance(35)
    expect(times).toEqual([10, 20, 30])
  })

  test('gives promises their turn between timers', async () => {
    const clock = createVirtualClock()
    const times: number[] = []
    const walk = async (): Promise<void> => {
      for (let step = 0; step < 3; step++) {
        await clock.sleep(10)
        times.push(clock.nowNs())
      }
    }
    const walking = walk()
    await clock.advance(30)
    await walking
    expect(times).toEqual([10, 20, 30])
  })

  test('runs at once what is made of events alone, in the same order', () => {
    const clock = createVirtualClock()
    const fired: string[] = []
    const tick = (): void => {
      fired.push(`tick@${clock.nowNs()}`)
      clock.after(10, tick)
    }
    clock.after(10, tick)
    clock.after(20, () => fired.push('other'))
    clock.run(25)
    expect(fired).toEqual(['tick@10', 'other', 'tick@20'])
    expect(clock.nowNs()).toBe(25)
    expect(clock.pending()).toBe(1)
  })

  test('forgets a cancelled timer and an aborted sleep', async () => {
    const clock = createVirtualClock()
    const reason = new Error('enough')
    const controller = new AbortController()
    const sleeping = clock.sleep(10, controller.signal)
    clock.after(10, () => expect.unreachable()).cancel()
    controller.abort(reason)
    await expect(sleeping).rejects.toBe(reason)
    expect(clock.pending()).toBe(0)
    await clock.advance(20)
  })
})
