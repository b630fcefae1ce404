import type { RelayArm } from '../../harness/faults/relay/protocol.ts'
import type { Layer } from '../../harness/faults/rule.ts'
import { parseRule } from '../../harness/faults/rules.ts'
import { realClock } from '../../harness/kernel/clock.ts'
import { type RelayHandle, startRelay } from '../../harness/run/relay.ts'

/** A `fault` as a profile has it. */
type Settings = Readonly<Record<string, unknown>>

/** An arm with one rule of these faults, as a profile has them, in front of a port of loopback; none for a path with nothing added. */
export function armOf(arm: string, port: number, fault: Settings | null, transport: 'tcp' | 'udp' = 'tcp'): RelayArm {
  return {
    arm,
    transport,
    upstream: { host: '127.0.0.1', port },
    listen: { host: '127.0.0.1', port: 0 },
    layers: layersOf(fault),
  }
}

/** The layers of one policy of these faults. */
export function layersOf(fault: Settings | null): readonly Layer[] {
  return fault === null ? [] : [{ name: 'bench', rules: [parseRule('bench', { fault })] }]
}

/** A relay in a process of its own, as runs have it. */
export function relayOf(arms: readonly RelayArm[], seed = 1): Promise<RelayHandle> {
  return startRelay({ arms, seed, allowedHosts: [], clock: realClock, runId: 'bench', onProcess: () => {} })
}
