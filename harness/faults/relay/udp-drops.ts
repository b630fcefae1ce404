import type { Clock } from '../../kernel/clock.ts'
import { type LocalEnd, readKernelDrops } from '../../kernel/kernel-drops.ts'
import { nsPerMs } from '../../kernel/units.ts'
import type { UdpCounters } from './udp-counters.ts'

/** Reading means going through all UDP sockets of the machine, so it is not done more often than this unasked. */
const leastBetweenNs = 50 * nsPerMs

/** Counts what the kernel has dropped at the sockets of an arm, also at those that are closed by now. */
export class KernelDrops {
  readonly #clock: Clock
  readonly #counters: UdpCounters
  #ofClosed = 0
  #readNs = Number.NEGATIVE_INFINITY

  constructor(clock: Clock, counters: UdpCounters) {
    this.#clock = clock
    this.#counters = counters
  }

  /** Brings the counter up to date for the sockets that are open, unless it was just done and need not be `exact`. */
  count(open: readonly LocalEnd[], exact: boolean): void {
    const nowNs = this.#clock.nowNs()
    if (!exact && nowNs - this.#readNs < leastBetweenNs) return
    this.#readNs = nowNs
    const all = this.#ofClosed + this.#read(open)
    // Less than before is what a reading that failed has left out.
    this.#counters['udp.kernelDrops'] = Math.max(this.#counters['udp.kernelDrops'], all)
  }

  /** To be called before sockets are closed: the kernel forgets what it dropped there. */
  closing(ends: readonly LocalEnd[]): void {
    if (ends.length > 0) this.#ofClosed += this.#read(ends)
  }

  #read(ends: readonly LocalEnd[]): number {
    // The table is not read at once: a socket may be missing in it when others come and go.
    const drops = readKernelDrops(ends) ?? readKernelDrops(ends)
    if (drops === undefined) this.#counters['udp.kernelDropsUnread']++
    return drops ?? 0
  }
}
