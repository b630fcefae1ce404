import { readlinkSync, writeFileSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { realClock } from './clock.ts'
import { dueCell, msUntil, noDue, upCell } from './due-cell.ts'

/** The timer thread: sleeps until the due time in its cell, takes it out, and tells its owner. Its owner ends it. */
const cells = workerData as Int32Array

sharpenTimers()
Atomics.store(cells, upCell, 1)
for (;;) {
  const tick = Atomics.load(cells, dueCell)
  if (tick === noDue) Atomics.wait(cells, dueCell, noDue)
  else if (sleepUntil(tick) && Atomics.compareExchange(cells, dueCell, tick, noDue) === tick)
    parentPort?.postMessage(null)
}

/** False when the cell has changed, so that it must be read again. */
function sleepUntil(tick: number): boolean {
  const leftMs = msUntil(tick, realClock.nowNs())
  return leftMs <= 0 || Atomics.wait(cells, dueCell, tick, leftMs) === 'timed-out'
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
