import { syncBuiltinESMExports } from 'node:module'
import { backgroundClock } from '../../kernel/background-clock.ts'
import { createRng } from '../../kernel/rng.ts'
import { TimerWheel } from '../../kernel/timer-wheel.ts'
import { nsPerMs } from '../../kernel/units.ts'
import { addRules, type RuleTallies } from '../../measure/rule-tally.ts'
import type { Endpoint } from '../relay/protocol.ts'
import { openRelay } from '../relay/relay.ts'
import type { Rule } from '../rule.ts'
import { Destinations } from './destinations.ts'
import { Hold } from './hold.ts'
import { Lookups } from './lookups.ts'
import { patchDatagrams } from './patch-dgram.ts'
import { patchDns } from './patch-dns.ts'
import { patchNet } from './patch-net.ts'

export interface PreloadOptions {
  readonly rules: readonly Rule[]
  readonly seed: number | string
  /** Hosts and addresses besides this machine to which faults may be applied. */
  readonly allowedHosts: readonly string[]
  /** Hears once of each destination that a rule is for, but that is not on this machine nor allowed: it is left alone. */
  readonly left: (destination: Endpoint) => void
}

/** What the rules have done so far. */
export interface PreloadReport {
  /**
   * By `preload/NAME`: connections of TCP; and what it matched, exchanges on those, datagrams, look-ups of names, and
   * connections that were not made.
   */
  readonly rules: RuleTallies
  /** `HOST:PORT` of destinations that were left alone though a rule is for them. */
  readonly leftAlone: readonly string[]
}

export interface PreloadedFaults {
  read(): PreloadReport
  /** Waits until nothing moves any more in the relays, 1 s at most: what the program has sent may still be on its way. */
  settle(): Promise<void>
}

const layer = 'preload'
const quietNs = 20 * nsPerMs
const longestQuiets = 50

/**
 * Puts rules before the network of this process, for good: connections of TCP, datagrams, and look-ups of names by
 * `dns.lookup`. What no rule is for takes Node's own path, untouched. Nothing of it keeps the process alive but what waits
 * for the program. Relays run in the program's own event loop, so that what blocks it delays them too.
 */
export async function installFaults({ rules, seed, allowedHosts, left }: PreloadOptions): Promise<PreloadedFaults> {
  const clock = backgroundClock
  const wheel = new TimerWheel(clock)
  const rng = createRng(seed).fork(layer)
  const hold = new Hold()
  const leftAlone = new Set<string>()
  const relay = await openRelay({ arms: [], seed: rng.next() * 2 ** 32, clock, allowedHosts, background: true })
  const common = {
    layer,
    rules,
    allowedHosts,
    rng,
    clock,
    wheel,
    hold,
    originNs: clock.nowNs(),
    left: (destination: Endpoint) => {
      const name = `${destination.host}:${destination.port}`
      if (leftAlone.has(name)) return
      leftAlone.add(name)
      left(destination)
    },
  }
  const destinations = new Destinations({ ...common, relay })
  const lookups = new Lookups(common)
  patchDns(lookups)
  patchNet(destinations, lookups, hold)
  const readDatagrams = patchDatagrams(common)
  syncBuiltinESMExports()

  return {
    read: () => ({
      rules: [destinations.read(), lookups.read(), readDatagrams()].reduce<RuleTallies>(addRules, {}),
      leftAlone: [...leftAlone],
    }),
    async settle() {
      const release = hold.take()
      const state = (): string =>
        JSON.stringify(
          Object.values(relay.read(null)).map(({ accepted, bytesUp, bytesDown, heldBytes }) => [
            accepted,
            bytesUp,
            bytesDown,
            heldBytes,
          ]),
        )
      const holds = (): boolean => Object.values(relay.read(null)).some(({ heldBytes }) => heldBytes > 0)
      for (let quiets = 0, before = ''; quiets < longestQuiets && (before !== state() || holds()); quiets++) {
        before = state()
        await clock.sleep(quietNs)
      }
      release()
    },
  }
}
