import { Alarm } from './alarm.ts'
import { type Clock, realClock, sleepOn, type Timer } from './clock.ts'
import { TimerHeap } from './timer-heap.ts'

/**
 * The machine's clock with waits that end some 0.05 ms late instead of setTimeout's 0.5 to 3: a thread sleeps towards the
 * timer that is due first. Timers keep the process alive, an idle clock does not. Disposing it ends the thread; what still
 * waits then, or is asked of it later, goes by setTimeout.
 */
export function openPreciseClock(): Clock & Disposable {
  const timers = new TimerHeap(() => {
    // While others wait the alarm stays as it is: a ring too many costs less than setting it once more.
    if (timers.size === 0 && !firing) alarm.unset()
  })
  let firing = false

  const fire = (): void => {
    const nowNs = realClock.nowNs()
    // A timer that a callback adds waits for the next turn of the event loop, or adding it again and again would hold that up.
    const before = timers.nextOrder
    const isDue = ({ dueNs, order } = timers.first ?? never): boolean => dueNs <= nowNs && order < before
    firing = true
    try {
      while (isDue()) timers.takeFirst()?.callback()
    } finally {
      // Also when a callback has thrown: the others are still due.
      firing = false
      if (timers.first) alarm.set(timers.first.dueNs)
      else alarm.unset()
    }
  }
  const alarm = new Alarm(fire)

  const after = (delayNs: number, callback: () => void): Timer => {
    const timer = timers.add(realClock.nowNs() + (delayNs > 0 ? delayNs : 0), callback)
    if (timers.first === timer && !firing) alarm.set(timer.dueNs)
    return timer
  }
  return {
    ...realClock,
    after,
    sleep: (ns, signal) => sleepOn({ after }, ns, signal),
    [Symbol.dispose]: () => alarm.close(),
  }
}

const never = { dueNs: Number.POSITIVE_INFINITY, order: 0 }
