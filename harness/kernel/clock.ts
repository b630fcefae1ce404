import { performance } from 'node:perf_hooks'

/** A timer that has not fired yet. */
export interface Timer {
  cancel(): void
}

/** Time as everything in soakrig sees it: monotonic nanoseconds, and waits that take a signal. */
export interface Clock {
  /** Monotonic nanoseconds, comparable between the processes of one machine (CLOCK_MONOTONIC). */
  nowNs(): number
  /** Wall clock, for names and time stamps only. */
  date(): Date
  /** Calls back once, never before `delayNs` have passed. */
  after(delayNs: number, callback: () => void): Timer
  /** Resolves after `ns`; rejects with the signal's reason as soon as it aborts. */
  sleep(ns: number, signal?: AbortSignal): Promise<void>
}

/** setTimeout's own limit; longer waits are made in steps of this. */
const longestTimeoutMs = 2 ** 31 - 1

// performance.now() is cheaper than hrtime, but counts from the start of the thread; this ties it to CLOCK_MONOTONIC.
// Each reading is too low by the time between its two calls, so the highest of some is right within a microsecond.
const originNs = Math.max(
  ...Array.from({ length: 32 }, () => Number(process.hrtime.bigint()) - performance.now() * 1e6),
)

function nowNs(): number {
  return originNs + performance.now() * 1e6
}

/** Node truncates a delay to whole milliseconds and may fire early, so the clock is looked at again on waking. */
function after(delayNs: number, callback: () => void): Timer {
  const dueNs = nowNs() + delayNs
  let handle: NodeJS.Timeout
  const arm = (): void => {
    const leftMs = (dueNs - nowNs()) / 1e6
    handle = setTimeout(wake, Math.min(Math.max(1, Math.ceil(leftMs)), longestTimeoutMs))
  }
  const wake = (): void => {
    if (nowNs() < dueNs) arm()
    else callback()
  }
  arm()
  return { cancel: () => clearTimeout(handle) }
}

/** Resolves after `ns` on a given clock; rejects with the signal's reason as soon as it aborts. */
export function sleepOn(clock: Pick<Clock, 'after'>, ns: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.reject(signal.reason as Error)
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      timer.cancel()
      reject(signal?.reason as Error)
    }
    const timer = clock.after(ns, () => {
      signal?.removeEventListener('abort', abort)
      resolve()
    })
    signal?.addEventListener('abort', abort, { once: true })
  })
}

/** The machine's clock. */
export const realClock: Clock = {
  nowNs,
  date: () => new Date(),
  after,
  sleep: (ns, signal) => sleepOn({ after }, ns, signal),
}

/** Resolves when the event loop has gone round once. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
