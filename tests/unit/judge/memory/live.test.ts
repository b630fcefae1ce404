import { describe, expect, test } from 'vitest'
import { rounded } from '../../../../harness/archive/text.ts'
import {
  type LiveTerms,
  memoryDoubts,
  memoryOfWindows,
  memoryReasons,
  type MemoryVerdict,
} from '../../../../harness/judge/memory/live.ts'
import type { MemoryWindow } from '../../../../harness/judge/memory/lows.ts'
import { createRng } from '../../../../harness/kernel/rng.ts'
import { memoryRun } from '../../../support/memory-noise.ts'
import { windowsOfTrace } from '../../../support/memory-windows.ts'

const terms: LiveTerms = { calibration: null, heap: null, memoryCeiling: true, overloaded: false }

/** Windows of a generated target that also has files and threads; a leak is of bytes per request at 400 a second. */
function windowsOf(minutes: number, leakBytesPerRequest = 0): MemoryWindow[] {
  const rng = createRng('live').fork(minutes)
  const trace = memoryRun({ minutes, noises: ['warmup', 'sawtooth'], leakBytesPerRequest }, rng)
  return windowsOfTrace(trace).map((window) => ({
    ...window,
    fds: 20,
    threads: 9,
    lows: window.lows ? { ...window.lows, fds: 19, threads: 8 } : null,
  }))
}

const verdictsOf = ({ kinds }: MemoryVerdict) => kinds.map(({ verdict }) => verdict)
const inconclusive = (verdict: MemoryVerdict) =>
  memoryDoubts(verdict)
    .filter(({ effect }) => effect === 'inconclusive')
    .map(({ kind, taints }) => `${kind} ${taints.join()}`)

describe('sustained load', () => {
  test('of 20 minutes passes where the target comes to a level, and says once that nothing is calibrated', () => {
    const verdict = memoryOfWindows(windowsOf(20), terms)
    expect(verdictsOf(verdict)).toEqual(['pass', 'pass', 'pass'])
    expect(memoryReasons(verdict)).toEqual([])
    expect(memoryDoubts(verdict)).toMatchObject([{ kind: 'uncalibrated', taints: ['rss', 'fds', 'threads'] }])
  })

  test('of 12 minutes fails where 500 B of each request are kept, with drift as the exit code', () => {
    const verdict = memoryOfWindows(windowsOf(12, 500), terms)
    expect(verdictsOf(verdict)).toEqual(['fail', 'pass', 'pass'])
    const [{ code, text } = { code: 0, text: '' }] = memoryReasons(verdict)
    expect(code).toBe(115)
    expect(text).toMatch(
      /^leak of memory \(RSS\): 1[12]\d{3}.* KiB more per minute, (4[5-9]|5[0-4])\d B per request, allowed: /u,
    )
  })

  test('fails by files and by threads that come and stay, each for itself', () => {
    const windows = windowsOf(20).map((window, index) => ({
      ...window,
      lows: { ...window.lows!, fds: 19 + index, threads: 8 + Math.floor(index / 4) },
    }))
    expect(verdictsOf(memoryOfWindows(windows, terms))).toEqual(['pass', 'fail', 'fail'])
  })

  test('under 10 minutes is not judged, says so, and is no doubt', () => {
    const verdict = memoryOfWindows(windowsOf(5, 500), terms)
    expect(verdict).toMatchObject({ kinds: [], whyNot: 'the sustained load took 300 s of at least 600 s' })
    expect([...memoryReasons(verdict), ...memoryDoubts(verdict)]).toEqual([])
    expect(memoryOfWindows([], terms).whyNot).toBe('there was no sustained load')
    expect(memoryOfWindows(windowsOf(12, 500), { ...terms, overloaded: true }).kinds).toEqual([])
  })

  test('that ended a moment before its 10 minutes is judged', () => {
    const windows = windowsOf(10)
    const last = windows.at(-1)!
    expect(memoryOfWindows([...windows.slice(0, -1), { ...last, toMs: last.toMs - 300 }], terms).whyNot).toBeNull()
  })

  test('is inconclusive where too much was not read, and where the target was started again too late', () => {
    const gaps = windowsOf(20).map((window, index) => (index % 10 === 0 ? { ...window, lows: null } : window))
    expect(inconclusive(memoryOfWindows(gaps, terms))).toEqual([
      'samples-missing rss',
      'samples-missing fds',
      'samples-missing threads',
    ])
    const again = windowsOf(20).map((window, index) => ({
      ...window,
      lows: { ...window.lows!, restarts: index < 90 ? 0 : 1 },
    }))
    const verdict = memoryOfWindows(again, terms)
    expect(verdict).toMatchObject({ whyNot: null, restarts: 1, fromMs: 900_000 })
    expect(new Set(verdictsOf(verdict))).toEqual(new Set(['inconclusive']))
  })

  test('takes no leak from what a fault does, and is inconclusive where faults leave too little', () => {
    const faulted = (from: number, to: number) =>
      windowsOf(20).map((window, index) =>
        index < from || index >= to
          ? window
          : {
              ...window,
              faults: ['slow'],
              lows: { ...window.lows!, memoryKb: window.lows!.memoryKb! + 5000 * (index - from) },
            },
      )
    expect(verdictsOf(memoryOfWindows(faulted(90, 120), terms))).toEqual(['pass', 'pass', 'pass'])
    expect(verdictsOf(memoryOfWindows(faulted(20, 120), terms))).toEqual([
      'inconclusive',
      'inconclusive',
      'inconclusive',
    ])
  })

  test('is void where memory cannot be read and has a ceiling, and not judged where it has none and nothing can be', () => {
    const unread = windowsOf(12).map((window) => ({ ...window, memoryKb: null, fds: null, threads: null, lows: null }))
    const verdict = memoryOfWindows(unread, terms)
    expect(verdictsOf(verdict)).toEqual(['void', 'inconclusive', 'inconclusive'])
    expect(memoryDoubts(verdict).map(({ kind }) => kind)).toContain('memory-unreadable')
    expect(memoryOfWindows(unread, { ...terms, memoryCeiling: false })).toMatchObject({
      kinds: [],
      whyNot: 'nothing can be read of the target, and its memory has no ceiling',
    })
  })

  test('is held to its calibration', () => {
    const calibration = { name: 'a1b2', bounds: [[12, 20_000]] as const }
    const verdict = memoryOfWindows(windowsOf(12, 500), { ...terms, calibration })
    expect(verdict).toMatchObject({ calibration: 'a1b2', kinds: [{ bound: 20_000 }, {}, {}] })
    expect(verdict.kinds[0]?.verdict).not.toBe('fail')
  })
})

test('a verdict is the same from the file of the windows, whose fractions are rounded', () => {
  const windows = windowsOf(20, 30).map((window) => ({
    ...window,
    fromMs: window.fromMs + 1234.567891,
    toMs: window.toMs + 1234.567891,
  }))
  const lines = windows.map((window) => JSON.parse(JSON.stringify(rounded(window))) as MemoryWindow)
  expect(JSON.stringify(memoryOfWindows(lines, terms))).toBe(JSON.stringify(memoryOfWindows(windows, terms)))
})

test('windows of before, which have no lower ends, are read as windows of which nothing is known', () => {
  const old = windowsOf(12).map(({ lows: _, threads: _threads, ...window }) => window)
  expect(verdictsOf(memoryOfWindows(old, terms))).toEqual(['inconclusive', 'inconclusive', 'inconclusive'])
})

describe('a heap that is collected by force', () => {
  const asked: LiveTerms = { ...terms, heap: { asked: true, missing: null } }
  const told: LiveTerms = { ...terms, heap: { asked: false, missing: 'it is no program of Node' } }

  /** The same with its heap read in every second window, which grows by so much per request from 20 MiB on. */
  const withHeaps = (windows: readonly MemoryWindow[], bytesPerRequest: number): MemoryWindow[] =>
    windows.map((window, index) => {
      const heapKb = 20_480 + (3 * ((7 * index) % 11) + index * 4000 * bytesPerRequest) / 1024
      return index % 2 === 1 ? { ...window, collection: { heapKb, afterMs: 5000, recessMs: 200 } } : window
    })

  test('shows a leak of 100 B per request in five minutes, which is too little for all else', () => {
    const verdict = memoryOfWindows(withHeaps(windowsOf(5), 100), told)
    expect(verdict.kinds.map(({ kind, verdict: one }) => [kind, one])).toEqual([['heap', 'fail']])
    expect(verdict.kinds[0]?.trend?.perRequest).toBeCloseTo(100 / 1024, 2)
    expect(memoryReasons(verdict)).toMatchObject([{ code: 115, text: expect.stringContaining('leak of the heap: ') }])
    expect(verdict.heap).toEqual({ missing: null, growth: 'heap' })
    expect(verdictsOf(memoryOfWindows(withHeaps(windowsOf(5), 0), told))).toEqual(['pass'])
  })

  test('tells a leak from what lies outside of it', () => {
    const leaking = memoryOfWindows(withHeaps(windowsOf(12, 500), 500), told)
    expect([verdictsOf(leaking), leaking.heap?.growth]).toEqual([['fail', 'pass', 'pass', 'fail'], 'heap'])
    const native = memoryOfWindows(withHeaps(windowsOf(12, 500), 0), told)
    expect([verdictsOf(native), native.heap?.growth]).toEqual([['fail', 'pass', 'pass', 'pass'], 'outside'])
    expect(memoryReasons(native).map(({ text }) => text)).toEqual([expect.stringMatching(/the heap does not grow/u)])
  })

  test('is void where the profile asks for it and nothing can be read; else it is told why there is none', () => {
    const unread = memoryOfWindows(windowsOf(12), asked)
    expect(verdictsOf(unread)).toEqual(['pass', 'pass', 'pass', 'void'])
    expect(memoryDoubts(unread)).toContainEqual(expect.objectContaining({ kind: 'memory-unreadable', effect: 'void' }))
    const without = memoryOfWindows(windowsOf(12), told)
    expect(verdictsOf(without)).toEqual(['pass', 'pass', 'pass'])
    expect(without.heap).toEqual({ missing: 'it is no program of Node', growth: null })
  })

  test('is inconclusive where it was not read for a third of the time', () => {
    const gap = withHeaps(windowsOf(12), 0).map((window, index) => {
      const { collection, ...others } = window
      return index > 20 && index < 50 ? others : { ...others, ...(collection && { collection }) }
    })
    const verdict = memoryOfWindows(gap, told)
    expect(verdictsOf(verdict)).toEqual(['pass', 'pass', 'pass', 'inconclusive'])
    expect(inconclusive(verdict)).toEqual(['samples-missing heap'])
  })

  test('is not read under a fault, and begins anew with the target', () => {
    const windows = withHeaps(windowsOf(24), 0).map((window, index) => {
      const { collection = null } = window
      const restarts = index < 40 ? 0 : 1
      const high = collection && { ...collection, heapKb: 900_000 }
      const seen = index < 40 || index % 9 === 1 ? high : collection
      const faults = index % 9 === 1 ? ['latency'] : []
      const lows = window.lows ? { ...window.lows, restarts } : null
      return { ...window, faults, collection: seen, lows }
    })
    const heap = memoryOfWindows(windows, told).kinds.at(-1)
    expect([heap?.kind, heap?.verdict]).toEqual(['heap', 'pass'])
    expect(heap?.peak).toBeLessThan(21_000)
  })
})
