import { type Clock, realClock, sleepOn, type Timer } from './clock.ts'

/** setTimeout's own limit; longer waits are made in steps of this. */
const longestTimeoutMs = 2 ** 31 - 1

/** The machine's clock for what is only a part of somebody else's process: its timers do not keep that alive. */
export const backgroundClock: Clock = {
  ...realClock,
  after,
  sleep: (ns, signal) => sleepOn({ after }, ns, signal),
}

/** As of `realClock`: never early, whatever Node does to fractions of a millisecond. */
function after(delayNs: number, callback: () => void): Timer {
  const dueNs = realClock.nowNs() + delayNs
  let handle: NodeJS.Timeout
  const arm = (): void => {
    const leftMs = (dueNs - realClock.nowNs()) / 1e6
    handle = setTimeout(wake, Math.min(Math.max(1, Math.ceil(leftMs)), longestTimeoutMs)).unref()
  }
  const wake = (): void => {
    if (realClock.nowNs() < dueNs) arm()
    else callback()
  }
  arm()
  return { cancel: () => clearTimeout(handle) }
}
