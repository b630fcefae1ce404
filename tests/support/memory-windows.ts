import { usualBudgets, usualServiceHours } from '../../harness/judge/memory/budget.ts'
import { decideSeen, type MemoryAnswer } from '../../harness/judge/memory/decide.ts'
import { followLows, type LowSeries, type MemoryWindow, seenLows } from '../../harness/judge/memory/lows.ts'
import type { MemoryTrace } from '../../harness/judge/trace/memory-trace.ts'
import { lowOf } from '../../harness/measure/lows.ts'

/** A trace of samples taken once a second, as the windows of a run tell of it. */
export function windowsOfTrace({ samples, kind = 'rss' }: MemoryTrace, windowSeconds = 10): MemoryWindow[] {
  const count = Math.floor(samples.length / windowSeconds)
  return Array.from({ length: count }, (_, index): MemoryWindow => {
    const from = index * windowSeconds
    const inside = samples.slice(from, from + windowSeconds)
    const amounts = inside.map(([, amount]) => amount)
    const known = amounts.filter((amount) => amount !== null).toSorted((a, b) => a - b)
    const median = known[Math.floor((known.length - 1) / 2)] ?? null
    const served = (at: number): number => (samples[at] ?? samples.at(-1))?.[2] ?? 0
    const none = { memoryKb: null, fds: null, threads: null }
    const key = kind === 'fds' || kind === 'threads' ? kind : 'memoryKb'
    return {
      phase: 'stress.long',
      fromMs: from * 1000,
      toMs: (from + windowSeconds) * 1000,
      ok: served(from + windowSeconds) - served(from),
      failed: 0,
      ...none,
      [key]: median,
      lows: { readings: known.length, restarts: 0, ...none, [key]: lowOf(amounts) },
      faults: [],
      settling: false,
    }
  })
}

/** Decides a trace of RSS, files or threads as a live run does, which keeps the lower ends of windows only. */
export function decideInWindows(trace: MemoryTrace): MemoryAnswer {
  const kind = trace.kind === 'fds' || trace.kind === 'threads' ? trace.kind : 'rss'
  const watch = followLows()
  for (const window of windowsOfTrace(trace)) watch.add(window)
  const terms = { calibration: null, ceiling: null, budget: usualBudgets[kind], serviceHours: usualServiceHours }
  return decideSeen(seenLows(watch.read() as LowSeries, kind), terms)
}
