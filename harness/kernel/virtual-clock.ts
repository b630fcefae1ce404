import { type Clock, nextTurn, sleepOn, type Timer } from './clock.ts'

interface Pending {
  readonly dueNs: number
  readonly order: number
  readonly callback: () => void
}

/** A clock that moves only when told to. */
export interface VirtualClock extends Clock {
  /** Moves time forward, firing what falls due in order; promises get their turn between timers. */
  advance(ns: number): Promise<void>
  /** How many timers wait. */
  pending(): number
}

/** Makes a virtual clock that starts at `startNs`; its dates count from 2026-01-01T00:00:00Z. */
export function createVirtualClock(startNs = 0): VirtualClock {
  const epochMs = Date.UTC(2026, 0, 1)
  let now = startNs
  let order = 0
  const waiting = new Set<Pending>()

  const after = (delayNs: number, callback: () => void): Timer => {
    const entry = { dueNs: now + Math.max(0, delayNs), order: order++, callback }
    waiting.add(entry)
    return { cancel: () => waiting.delete(entry) }
  }

  const nextDue = (limitNs: number): Pending | undefined => {
    let first: Pending | undefined
    for (const entry of waiting) {
      if (entry.dueNs > limitNs) continue
      if (!first || entry.dueNs < first.dueNs || (entry.dueNs === first.dueNs && entry.order < first.order))
        first = entry
    }
    return first
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
      for (let entry = nextDue(limitNs); entry; entry = nextDue(limitNs)) {
        waiting.delete(entry)
        now = entry.dueNs
        entry.callback()
        await nextTurn()
      }
      now = limitNs
    },
  }
}
