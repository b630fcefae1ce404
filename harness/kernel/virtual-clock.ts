import { type Clock, nextTurn, sleepOn } from './clock.ts'
import { TimerHeap } from './timer-heap.ts'

/** A clock that moves only when told to. */
export interface VirtualClock extends Clock {
  /** Moves time forward, firing what falls due in order; promises get their turn between timers. */
  advance(ns: number): Promise<void>
  /** The same at once, for what is made of events alone: no promise gets a turn before the end. */
  run(ns: number): void
  /** How many timers wait. */
  pending(): number
}

/** Makes a virtual clock that starts at `startNs`; its dates count from 2026-01-01T00:00:00Z. */
export function createVirtualClock(startNs = 0): VirtualClock {
  const epochMs = Date.UTC(2026, 0, 1)
  let now = startNs
  const waiting = new TimerHeap(() => {})

  const after: Clock['after'] = (delayNs, callback) => waiting.add(now + Math.max(0, delayNs), callback)

  /** Fires the first timer, when it is due by then; false when none is. */
  const fireNext = (limitNs: number): boolean => {
    const { first } = waiting
    if (!first || first.dueNs > limitNs) return false
    waiting.takeFirst()
    now = first.dueNs
    first.callback()
    return true
  }

  return {
    nowNs: () => now,
    date: () => new Date(epochMs + now / 1e6),
    after,
    sleep: (ns, signal) => sleepOn({ after }, ns, signal),
    pending: () => waiting.size,
    async advance(ns) {
      const limitNs = now + ns
      await nextTurn()
      while (fireNext(limitNs)) await nextTurn()
      now = limitNs
    },
    run(ns) {
      const limitNs = now + ns
      while (fireNext(limitNs));
      now = limitNs
    },
  }
}
