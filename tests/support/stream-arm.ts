import type { Layer, Rule } from '../../harness/faults/rule.ts'
import { parseFaults } from '../../harness/faults/faults.ts'
import { openRelay, type Relay } from '../../harness/faults/relay/relay.ts'
import type { ArmReading, RelayArm } from '../../harness/faults/relay/protocol.ts'
import { plainRule } from '../../harness/faults/rules.ts'
import { type Clock, realClock } from '../../harness/kernel/clock.ts'
import { until } from './sockets.ts'

/** A `fault` as a profile holds it. */
export type RawFaults = Parameters<typeof parseFaults>[0]

/** A rule with these faults that hits everything, but for what is changed. */
export function ruleOf(faults: RawFaults, changes: Partial<Rule> = {}): Rule {
  return { ...plainRule('all', parseFaults(faults)), ...changes }
}

/** The only layer of an arm. */
export function layersWith(...rules: Rule[]): Layer[] {
  return [{ name: 'test', rules }]
}

/** An arm that relays streams to a port of loopback. */
export function armTo(port: number, layers: readonly Layer[], changes: Partial<RelayArm> = {}): RelayArm {
  const listen = { host: '127.0.0.1', port: 0 }
  return { arm: 'a', transport: 'tcp', upstream: { host: '127.0.0.1', port }, layers, listen, ...changes }
}

/** A relay with the one arm `a`. */
export function relayTo(
  port: number,
  layers: readonly Layer[],
  { clock = realClock, seed = 1 }: { clock?: Clock; seed?: number } = {},
): Promise<Relay> {
  return openRelay({ arms: [armTo(port, layers)], seed, clock, allowedHosts: [] })
}

/** The counters of its arm. */
export function readingOf(relay: Relay): ArmReading {
  return relay.read(null)['a']!
}

/** Resolves when the arm has no connection and holds nothing. */
export async function untilQuiet(relay: Relay): Promise<void> {
  await until('the relay is quiet', () => {
    const { open, heldBytes } = readingOf(relay)
    return open === 0 && heldBytes === 0
  })
}
