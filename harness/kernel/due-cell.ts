/**
 * The due time that a timer thread sleeps towards: one 32-bit cell, in microseconds of CLOCK_MONOTONIC modulo 2^32. As it
 * is one cell, it cannot be read half-written, and it is itself what the thread waits on (Atomics.wait).
 */

/** Cells of the shared memory: the due time, and 1 once the thread runs. */
export const dueCell = 0
export const upCell = 1
export const cellCount = 2

/** What the due cell holds while nothing is due. */
export const noDue = 0

/** What the thread tells its owner: that the due time has come, or will shortly, so that the owner's core is awake by then. */
export const message = { ring: 0, rouse: 1 } as const

/** Furthest due time that the cell can tell from a past one, with room to spare; longer waits are made in steps. */
export const longestWaitNs = 2 ** 30 * 1e3

/** What the cell holds for a due time, rounded up. */
export function dueTick(dueNs: number): number {
  const tick = Math.ceil(dueNs / 1e3) | 0
  return tick === noDue ? noDue + 1 : tick
}

/** Milliseconds from now until a tick of the cell; negative when it is past. */
export function msUntil(tick: number, nowNs: number): number {
  const nowTick = Math.floor(nowNs / 1e3) | 0
  return ((tick - nowTick) | 0) / 1e3
}
