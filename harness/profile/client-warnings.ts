import type { Problem } from '../kernel/errors.ts'
import { step } from '../kernel/json.ts'
import { formatNs } from '../kernel/units.ts'
import type { FallbackSettings } from '../resilience/fallback/settings.ts'
import type { RetrySettings } from '../resilience/retry/settings.ts'
import type { ClientPolicies, ClientStage } from '../resilience/settings.ts'
import type { TimeoutSettings } from '../resilience/timeout.ts'
import type { Workload, WorkloadRequest } from '../workload/workload.ts'
import type { Mode } from './modes.ts'
import type { Policy } from './policies.ts'

type Asked = Pick<WorkloadRequest, 'name' | 'idempotent'>

/** Warns of policies of clients that can do nothing for the requests of the workload; of those of a script nobody knows. */
export function clientWarnings(
  policies: readonly Policy[],
  stressClient: ClientPolicies,
  mode: Mode,
  workload: Workload,
): Problem[] {
  const clients = policies
    .filter(({ name }) => mode.policies === 'all' || mode.policies.includes(name))
    .map(({ name, client }) => ({ client, where: `/policies${step(name)}/client` }))
  return [...clients, { client: stressClient, where: `/stress/${mode.name}/client` }].flatMap(({ client, where }) =>
    client.flatMap((stage, index) => {
      const inside = client.slice(index + 1)
      return [...idleWarnings(stage, workload.requests), ...lateWarnings(stage, inside, workload.timeoutNs)].map(
        (message) => ({ where, message }),
      )
    }),
  )
}

function idleWarnings({ keyword, settings }: ClientStage, requests: readonly Asked[]): string[] {
  const helped = helps[keyword]
  if (!helped || requests.length === 0 || requests.some((request) => helped(settings, request))) return []
  const besides = keyword === 'hedge' ? '' : `, or let the ${keyword} be "nonIdempotent"`
  return [
    `${keyword} does nothing: no request that it is for is idempotent. Say "idempotent": true of what may be done twice${besides}`,
  ]
}

/** Whether a policy that leaves alone what must not be done twice may act for a request; true where it would not anyway. */
const helps: Readonly<Record<string, (settings: unknown, request: Asked) => boolean>> = {
  retry(settings, { name, idempotent }) {
    const { requests, ...own } = settings as RetrySettings
    const rules = Object.hasOwn(requests, name) ? requests[name] : own
    return !rules || idempotent || rules.nonIdempotent
  },
  hedge: (_settings, { idempotent }) => idempotent,
  fallback(settings, { idempotent }) {
    const { alternatives, cache, default: answer, nonIdempotent } = settings as FallbackSettings
    return idempotent || nonIdempotent || (alternatives.length === 0 && !cache && !answer)
  },
}

/** The workload's timeout ends each attempt that has a connection, whatever stands around it. */
function lateWarnings({ keyword, settings }: ClientStage, inside: ClientPolicies, timeoutNs: number): string[] {
  if (keyword !== 'timeout' || inside.some((stage) => stage.keyword !== 'timeout' && stage.keyword !== 'pool'))
    return []
  const { limitNs } = settings as TimeoutSettings
  if (limitNs <= timeoutNs) return []
  const [limit, before] = [formatNs(limitNs), formatNs(timeoutNs)]
  return [
    `timeout of ${limit} acts on nothing but waits for a connection: the workload's of ${before} ends attempts before`,
  ]
}
