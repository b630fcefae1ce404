import { describe, expect, it } from 'vitest'
import { createWindow } from '../../../../harness/resilience/breaker/window.ts'

const seen = ({ calls, failures, slow }: ReturnType<typeof createWindow>) => [calls, failures, slow]

describe('a window of time', () => {
  it('counts what ended in it, by tenths', () => {
    const window = createWindow({ kind: 'time', ns: 100 })
    window.add(true, false, 0)
    window.add(false, true, 9)
    window.add(true, true, 10)
    window.expire(99)
    expect(seen(window)).toEqual([3, 2, 2])
    window.expire(100)
    expect(seen(window)).toEqual([1, 1, 1])
    window.expire(110)
    expect(seen(window)).toEqual([0, 0, 0])
  })

  it.each([100, 105, 1000, 1_000_000_007])('is empty after %i ns in which nothing happened', (idleNs) => {
    const window = createWindow({ kind: 'time', ns: 100 })
    for (let call = 0; call < 20; call++) window.add(true, false, 0)
    window.add(false, false, idleNs)
    expect(seen(window)).toEqual([1, 0, 0])
  })

  it('takes a moment before the last one for that', () => {
    const window = createWindow({ kind: 'time', ns: 100 })
    window.add(true, false, 500)
    window.add(true, false, 420)
    window.expire(590)
    expect(seen(window)).toEqual([2, 2, 0])
  })

  it('may be as short as the clock tells', () => {
    const window = createWindow({ kind: 'time', ns: 1 })
    window.add(true, false, 7)
    expect(seen(window)).toEqual([1, 1, 0])
    window.expire(8)
    expect(seen(window)).toEqual([0, 0, 0])
  })
})

describe('a window of calls', () => {
  it('counts the last ones, whenever they were', () => {
    const window = createWindow({ kind: 'calls', count: 3 })
    for (const failed of [true, true, false, false]) window.add(failed, failed, 0)
    window.expire(1e15)
    expect(seen(window)).toEqual([3, 1, 1])
    window.add(false, true, 1e15)
    expect(seen(window)).toEqual([3, 0, 1])
  })

  it('is empty when it is cleared', () => {
    const window = createWindow({ kind: 'calls', count: 2 })
    for (let call = 0; call < 5; call++) window.add(true, true, 0)
    window.clear()
    expect(seen(window)).toEqual([0, 0, 0])
    window.add(false, false, 0)
    expect(seen(window)).toEqual([1, 0, 0])
  })
})
