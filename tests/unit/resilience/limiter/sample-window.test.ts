import { describe, expect, it } from 'vitest'
import { SampleWindow } from '../../../../harness/resilience/limiter/sample-window.ts'

const ms = 1e6

function gathered() {
  const samples: { tookNs: number; inFlight: number; dropped: boolean }[] = []
  const sample = (tookNs: number, inFlight: number, dropped: boolean) => samples.push({ tookNs, inFlight, dropped })
  return { samples, window: new SampleWindow({ limit: 1, sample: (...of) => void sample(...of) }) }
}

describe('a window of samples', () => {
  it('hands on the mean time, the most in flight and whether one was dropped, once a second', () => {
    const { samples, window } = gathered()
    for (let end = 0; end <= 10; end++) window.add(end * ms, end, end === 3, end * 100 * ms)
    expect(samples).toEqual([{ tookNs: 5 * ms, inFlight: 10, dropped: true }])
    for (let end = 0; end <= 10; end++) window.add(7 * ms, 2, false, (2000 + end * 100) * ms)
    expect(samples.slice(1)).toEqual([{ tookNs: 7 * ms, inFlight: 2, dropped: false }])
  })

  it('waits for ten ends, however long that takes', () => {
    const { samples, window } = gathered()
    for (let end = 0; end < 9; end++) expect(window.add(ms, 1, false, end * 1000 * ms)).toBe(false)
    expect(window.add(ms, 1, false, 9000 * ms)).toBe(true)
    expect(samples).toHaveLength(1)
  })

  it('begins anew after a pause, so that a burst is not a window', () => {
    const { samples, window } = gathered()
    for (let end = 0; end <= 10; end++) window.add(ms, 1, false, end * 100 * ms)
    for (let end = 0; end < 20; end++) window.add(ms, 1, false, 60_000 * ms + end)
    expect(samples).toHaveLength(1)
  })
})
