import { type Clock, nextTurn } from '../../kernel/clock.ts'
import { nsPerMs } from '../../kernel/units.ts'

/** So short that a neighbour feels it all the time, and so long that timers can keep it. */
const periodNs = 10 * nsPerMs

/** Keeps a core busy for its share of each period, for ever; between them the event loop gets its turn. */
export async function burn(share: number, clock: Clock): Promise<never> {
  for (;;) {
    const startNs = clock.nowNs()
    while (clock.nowNs() - startNs < share * periodNs);
    const restNs = startNs + periodNs - clock.nowNs()
    if (share < 1 && restNs > 0) await clock.sleep(restNs)
    else await nextTurn()
  }
}
