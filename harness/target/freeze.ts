import type { Clock } from '../kernel/clock.ts'
import { sendSignal } from '../kernel/host.ts'
import { nsPerMs } from '../kernel/units.ts'
import { isSame, type ProcessIdentity, type ProcStat } from './proc.ts'

const lookEveryNs = nsPerMs
const mostLooks = 50

/**
 * Stops processes by SIGSTOP, and looks again until all of them are: one may fork before it stops, and one in the kernel
 * stops when it comes back. Each is added to `stopped` before it is stopped. Resolves with true when all were seen to be
 * stopped, and there was one.
 */
export async function freeze(
  members: () => readonly ProcStat[],
  stopped: Map<number, ProcessIdentity>,
  clock: Clock,
): Promise<boolean> {
  for (let look = 0; ; look++) {
    const now = members()
    const running = now.filter(({ state }) => state !== 'T')
    if (running.length === 0 || look === mostLooks) return running.length === 0 && now.length > 0
    for (const member of running) {
      if (!isSame(member)) continue
      stopped.set(member.pid, member)
      sendSignal(member.pid, 'SIGSTOP')
    }
    await clock.sleep(lookEveryNs)
  }
}

/** Lets those go on that are still the same, and forgets them. */
export function thaw(stopped: Map<number, ProcessIdentity>): void {
  for (const one of stopped.values()) if (isSame(one)) sendSignal(one.pid, 'SIGCONT')
  stopped.clear()
}
