import { parseFaults } from '../faults/faults.ts'
import { openRelay, type Relay } from '../faults/relay/relay.ts'
import type { ArmReading, Endpoint } from '../faults/relay/protocol.ts'
import type { Clock } from '../kernel/clock.ts'
import { faultProblems } from '../profile/validate.ts'
import { SoakrigError } from '../kernel/errors.ts'
import { badFlag } from './bad-flag.ts'

export interface ServeRelayOptions {
  readonly listen: Endpoint
  readonly upstream: Endpoint
  /** A `fault` as a profile holds it; undefined for none. */
  readonly fault: unknown
  readonly seed: number
  readonly allowedHosts: readonly string[]
  readonly clock: Clock
}

/** A relay that serves by itself. */
export interface ServedRelay extends AsyncDisposable {
  readonly host: string
  readonly port: number
  read(): ArmReading | undefined
}

const arm = 'relay'

/** Opens the fault relay by itself, in this process. Rejects with `bad-fault` naming all problems, and with `bad-flag` (104). */
export async function serveRelay({ fault, listen, upstream, ...options }: ServeRelayOptions): Promise<ServedRelay> {
  if (Number.isNaN(options.seed)) throw badFlag('--seed', String(options.seed), 'a number')
  const problems = fault === undefined ? [] : faultProblems(fault)
  if (problems.length > 0)
    throw new SoakrigError('the fault is not valid', { code: 'bad-fault', exit: 'usage', problems })
  const faults = parseFaults((fault ?? {}) as Record<string, unknown>)
  const relay: Relay = await openRelay({ ...options, arms: [{ arm, upstream, faults, listen }] })
  return {
    host: listen.host,
    port: relay.ports[arm] ?? listen.port,
    read: () => relay.read(arm)[arm],
    [Symbol.asyncDispose]: () => relay[Symbol.asyncDispose](),
  }
}
