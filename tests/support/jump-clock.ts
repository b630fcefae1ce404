import type { Clock } from '../../harness/kernel/clock.ts'
import { sleepOn } from '../../harness/kernel/clock.ts'

/** A clock that counts the timers it has given out and not seen the end of. */
export interface WatchedClock extends Clock {
  pending(): number
}

/** Another clock, its timers counted. */
export function watchClock(clock: Clock): WatchedClock {
  const open = new Set<object>()
  return {
    ...clock,
    pending: () => open.size,
    after(delayNs, callback) {
      const key = {}
      open.add(key)
      const timer = clock.after(delayNs, () => {
        open.delete(key)
        callback()
      })
      return {
        cancel() {
          open.delete(key)
          timer.cancel()
        },
      }
    },
  }
}

/** A clock on which nothing takes time: it stands still until a timer waits, and is then moved to its end. */
export function createJumpClock(): Clock {
  let nowNs = 1e9
  const after: Clock['after'] = (delayNs, callback) => {
    const dueNs = nowNs + Math.max(0, delayNs)
    const handle = setImmediate(() => {
      nowNs = Math.max(nowNs, dueNs)
      callback()
    })
    return { cancel: () => clearImmediate(handle) }
  }
  return { nowNs: () => nowNs, date: () => new Date(0), after, sleep: (ns, signal) => sleepOn({ after }, ns, signal) }
}
