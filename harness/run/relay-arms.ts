import { activeFaults } from '../faults/faults.ts'
import type { RelayArm } from '../faults/relay/protocol.ts'
import type { Layer, Rule } from '../faults/rule.ts'
import type { Arm } from '../plan/arms.ts'
import { loopback } from '../target/running.ts'

/** The name under which our own clients have the target looked up, where it is known by its address alone. */
const nameOfAddress = 'localhost'

/** Where an arm's clients dial, and under which name they look it up where they do. */
export interface DialledHost {
  readonly host: string
  readonly port: number
  readonly name: string
  /** What `host` resolves to. */
  readonly address: string
}

/** A target by its host as the profile has it, and the address that it resolves to. */
export function dialledHost({ host, port }: { host: string; port: number }, address: string): DialledHost {
  return { host, port, name: host === address ? nameOfAddress : host, address }
}

/** The name of the resolver beside an arm, in the relay. */
export function resolverArm(arm: string): string {
  return `${arm}/dns`
}

/** Whether an arm's clients look names up at a resolver of ours. */
export function hasResolver(rules: readonly Rule[]): boolean {
  return rules.some(({ faults }) => activeFaults(faults).some(({ fault }) => fault.elsewhere === 'dns'))
}

/** The rules of an arm as the relay takes them. */
export function layersOf({ policy }: Pick<Arm, 'policy'>, rules: readonly Rule[]): readonly Layer[] {
  return rules.length > 0 ? [{ name: policy ?? 'canary', rules }] : []
}

/** What the relay opens for arms: a listener for each that passes it, and a resolver for each that has faults of DNS. */
export function relayArmsOf(
  arms: readonly Arm[],
  target: DialledHost,
  transport: 'tcp' | 'udp',
  rulesOf: (arm: Arm) => readonly Rule[],
): readonly RelayArm[] {
  const listen = { host: loopback, port: 0 }
  return arms.flatMap((arm): RelayArm[] => {
    const { host, port, name, address } = target
    const layers = layersOf(arm, rulesOf(arm))
    const relayed = arm.path === 'relay'
    const path: RelayArm = { arm: arm.id, transport, upstream: { host, port }, layers, listen }
    const names = { [name]: [relayed ? loopback : address] }
    const resolver: RelayArm = { arm: resolverArm(arm.id), transport: 'dns', upstream: null, layers, listen, names }
    // The arm's own rules decide, so that a sabotaged arm has its resolver all the same.
    return [...(relayed ? [path] : []), ...(hasResolver(arm.rules) ? [resolver] : [])]
  })
}
