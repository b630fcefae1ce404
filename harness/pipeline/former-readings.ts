import type { ArmReading } from '../faults/relay/protocol.ts'
import type { Relay } from '../faults/relay/relay.ts'
import type { ProxyRelay } from '../faults/toxiproxy/proxies.ts'
import { addRules } from '../measure/rule-tally.ts'
import { addTallies } from '../measure/tally.ts'

type Numbers = Readonly<Record<string, number>>

/** A relay that remembers what its arms had counted when they were closed, by name. */
export class FormerReadings implements ProxyRelay {
  readonly #relay: Relay
  readonly #former = new Map<string, ArmReading>()

  constructor(relay: Relay) {
    this.#relay = relay
  }

  get ports(): Relay['ports'] {
    return this.#relay.ports
  }

  open(...args: Parameters<Relay['open']>): ReturnType<Relay['open']> {
    return this.#relay.open(...args)
  }

  async close(arm: string): Promise<void> {
    const last = this.#relay.read(null)[arm]
    if (last) this.#former.set(arm, sum(this.#former.get(arm), { ...last, open: 0, heldBytes: 0 }))
    await this.#relay.close(arm)
  }

  setSlice(...args: Parameters<Relay['setSlice']>): void {
    this.#relay.setSlice(...args)
  }

  setLayers(...args: Parameters<Relay['setLayers']>): Promise<void> {
    return this.#relay.setLayers(...args)
  }

  /** Counters of all arms that are or were open. */
  read(): Record<string, ArmReading> {
    const now = new Map(Object.entries(this.#relay.read(null)))
    const names = [...new Set([...this.#former.keys(), ...now.keys()])]
    return Object.fromEntries(
      names.flatMap((name) => {
        const [before, after] = [this.#former.get(name), now.get(name)]
        const reading = after ? sum(before, after) : before
        return reading ? [[name, reading] as const] : []
      }),
    )
  }
}

function sum(before: ArmReading | undefined, after: ArmReading): ArmReading {
  if (!before) return after
  const { tallies, rules, counters, delays, ...counts } = after
  return {
    ...(sumOf(before as unknown as Numbers, counts) as unknown as typeof counts),
    tallies: addTallies(before.tallies, tallies),
    rules: addRules(before.rules, rules),
    counters: { ...before.counters, ...sumOf(before.counters, counters) },
    delays,
  }
}

/** All that `after` has, each with what `before` has of it. */
function sumOf(before: Numbers, after: object): Record<string, number> {
  return Object.fromEntries(
    Object.entries(after as Numbers).map(([name, value]) => [name, value + (before[name] ?? 0)]),
  )
}
