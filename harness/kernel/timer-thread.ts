import { readlinkSync, writeFileSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { realClock } from './clock.ts'
import { dueCell, message, msUntil, noDue, upCell } from './due-cell.ts'

/** The timer thread: sleeps until the due time in its cell, takes it out, and tells its owner. Its owner ends it. */
const cells = workerData as Int32Array

/** A sleep of this length lets a core halt, and how long before its end it is broken off (tests/bench/timer-lateness.ts). */
const longSleepMs = 8
const rousingMs = 0.4

sharpenTimers()
Atomics.store(cells, upCell, 1)
for (;;) {
  const tick = Atomics.load(cells, dueCell)
  if (tick === noDue) Atomics.wait(cells, dueCell, noDue)
  else if (sleepUntil(tick) && Atomics.compareExchange(cells, dueCell, tick, noDue) === tick)
    parentPort?.postMessage(message.ring)
}

/**
 * False when the cell has changed, so that it must be read again. After a long sleep a core takes some 0.3 ms to come back,
 * and so does the owner's: both are roused shortly before the due time, and what they then sleep is short.
 */
function sleepUntil(tick: number): boolean {
  const leftMs = msUntil(tick, realClock.nowNs())
  if (leftMs > longSleepMs) {
    if (Atomics.wait(cells, dueCell, tick, leftMs - rousingMs) !== 'timed-out') return false
    parentPort?.postMessage(message.rouse)
  }
  const restMs = msUntil(tick, realClock.nowNs())
  return restMs <= 0 || Atomics.wait(cells, dueCell, tick, restMs) === 'timed-out'
}

/** Has the kernel wake this thread without its slack of 50 µs (PR_SET_TIMERSLACK); only Linux has it, and it may be denied. */
function sharpenTimers(): void {
  try {
    const thread = readlinkSync('/proc/thread-self').split('/').at(-1)
    writeFileSync(`/proc/${thread}/timerslack_ns`, '1')
  } catch {
    // A little later, then.
  }
}
