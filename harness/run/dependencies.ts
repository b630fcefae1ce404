import type { RelayArm } from '../faults/relay/protocol.ts'
import type { Plan } from '../plan/plan.ts'
import { type RelayHandle, type RelayHandleOptions, startRelay } from './relay.ts'

/** What the target depends on: reached through a relay of its own, in which policies may act. */
export interface Dependencies extends AsyncDisposable {
  readonly relay: RelayHandle
  /** Tells the target where they are: the port of loopback, by the environment variable that the profile names. */
  readonly env: Readonly<Record<string, string>>
}

/** The name of a dependency's arm in the relay. */
export function dependencyArm(name: string): string {
  return `dependency:${name}`
}

/** Starts the relay in front of all dependencies, one listener each; null where a profile has none. */
export async function startDependencies(
  dependencies: Plan['profile']['dependencies'],
  options: Omit<RelayHandleOptions, 'arms'>,
): Promise<Dependencies | null> {
  if (dependencies.length === 0) return null
  const arms = dependencies.map(({ name, upstream }): RelayArm => ({
    arm: dependencyArm(name),
    transport: 'tcp',
    upstream,
    layers: [],
    listen: { host: '127.0.0.1', port: 0 },
  }))
  const relay = await startRelay({ ...options, arms })
  const env = Object.fromEntries(
    dependencies.map(({ name, env }) => [env, String(relay.ports[dependencyArm(name)])] as const),
  )
  return { relay, env, [Symbol.asyncDispose]: () => relay[Symbol.asyncDispose]() }
}
