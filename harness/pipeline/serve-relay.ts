import type { DecisionLogReport } from '../faults/decision-log.ts'
import type { ArmReading, DecisionLogSettings, Endpoint, RelayArm } from '../faults/relay/protocol.ts'
import { openRelay } from '../faults/relay/relay.ts'
import { serveToxiproxyApi } from '../faults/toxiproxy/api.ts'
import type { Clock } from '../kernel/clock.ts'
import { SoakrigError } from '../kernel/errors.ts'
import { openPreciseClock } from '../kernel/precise-clock.ts'
import { badFlag } from './bad-flag.ts'
import { FormerReadings } from './former-readings.ts'
import { type RelayRuleFlags, relayRules } from './relay-rules.ts'

export interface ServeRelayOptions extends RelayRuleFlags {
  readonly transport: RelayArm['transport']
  readonly listen: Endpoint
  /** Undefined: nothing is relayed but what the API asks for; of a resolver: other names are unknown. */
  readonly upstream: Endpoint | undefined
  /** Addresses by name that a resolver answers with. */
  readonly names: Readonly<Record<string, readonly string[]>>
  /** Where Toxiproxy's API listens. */
  readonly api: Endpoint | undefined
  readonly log: DecisionLogSettings | null
  readonly seed: number
  readonly allowedHosts: readonly string[]
}

/** What a relay that has ended counted. */
export interface RelayEnd {
  /** By proxy where it had an API, else those of the one arm. */
  readonly counters: ArmReading | Readonly<Record<string, ArmReading>>
  readonly log: DecisionLogReport | null
}

/** A relay that serves by itself. */
export interface ServedRelay extends AsyncDisposable {
  /** Null where nothing is relayed yet. */
  readonly address: Endpoint | null
  readonly api: Endpoint | null
  /** Ends it. */
  close(): Promise<RelayEnd>
}

const arm = 'relay'

/**
 * Opens the fault relay by itself, in this process. Rejects with `bad-fault` naming all problems, `bad-flag` (104), and as
 * `openRelay` and `serveToxiproxyApi` do.
 */
export async function serveRelay(options: ServeRelayOptions): Promise<ServedRelay> {
  const arms = armsOf(options)
  const { seed, allowedHosts, log, api } = options
  await using opening = new AsyncDisposableStack()
  const clock = opening.use(openPreciseClock())
  const relay = opening.use(await openRelay({ arms, seed, clock, allowedHosts, log }))
  for (const { arm: name } of arms) relay.setSlice(name, 0, clock.nowNs())
  const former = new FormerReadings(relay)
  const served = api && opening.use(await serveApi(options, former, arms, clock))
  const port = relay.ports[arm]
  const running = opening.move()
  const end = async (): Promise<RelayEnd> => {
    try {
      const readings = former.read()
      await running.disposeAsync()
      return { counters: (api ? undefined : readings[arm]) ?? readings, log: await relay.closeLog() }
    } finally {
      await running.disposeAsync()
    }
  }
  let ended: Promise<RelayEnd> | undefined
  const close = (): Promise<RelayEnd> => (ended ??= end())
  return {
    address: port === undefined ? null : { host: options.listen.host, port },
    api: served ? { host: served.host, port: served.port } : null,
    close,
    async [Symbol.asyncDispose]() {
      await close()
    },
  }
}

function armsOf(options: ServeRelayOptions): readonly RelayArm[] {
  const { transport, listen, upstream, names, api, seed } = options
  if (Number.isNaN(seed)) throw badFlag('--seed', String(seed), 'a number')
  const rules = relayRules(options, transport)
  if (upstream === undefined && transport !== 'dns') {
    if (api === undefined) throw noUpstream()
    if (rules.length > 0) throw badFlag('--fault', 'a fault', 'none without --upstream: the API makes toxics')
    return []
  }
  const layers = rules.length > 0 ? [{ name: arm, rules }] : []
  return [{ arm, transport, upstream: upstream ?? null, layers, listen, names }]
}

function noUpstream(): SoakrigError {
  return new SoakrigError('found no --upstream, allowed: HOST:PORT of the service, or --api to be told later', {
    code: 'bad-flag',
    exit: 'usage',
  })
}

function serveApi(
  { api, allowedHosts }: ServeRelayOptions,
  relay: FormerReadings,
  arms: readonly RelayArm[],
  clock: Clock,
): ReturnType<typeof serveToxiproxyApi> {
  const adopted = arms.flatMap(({ arm: name, transport, listen: { host }, upstream, layers }) => {
    const port = relay.ports[name]
    return transport === 'tcp' && upstream && port ? [{ arm: name, listen: { host, port }, upstream, layers }] : []
  })
  return serveToxiproxyApi({ listen: api as Endpoint, relay, clock, allowedHosts, adopted })
}
